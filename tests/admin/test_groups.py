"""The groups of the staff, and every page of the admin for each of them."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from backoffice.groups import OPERATOR, OWNER, SUPPORT, make_groups
from organizations.models import Organization, StaffAction
from tests.admin.test_actions import messages_of
from tests.admin.test_pages import OURS, address

# Lists that a group may not see.
CLOSED = {
    SUPPORT: {"Change", "Notification", "User", "Group"},
    OPERATOR: {"User", "Group"},
    OWNER: set(),
}
# Actions that a group is offered.
HARMLESS = {
    "retry", "retry_from", "reopen", "check_now", "redeliver", "send_failed_again", "activate", "look_again",
    "send_sms", "call",
}  # fmt: skip
# Whose an account is that a link brought: its owner has just signed in with it.
SETTLING = {"release_and_retry"}
ERASING = {"delete_selected", "erase"}


@pytest.fixture
def member(db):
    """Signs in somebody of a group."""
    make_groups()

    def signed_in(name: str) -> Client:
        user = User.objects.create_user(name, is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.mark.parametrize("group", [SUPPORT, OPERATOR, OWNER])
def test_each_page_opens_for_whom_it_should(member, told, act, group):
    act("deactivate", told.webhook)
    client = member(group)
    answers = {}

    for model in admin.site._registry:
        answers[model.__name__] = {client.get(address(model, "changelist")).status_code}
        for row in model._default_manager.all()[:1]:
            answers[model.__name__].add(client.get(address(model, "change", row.pk)).status_code)

    assert {name for name, found in answers.items() if found == {403}} == CLOSED[group]
    assert all(found in ({200}, {403}) for found in answers.values()), answers
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/search/", {"q": "Acme"}).status_code in {200, 302}


@pytest.mark.parametrize("group", [SUPPORT, OPERATOR, OWNER])
def test_each_group_is_offered_its_actions(member, told, group, rf):
    member(group)
    request = rf.get("/")
    request.user = User.objects.get(username=group)

    offered = {
        name
        for model in OURS
        for name, found in admin.site._registry[model].get_actions(request).items()
        if found
    }

    everything = {name for model in OURS for name in admin.site._registry[model].actions or ()}
    assert (
        offered
        == {
            SUPPORT: HARMLESS | SETTLING,
            OPERATOR: everything - ERASING,
            OWNER: everything,
        }[group]
    )


def test_a_plain_member_of_the_staff_may_do_nothing(told):
    client = Client()
    client.force_login(User.objects.create_user("plain", is_staff=True))
    row = {"_selected_action": str(told.link.pk), "confirmed": "yes", "reason": "Just so."}

    pages = [client.get(address(model, "changelist")).status_code for model in admin.site._registry]
    acted = client.post(address(type(told.link), "changelist"), row | {"action": "retry"}).status_code

    assert set(pages) == {acted} == {403}
    assert not LogEntry.objects.exists()


def test_support_may_retry_and_not_suspend(member, told):
    client = member(SUPPORT)
    body = {"_selected_action": str(told.organization.pk), "confirmed": "yes", "reason": "They did not pay."}

    client.post(address(Organization, "changelist"), body | {"action": "suspend"})

    assert not Organization.objects.get(pk=told.organization.pk).is_suspended


@pytest.mark.parametrize(("group", "status"), [(SUPPORT, 403), (OPERATOR, 403), (OWNER, 200)])
def test_keys_and_secrets_are_the_owners(member, told, group, status):
    client = member(group)

    assert client.get("/admin/organizations/apikey/add/").status_code == status
    forms = {
        told.webhook: f"/admin/webhooks/outgoingwebhook/{told.webhook.pk}/rotate/",
        told.key: f"/admin/organizations/apikey/{told.key.pk}/rotate/",
    }
    for row, url in forms.items():
        assert client.get(url).status_code == status
        page = client.get(address(type(row), "change", row.pk)).content.decode()
        assert (url in page) == (status == 200), "who may not send a form is not led to it"


def test_the_command_is_run_as_often_as_one_likes_and_takes_back_what_was_added(db, capsys):
    call_command("make_staff_groups")
    group = Group.objects.get(name=SUPPORT)
    before = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(*Group.objects.get(name=OWNER).permissions.all())

    call_command("make_staff_groups")

    assert set(group.permissions.values_list("pk", flat=True)) == before
    assert Group.objects.count() == 3
    assert "support: " in capsys.readouterr().out


# ---- the log --------------------------------------------------------------------------------------------


def test_the_log_is_found_by_person_row_reason_and_organization(staff, act, told):
    act("deactivate", told.webhook, reason="Flooded since Tuesday.")
    entry, page = LogEntry.objects.get(), address(LogEntry, "changelist")

    for query in (
        {"q": "sandra"}, {"q": str(told.webhook.pk)}, {"q": "since tuesday"}, {"person": str(entry.user_id)},
        {"organization": str(told.organization.pk)}, {"staff_action_outcome": "done"},
    ):  # fmt: skip
        assert staff.get(page, query).context["cl"].result_count == 1, query
    assert staff.get(page, {"q": "nobody"}).context["cl"].result_count == 0
    shown = staff.get(page).content.decode()
    assert "Flooded since Tuesday." in shown
    assert "Acme CRM" in shown


def test_no_line_of_the_log_is_changed_or_deleted_not_even_with_its_person(staff, act, told, staff_user):
    act("deactivate", told.webhook)
    entry = LogEntry.objects.get()

    assert staff.post(address(LogEntry, "change", entry.pk), {"change_message": "x"}).status_code == 403
    assert staff.post(address(LogEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert staff.get(address(LogEntry, "add")).status_code == 403
    other = User.objects.create_superuser("boss", password="x")
    client = Client()
    client.force_login(other)
    client.post(f"/admin/auth/user/{staff_user.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=staff_user.pk).exists()
    assert StaffAction.objects.count() == 1


def test_a_suspension_says_in_the_log_that_it_was_refused(act, told):
    act("suspend", told.organization)

    assert "It is so already." in messages_of(act("suspend", told.organization))[0]
    assert [noted.outcome for noted in StaffAction.objects.order_by("pk")] == ["done", "refused"]


def test_every_action_asks_first_and_takes_no_yes_without_a_reason(staff, told):
    asked, named = set(), set()
    for model in OURS:
        row = model._default_manager.all()[:1].get()
        for name in admin.site._registry[model].actions or ():
            named.add((model.__name__, name))
            body = {"action": name, "_selected_action": [str(row.pk)]}
            pages = [
                staff.post(address(model, "changelist"), body | given) for given in ({}, {"confirmed": "yes"})
            ]
            if all(page.templates and page.templates[0].name == "admin/ask.html" for page in pages):
                assert pages[1].context["form"].errors["reason"] == ["This field is required."]
                asked.add((model.__name__, name))

    assert asked == named
    assert not LogEntry.objects.exists()


def test_an_owner_makes_nobody_a_superuser(member):
    owner, person = member(OWNER), User.objects.create_user("petra", is_staff=True)
    page = address(User, "change", person.pk)
    fields = owner.get(page).context["adminform"].form.fields

    answer = owner.post(
        page,
        {
            "username": "petra", "is_active": "on", "is_staff": "on", "is_superuser": "on",
            "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
        },
    )  # fmt: skip

    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.date_joined.year, person.is_superuser) == (2026, False)
    assert not {"is_superuser", "user_permissions"} & set(fields)


def test_an_owner_touches_no_superuser(member):
    owner = member(OWNER)
    root = User.objects.create_superuser("root", password="a-long-password-of-root")

    answers = [
        owner.post(address(User, "change", root.pk), {"username": "ours"}),
        owner.post(address(User, "delete", root.pk), {"post": "yes"}),
        owner.post(f"/admin/auth/user/{root.pk}/password/", {"password1": "x" * 12, "password2": "x" * 12}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    root.refresh_from_db()
    assert (root.username, root.check_password("a-long-password-of-root")) == ("root", True)
