"""Who of the staff may do what: three groups, made anew as often as one likes."""

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

SUPPORT, OPERATOR, OWNER = "support", "operator", "owner"
# What staff see; of what is not named here nobody but a superuser has a permission.
SEEN = (
    ("onboarding", ("onboardinglink", "registerednumber", "sharedwaba")),
    ("journal", ("graphcall",)),
    ("phones", ("phonenumber",)),
    ("wabas", ("waba",)),
    ("webhooks", ("outgoingwebhook", "delivery", "event")),
    ("inbox", ("conversation", "message", "contact")),
    ("shared_inbox", ("sharedinboxlink",)),
    ("organizations", ("organization", "apikey")),
    ("meta_events", ("change", "notification", "userrequest")),
    ("admin", ("logentry",)),
)
# What Meta sends holds what people wrote.
NOT_FOR_SUPPORT = {"meta_events.view_change", "meta_events.view_notification"}
# Keys and their secrets, people of the staff, and what is gone for good.
FOR_OWNERS = {
    "organizations.add_apikey",
    "organizations.make_secrets",
    "inbox.change_contact",
    "onboarding.delete_onboardinglink",
    "onboarding.delete_registerednumber",
    "auth.view_user", "auth.add_user", "auth.change_user", "auth.delete_user",
    "auth.view_group", "auth.add_group", "auth.change_group",
}  # fmt: skip
OPERATED = {
    "onboarding.add_onboardinglink", "onboarding.add_registerednumber", "organizations.add_organization",
    "inbox.read_message_content",
}  # fmt: skip
# Beside what harms nothing: whose an account is that Meta told of, or that a link brought and is in use.
HELPING = {"organizations.support_customers", "organizations.settle_accounts"}
# There is nothing to operate.
ONLY_LOOKED_AT = {"admin.change_logentry", "journal.change_graphcall"}


def views() -> Iterator[str]:
    for app, names in SEEN:
        yield from (f"{app}.view_{name}" for name in names)


def operations() -> Iterator[str]:
    for app, names in SEEN:
        yield from (f"{app}.change_{name}" for name in names)


def permissions_of(group: str) -> set[str]:
    """`app.codename` of each."""
    support = set(views()) - NOT_FOR_SUPPORT | HELPING
    operator = support | set(views()) | set(operations()) - ONLY_LOOKED_AT | OPERATED
    owner = operator | FOR_OWNERS
    return {SUPPORT: support, OPERATOR: operator - FOR_OWNERS, OWNER: owner}[group]


@transaction.atomic
def make_groups() -> dict[str, int]:
    """Each group with exactly its permissions, and how many those are. Who is in them stays."""
    return {name: made(name) for name in (SUPPORT, OPERATOR, OWNER)}


def made(name: str) -> int:
    wanted = permissions_of(name)
    found = rows_of(wanted)
    missing = wanted - {f"{row.content_type.app_label}.{row.codename}" for row in found}
    if missing:
        raise LookupError(f"No such permission: {', '.join(sorted(missing))}. Run migrate first.")
    group, _ = Group.objects.get_or_create(name=name)
    group.permissions.set(found)
    return len(found)


def rows_of(names: set[str]) -> QuerySet[Permission]:
    wanted = Q()
    for name in names:
        app, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted).select_related("content_type")
