"""Support chooses a signup: its token is fetched then, as if it had been the only one."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from onboarding import support
from onboarding.models import OnboardingLink, SharedWaba
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser
from tests.onboarding.lost import LATER, clicked, fetches, look, outcome, status, told
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandra() -> User:
    return User.objects.create_user("sandra", is_staff=True)


def unclear(circle: Circle, stranger: Api) -> tuple[EndUser, EndUser, SharedWaba]:
    """Two signups of two organizations, and one account."""
    ours, theirs = clicked(circle), clicked(circle, by=stranger)
    made = circle.meta.sandbox.sign_up()
    shared = told(made)
    look(LATER)
    assert outcome(made) == "several"
    return ours, theirs, shared


def test_the_chosen_signup_goes_on(circle: Circle, stranger: Api, sandra: User) -> None:
    ours, theirs, shared = unclear(circle, stranger)
    assert {one.pk for one in support.candidates(shared)} == {ours.signup.pk, theirs.signup.pk}

    support.assign(shared=shared, signup=theirs.signup, by=sandra)
    look()

    shared.refresh_from_db()
    assert (status(theirs), status(ours), fetches(circle)) == ("completed", "pending", 1)
    assert (shared.outcome, shared.signup, shared.settled_by) == ("recovered", theirs.signup, sandra)
    assert Waba.objects.get().organization == stranger.organization


def test_a_choice_that_came_too_late_is_open_again(circle: Circle, stranger: Api, sandra: User) -> None:
    ours, _, shared = unclear(circle, stranger)
    support.assign(shared=shared, signup=ours.signup, by=sandra)
    OnboardingLink.objects.filter(pk=ours.link_id).update(status="completed")

    look()

    shared.refresh_from_db()
    assert (shared.outcome, shared.signup, fetches(circle)) == ("several", None, 0)


def test_who_clicked_longer_ago_than_counts_by_itself_can_be_chosen(circle: Circle, sandra: User) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    with time_machine.travel(timezone.now() + timedelta(hours=5)):
        shared = told(made)
        look(LATER)
        assert outcome(made) == "nobody"

        support.assign(shared=shared, signup=user.signup, by=sandra)
        look()

    assert (status(user), outcome(made)) == ("completed", "recovered")


def test_a_link_that_takes_no_code_any_more_cannot_be_chosen(
    circle: Circle, stranger: Api, sandra: User
) -> None:
    ours, _, shared = unclear(circle, stranger)
    OnboardingLink.objects.filter(pk=ours.link_id).update(expires_at=timezone.now())

    with pytest.raises(support.NotACandidateError):
        support.assign(shared=shared, signup=ours.signup, by=sandra)

    assert ours.signup in support.candidates(shared)


def test_what_is_looked_at_again_is_decided_anew(circle: Circle, stranger: Api) -> None:
    ours, theirs, shared = unclear(circle, stranger)
    theirs.call("session", event="CANCEL", data={"current_step": "PERMISSIONS"})

    support.look_again(shared=shared)
    look(LATER)

    assert (status(ours), status(theirs)) == ("completed", "pending")


def test_what_was_given_up_is_not_looked_at(circle: Circle, stranger: Api, sandra: User) -> None:
    _, theirs, shared = unclear(circle, stranger)
    theirs.call("session", event="CANCEL", data={})

    support.give_up(shared=shared, by=sandra)
    look(LATER)

    shared.refresh_from_db()
    assert (shared.outcome, shared.settled_by, fetches(circle)) == ("given_up", sandra, 0)


def test_what_its_own_signup_has_brought_is_given_to_nobody(
    circle: Circle, stranger: Api, sandra: User
) -> None:
    ours = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    shared = told(made)
    ours.bring(made)
    look(LATER)
    other = clicked(circle, by=stranger)

    with pytest.raises(support.AlreadySettledError):
        support.assign(shared=shared, signup=other.signup, by=sandra)

    assert status(ours) == "completed"
