"""What staff can do: each asks first, calls a service, says what came of it, and is in the history."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.signals import post_save
from django.utils import timezone

from onboarding.models import OnboardingLink, Signup
from organizations.models import ApiKey, Organization, StaffAction
from phones.models import PhoneNumber
from tests.admin.conftest import REASON
from tests.admin.test_pages import address
from tests.admin.world import story
from wabas.models import Waba
from webhooks.models import Delivery, OutgoingWebhook


def messages_of(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


@pytest.fixture
def pending(organization) -> OnboardingLink:
    return OnboardingLink.objects.create(organization=organization, name="Pending")


def test_nothing_happens_before_the_question_is_answered(act, told, pending):
    for action, row in (
        ("delete_selected", pending), ("suspend", told.organization), ("revoke", told.key),
        ("deactivate", told.webhook), ("check_now", told.phone), ("retry", told.link),
    ):  # fmt: skip
        page = act(action, row, confirmed=False)
        assert page.templates[0].name == "admin/ask.html"

    assert OnboardingLink.objects.filter(pk=pending.pk).exists()
    assert not Organization.objects.get(pk=told.organization.pk).is_suspended
    assert ApiKey.objects.get(pk=told.key.pk).revoked_at is None
    assert OutgoingWebhook.objects.get(pk=told.webhook.pk).is_active
    assert PhoneNumber.objects.get(pk=told.phone.pk).sync_requested_at is None
    assert not LogEntry.objects.exists()


def test_pending_links_are_deleted_and_others_refused_with_the_reason(act, told, pending):
    page = act("delete_selected", pending, told.link)

    assert [link.pk for link in OnboardingLink.objects.all()] == [told.link.pk]
    assert messages_of(page) == [
        f"Delete: not done for {told.link.name}. Only a pending link can be deleted.",
        "Delete: done for Pending.",
    ]
    assert {(entry.object_id, entry.is_deletion()) for entry in LogEntry.objects.all()} == {
        (str(told.link.pk), False), (str(pending.pk), True),
    }  # fmt: skip
    assert [noted.reason for noted in StaffAction.objects.order_by("pk")] == [REASON, REASON]


def test_deleting_forgets_a_token_that_no_number_uses(act, told, pending):
    waba = type(told.waba).objects.create(
        organization=told.organization, meta_waba_id="1", access_token="EAA"
    )
    Signup.objects.create(pk="6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a", link=pending, waba=waba)

    act("delete_selected", pending)

    assert not Waba.objects.filter(pk=waba.pk).exists()


def test_djangos_own_address_of_a_deletion_asks_and_deletes_nothing_by_itself(staff, told, pending):
    asked = staff.get(address(OnboardingLink, "delete", pending.pk))
    staff.post(address(OnboardingLink, "delete", told.link.pk), {"post": "yes"})
    staff.post(address(OnboardingLink, "delete", pending.pk), {"post": "yes"})

    assert asked.templates[0].name == "admin/ask.html"
    assert OnboardingLink.objects.count() == 2


def test_a_link_whose_step_failed_is_retried(act, told):
    told.link.status, told.link.completed_at = "pending", None
    told.link.save()
    error = {"code": "META_UNAVAILABLE", "message": "Meta does not answer.", "actor": "meta"}
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", error=error)
    told.signup.steps.filter(step="subscribe_app").update(status="failed")

    page = act("retry", told.link)

    assert messages_of(page) == [f"Retry: done for {told.link.name}."]
    assert OnboardingLink.objects.get(pk=told.link.pk).status == "processing"
    assert told.signup.steps.get(step="subscribe_app").status == "waiting"
    assert "Retry." in LogEntry.objects.get().get_change_message()


def test_a_link_with_nothing_to_run_is_refused_and_the_log_says_so(act, pending):
    page = act("retry", pending)

    refusal = "There is nothing to run again: the end-user has to open the link."
    assert messages_of(page) == [f"Retry: not done for Pending. {refusal}"]
    noted = StaffAction.objects.get()
    assert (noted.outcome, noted.refusal, noted.organization_id) == (
        "refused", refusal, pending.organization_id,
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501])
def test_without_a_reason_the_question_is_asked_again_and_nothing_happens(act, told, reason):
    page = act("suspend", told.organization, reason=reason)

    assert page.templates[0].name == "admin/ask.html"
    assert page.context["form"].errors["reason"]
    assert not Organization.objects.get(pk=told.organization.pk).is_suspended
    assert not LogEntry.objects.exists()


def test_the_reason_stands_in_the_log_with_who_did_what_and_whose_row_it_was(act, told, staff_user):
    act("deactivate", told.webhook, reason="Their server is flooded.")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (staff_user, str(told.webhook.pk))
    assert entry.get_change_message() == "Deactivate. Reason: Their server is flooded."
    noted = entry.staff_action
    assert (noted.reason, noted.outcome, noted.organization) == (
        "Their server is flooded.", "done", told.organization,
    )  # fmt: skip


def test_a_suspended_organization_is_shut_out_and_let_in_again(act, api, organization):
    act("suspend", organization)
    assert api.get("phones").status_code == 403

    page = act("suspend", organization)
    assert messages_of(page) == ["Suspend: not done for Acme CRM. It is so already."]

    act("unsuspend", organization)
    assert api.get("phones").status_code == 200


def test_a_revoked_key_is_dead_at_once(act, api):
    key = ApiKey.objects.get(prefix=api.key[:15])

    act("revoke", key)

    assert api.get("phones").status_code == 401
    assert messages_of(act("revoke", key))[0].endswith("It was revoked before.")


def test_a_key_that_somebody_else_revokes_at_the_same_time_is_not_said_to_be_revoked_here(act, told):
    def revoke_it_first(**_):
        ApiKey.objects.filter(pk=told.key.pk).update(revoked_at=timezone.now())

    post_save.connect(revoke_it_first, sender=LogEntry)
    try:
        page = act("revoke", told.key)
    finally:
        post_save.disconnect(revoke_it_first, sender=LogEntry)

    assert messages_of(page)[0].endswith("It was revoked before.")
    assert [noted.outcome for noted in StaffAction.objects.all()] == ["refused"]


def test_a_check_is_asked_for_once_in_a_while(act, told):
    PhoneNumber.objects.update(synced_at=timezone.now() - timedelta(hours=1))

    act("check_now", told.phone)
    again = act("check_now", told.phone)

    assert PhoneNumber.objects.get(pk=told.phone.pk).sync_requested_at is not None
    assert "a moment ago" in messages_of(again)[0]


def test_a_webhook_is_deactivated_and_activated_and_a_deleted_one_is_left_alone(act, told):
    act("deactivate", told.webhook)
    assert not OutgoingWebhook.objects.get(pk=told.webhook.pk).is_active

    OutgoingWebhook.objects.filter(pk=told.webhook.pk).update(
        disabled_reason="gone", disabled_at=timezone.now()
    )
    act("activate", told.webhook)
    row = OutgoingWebhook.objects.get(pk=told.webhook.pk)
    assert (row.is_active, row.disabled_reason) == (True, None)
    assert row.secret == "s" * 20

    OutgoingWebhook.objects.filter(pk=told.webhook.pk).update(deleted_at=timezone.now(), is_active=False)
    page = act("activate", told.webhook)
    assert messages_of(page)[0].endswith("Its owner has deleted it.")
    assert not OutgoingWebhook.objects.get(pk=told.webhook.pk).is_active


def test_only_the_buttons_that_make_sense_are_offered(staff, told, pending):
    def offered(row):
        return [
            button["action"] for button in staff.get(address(type(row), "change", row.pk)).context["buttons"]
        ]

    assert offered(pending) == ["delete_selected"]
    assert offered(told.link) == ["retry_from"]
    assert offered(told.webhook) == ["deactivate", "send_failed_again"]
    assert offered(told.organization) == ["suspend", "fetch_logo_again"]
    assert offered(told.key) == ["revoke"]
    assert offered(told.phone) == ["check_now", "disconnect"]
    assert offered(told.delivery) == ["redeliver"]


@pytest.mark.parametrize(
    ("actor", "token", "wait", "is_offered"),
    [
        ("platform", "EAA", None, True),
        ("end_user", "EAA", None, False),
        ("platform", None, None, False),
        ("platform", "EAA", "TOO_MANY_ATTEMPTS", False),
    ],
)
def test_a_retry_is_offered_where_it_would_find_something_to_run(staff, told, actor, token, wait, is_offered):
    error = {"code": wait or "CONFIGURATION", "message": "No.", "actor": actor}
    OnboardingLink.objects.update(status="pending", completed_at=None, last_error=error)
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", error=error, access_token=token)
    later = timezone.now() + timedelta(hours=1)
    waiting = {"status": "waiting", "next_attempt_at": later} if wait else {"status": "failed"}
    told.signup.steps.filter(step="register_phone").update(error=error, **waiting)

    page = staff.get(address(OnboardingLink, "change", told.link.pk))

    assert ("retry" in [button["action"] for button in page.context["buttons"]]) == is_offered


def test_too_many_rows_at_once_are_refused(act, staff, organization):
    OnboardingLink.objects.bulk_create(
        OnboardingLink(organization=organization, name="Many") for _ in range(201)
    )
    body = {"action": "delete_selected", "_selected_action": "x", "select_across": "1", "confirmed": "yes"}

    page = staff.post(address(OnboardingLink, "changelist"), body, follow=True)

    assert OnboardingLink.objects.count() == 201
    assert "at most 200" in messages_of(page)[0]


def test_fewer_rows_at_once_are_asked_of_meta_and_the_question_says_so(act, organization):
    wabas = Waba.objects.bulk_create(
        Waba(organization=organization, meta_waba_id=str(number)) for number in range(21)
    )

    refused = act("release", *wabas)
    asked = act("release", *wabas[:20], confirmed=False)

    assert "at most 20 rows" in messages_of(refused)[0]
    assert not StaffAction.objects.exists()
    assert "20 at most" in asked.context["question"]
    assert "at most" not in act("release", wabas[0], confirmed=False).context["question"]


def test_djangos_own_bulk_deletion_is_offered_for_nothing(staff, told):
    for row in (told.organization, told.key, told.phone, told.waba, told.webhook, told.event, told.delivery):
        body = {
            "action": "delete_selected",
            "_selected_action": str(row.pk),
            "post": "yes",
            "confirmed": "yes",
        }
        staff.post(address(type(row), "changelist"), body)
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_delivery_shows_its_attempts_and_the_body_as_it_is_sent(staff, organization):
    told = story(organization)

    page = staff.get(address(Delivery, "change", told.delivery.pk)).content.decode()

    for shown in ("12 ms", "500", "http_500", "waits for attempt 2", "&quot;onboardingLinkId&quot;: &quot;"):
        assert shown in page


def test_an_organization_is_made_and_renamed(staff, organization):
    staff.post(address(Organization, "add"), {"name": "New Customer"})
    staff.post(
        address(Organization, "change", organization.pk), {"name": "Acme Ltd", "suspended_at": "2026-01-01"}
    )

    assert sorted(one.name for one in Organization.objects.all()) == ["Acme Ltd", "New Customer"]
    assert not any(one.is_suspended for one in Organization.objects.all())
