"""Shared WABAs: found, decided on after a question, with who did it; and told in the link's story."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from backoffice.groups import SUPPORT, make_groups
from onboarding.models import OnboardingLink, SharedWaba, Signup
from organizations.models import StaffAction
from organizations.services import create_organization
from tests.admin.test_actions import messages_of
from tests.admin.test_pages import address
from tests.admin.test_search import search

__all__ = ["search"]
YES = {"confirmed": "yes", "reason": "asked by mail"}


@pytest.fixture
def shared(told) -> SharedWaba:
    """Two signups of two organizations may have brought it."""
    now = timezone.now()
    for organization in (told.organization, create_organization(name="Stranger Inc")):
        link = OnboardingLink.objects.create(
            organization=organization, name=f"Open at {organization}", webhook_secret="s" * 20
        )
        Signup.objects.create(pk=uuid.uuid4(), link=link, started_at=now - timedelta(minutes=3))
    return SharedWaba.objects.create(
        meta_waba_id="777000111222333", owner_business_id="777000111222444", first_told_at=now,
        last_told_at=now, outcome="several", settled_at=now,
    )  # fmt: skip


def page_of(staff, shared):
    return staff.get(address(SharedWaba, "change", shared.pk))


def assign_url(shared, signup):
    return reverse("admin:onboarding_sharedwaba_assign", args=[shared.pk, signup.pk])


def candidates():
    return {str(signup.link): signup for signup in Signup.objects.filter(state="opened")}


def test_the_candidates_are_listed_with_their_organizations(staff, shared):
    table = page_of(staff, shared).context["tables"][0]

    assert {str(row[1]).split(">")[1].split("<")[0] for row in table.rows} == set(candidates())
    assert all("Assign to this signup" in row[-1] for row in table.rows)


def test_nothing_is_assigned_before_the_question_is_answered(staff, shared):
    page = staff.get(assign_url(shared, candidates()["Open at Acme CRM"]))

    assert "goes to Acme CRM" in page.content.decode()
    shared.refresh_from_db()
    assert (shared.outcome, LogEntry.objects.count()) == ("several", 0)


def test_an_assigned_signup_is_looked_at_next_and_who_did_it_is_written_down(staff, staff_user, shared):
    signup = candidates()["Open at Acme CRM"]

    page = staff.post(assign_url(shared, signup), YES, follow=True)

    shared.refresh_from_db()
    assert (shared.outcome, shared.signup, shared.settled_by) == ("waiting", signup, staff_user)
    assert shared.next_look_at <= timezone.now()
    assert messages_of(page) == [f"Assign to signup {signup.pk} of Open at Acme CRM: done."]
    assert str(signup.pk) in LogEntry.objects.get(object_id=shared.pk).get_change_message()


def test_an_assignment_stands_in_the_log_of_the_customer_who_gets_the_account(staff, shared):
    signup = candidates()["Open at Acme CRM"]

    staff.post(assign_url(shared, signup), YES)

    of_link = StaffAction.objects.get(organization=signup.link.organization)
    assert of_link.entry.object_id == str(signup.link_id)


def test_a_links_page_leads_to_the_account_that_may_be_its_own(staff, shared, told):
    def leads(link) -> bool:
        page = staff.get(address(OnboardingLink, "change", link.pk))
        return address(SharedWaba, "change", shared.pk) in dict(page.context["elsewhere"]).values()

    links = {str(signup.link): signup.link for signup in candidates().values()}
    assert all(leads(link) for link in links.values())
    assert not leads(told.link)

    Signup.objects.filter(link=links["Open at Acme CRM"]).update(session={"waba_id": "1"})
    assert [name for name, link in links.items() if leads(link)] == ["Open at Stranger Inc"]


def test_support_assigns(client, django_user_model, shared):
    make_groups()
    user = django_user_model.objects.create_user("sam", is_staff=True)
    user.groups.add(Group.objects.get(name=SUPPORT))
    client.force_login(user)

    client.post(assign_url(shared, candidates()["Open at Acme CRM"]), YES)

    shared.refresh_from_db()
    assert (shared.outcome, shared.settled_by) == ("waiting", user)


def test_who_is_no_candidate_is_refused_and_the_log_says_so(staff, shared, told):
    page = staff.post(assign_url(shared, told.failed), YES, follow=True)

    assert "That signup cannot take it" in messages_of(page)[0]
    shared.refresh_from_db()
    assert shared.outcome == "several"
    assert [one.outcome for one in StaffAction.objects.all()] == ["refused"]


def test_what_has_its_signup_is_not_given_to_another(staff, shared, told):
    signup = candidates()["Open at Acme CRM"]
    SharedWaba.objects.filter(pk=shared.pk).update(outcome="recovered", signup=told.signup)

    page = staff.post(assign_url(shared, signup), YES, follow=True)

    assert messages_of(page)[0].endswith("It has its signup already.")
    assert page_of(staff, shared).context["tables"] == []


def test_without_our_system_users_token_nothing_is_assigned(staff, shared, settings):
    settings.META_SYSTEM_USER_TOKEN = ""

    page = staff.post(
        assign_url(shared, candidates()["Open at Acme CRM"]),
        YES,
        follow=True,
    )

    assert "META_SYSTEM_USER_TOKEN is not set" in messages_of(page)[0]


def test_what_is_nobodys_is_given_up_and_can_be_looked_at_again(staff, staff_user, shared, act):
    url = reverse("admin:onboarding_sharedwaba_decide", args=[shared.pk])
    assert staff.get(url).status_code == 200

    staff.post(url, YES)
    shared.refresh_from_db()
    assert (shared.outcome, shared.settled_by) == ("given_up", staff_user)
    act("look_again", shared)

    shared.refresh_from_db()
    assert (shared.outcome, shared.settled_by, shared.settled_at) == ("waiting", None, None)


def test_who_may_only_look_decides_nothing(client, django_user_model, shared):
    looker = django_user_model.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_sharedwaba"))
    client.force_login(looker)
    signup = candidates()["Open at Acme CRM"]

    assert page_of(client, shared).status_code == 200
    assert client.post(assign_url(shared, signup), YES).status_code == 403


def test_a_shared_waba_is_found_by_every_id_and_by_support(staff, search, shared, told):
    recovered = SharedWaba.objects.get(signup=told.signup)

    for term in (told.waba.meta_waba_id, told.waba.owner_business_id, told.signup.pk, told.link.pk):
        assert search(recovered, str(term)) == [recovered.pk]
    page = staff.get(address(SharedWaba, "changelist"), {"outcome": "support"})
    assert [row.pk for row in page.context["cl"].result_list] == [shared.pk]


def test_a_link_is_found_by_what_meta_told_of_it(search, told):
    SharedWaba.objects.filter(signup=told.signup).update(meta_waba_id="888000111222333")

    assert search(told.link, "888000111222333") == [told.link.pk]


def test_a_links_story_has_metas_word_and_how_the_token_came(staff, told):
    Signup.objects.filter(pk=told.signup.pk).update(token_source="fetched", code_hash=None)

    chapters = staff.get(address(OnboardingLink, "change", told.link.pk)).context["chapters"]

    titles = {entry.title: entry for chapter in chapters for entry in chapter.entries}
    assert titles["Meta told that the account was shared with us"].word == "recovered"
    assert "Token fetched from Meta, without a code" in titles
    assert "Code exchanged for a token" not in titles


@pytest.mark.parametrize(
    ("attention", "columns"),
    [
        ("failed", {"last_error": {"code": "CONFIGURATION", "message": "x", "actor": "meta"}}),
        ("needs_action", {"last_error": {"code": "CODE_EXPIRED", "message": "x", "actor": "end_user"}}),
        ("needs_action", {"status": "processing", "next_action": {"code": "ENTER_PIN", "actor": "end_user"}}),
        ("ours", {"last_error": {"code": "CONFIGURATION", "message": "x", "actor": "platform"}}),
    ],
)
def test_links_are_filtered_by_who_has_to_move(staff, told, attention, columns):
    wanted = OnboardingLink.objects.create(organization=told.organization, name="Wanted", **columns)
    waiting = {"code": "WAIT", "message": "x", "actor": "platform"}
    OnboardingLink.objects.create(
        organization=told.organization, name="Busy", status="processing", next_action=waiting
    )

    page = staff.get(address(OnboardingLink, "changelist"), {"attention": attention})

    assert [row.pk for row in page.context["cl"].result_list] == [wanted.pk]
