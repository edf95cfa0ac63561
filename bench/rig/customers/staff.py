"""People of the staff, and the log of what they did, most of it to the rows that are looked at."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from bench.rig.customers.filling import ago, chosen, fill, row_id, series, uid
from bench.rig.customers.sizes import Size
from onboarding.models import OnboardingLink
from organizations.models import StaffAction

PEOPLE = 40


def fill_all(size: Size) -> None:
    if not User.objects.filter(username="support1").exists():
        fill(
            User,
            series(PEOPLE),
            username="'support' || n",
            password="'!'",
            first_name="'Sam'",
            last_name="'No ' || n",
            email="'support' || n || '@example.com'",
            is_staff="true",
        )
    people = [str(pk) for pk in User.objects.order_by("pk").values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(OnboardingLink).pk
    fill(
        LogEntry,
        series(size.acts),
        action_time=ago("n", size.acts, 90),
        user_id=f"{chosen('n', *people)}::int",
        content_type_id=str(kind),
        object_id=f"CASE WHEN n <= 40 THEN '{row_id('link')}' ELSE {uid('link', 'n')}::text END",
        object_repr="'Acme ' || n",
        action_flag="2",
        change_message="'Retry. Reason: ticket ' || n",
    )
    fill(
        StaffAction,
        "django_admin_log WHERE id % 10 <> 0",
        entry_id="id",
        organization_id=uid("organization", 1),
        reason="'ticket ' || id",
        outcome=chosen("id", "done", "done", "done", "refused", "asked"),
    )
