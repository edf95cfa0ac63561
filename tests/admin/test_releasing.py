"""An account that is in use elsewhere, released for a link: who loses it, both logs, and what is refused."""

import uuid

import pytest
from django.db.models.signals import post_save
from django.utils import timezone

from onboarding.models import OnboardingLink, Signup, StepRun
from organizations.models import StaffAction
from organizations.services import create_organization
from phones.models import PhoneNumber
from tests.admin.conftest import REASON
from tests.admin.test_actions import messages_of
from tests.admin.test_pages import address
from wabas.models import Waba


@pytest.fixture
def taken(told, organization):
    """Another organization's link brought the account that is connected here."""
    Waba.objects.update(access_token=None)
    error = {"code": "ALREADY_CONNECTED", "message": "It is in use.", "actor": "customer"}
    link = OnboardingLink.objects.create(
        organization=create_organization(name="Stranger Inc"), name="Theirs", last_error=error
    )
    signup = Signup.objects.create(
        pk=uuid.uuid4(), link=link, state="failed", error=error, exchanged_at=timezone.now(),
        access_token="EAA", meta_waba_id=told.waba.meta_waba_id,
    )  # fmt: skip
    StepRun.objects.create(signup=signup, step="save_waba", position=1, status="failed", error=error)
    return link


def test_an_account_in_use_is_released_there_and_the_link_goes_on(act, staff, told, taken):
    offered = staff.get(address(OnboardingLink, "change", taken.pk)).context["buttons"]
    assert "release_and_retry" in [button["action"] for button in offered]

    page = act("release_and_retry", taken)

    assert messages_of(page) == ["Release the account, and retry: done for Theirs."]
    waba = Waba.objects.get(pk=told.waba.pk)
    assert (waba.status, waba.disconnect_reason) == ("disconnected", "RELEASED")
    assert OnboardingLink.objects.get(pk=taken.pk).status == "processing"


def test_a_release_stands_in_the_log_of_both_customers(act, staff, told, taken):
    asked = act("release_and_retry", taken, confirmed=False).content.decode()
    assert "Acme CRM” loses the account" in asked
    assert told.phone.phone_number in asked

    act("release_and_retry", taken)

    noted = {(type_of(one), str(one.organization)): one for one in StaffAction.objects.all()}
    assert set(noted) == {
        ("onboardinglink", "Stranger Inc"), ("waba", "Acme CRM"), ("phonenumber", "Acme CRM"),
    }  # fmt: skip
    assert {(one.outcome, one.reason) for one in noted.values()} == {("done", REASON)}
    history = staff.get(address(PhoneNumber, "history", told.phone.pk)).content.decode()
    assert f"Release the account, and retry, by onboarding link Theirs ({taken.pk})" in history


def type_of(noted) -> str:
    return str(noted.entry.content_type.model)


def test_a_release_that_is_refused_is_refused_in_every_log(act, told, taken):
    Signup.objects.filter(link=taken).update(access_token=None)

    act("release_and_retry", taken)

    assert {one.outcome for one in StaffAction.objects.all()} == {"refused"}
    assert StaffAction.objects.count() == 3
    assert Waba.objects.get(pk=told.waba.pk).is_connected


@pytest.mark.parametrize(
    ("of_signup", "of_link"),
    [
        ({"access_token": None}, {}),
        ({"error": {"code": "CANCELLED", "message": "Opened again.", "actor": "platform"}}, {}),
        ({"state": "running"}, {"status": "processing"}),
    ],
)
def test_nothing_is_released_for_a_link_that_could_not_go_on(act, staff, told, taken, of_signup, of_link):
    Signup.objects.filter(link=taken).update(**of_signup)
    OnboardingLink.objects.filter(pk=taken.pk).update(**of_link)
    offered = staff.get(address(OnboardingLink, "change", taken.pk)).context["buttons"]
    asked = act("release_and_retry", taken, confirmed=False).content.decode()

    page = act("release_and_retry", taken)

    assert "Nothing was released" in messages_of(page)[0]
    assert Waba.objects.get(pk=told.waba.pk).is_connected
    assert "release_and_retry" not in [button["action"] for button in offered]
    assert "nothing is released" in asked


def test_a_release_whose_link_changed_meanwhile_is_said_to_be_done(act, told, taken):
    def change_the_link(**_):
        OnboardingLink.objects.filter(pk=taken.pk).update(status="completed")

    post_save.connect(change_the_link, sender=Waba)
    try:
        page = act("release_and_retry", taken)
    finally:
        post_save.disconnect(change_the_link, sender=Waba)

    assert "The account was released" in messages_of(page)[0]
    assert not Waba.objects.get(pk=told.waba.pk).is_connected
    noted = {type_of(one): one.outcome for one in StaffAction.objects.all()}
    assert noted == {"onboardinglink": "refused", "waba": "done", "phonenumber": "done"}


def test_the_release_of_an_account_stands_in_the_log_of_its_numbers(act, told):
    act("release", told.waba)

    assert {type_of(one) for one in StaffAction.objects.all()} == {"waba", "phonenumber"}


def test_nothing_is_released_where_the_account_is_not_in_use(act, told):
    page = act("release_and_retry", told.link)

    assert "in no other organization" in messages_of(page)[0]
    assert Waba.objects.get(pk=told.waba.pk).is_connected
