"""Nobody gets by a recovery what is not theirs: ids that a browser brings are unsigned."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.utils import timezone

from onboarding import overdue, recovery
from onboarding.models import OnboardingLink, SharedWaba, Signup
from onboarding.support import candidates
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.onboarding.lost import LATER, SOON, clicked, fetches, look, outcome, status, tokens_kept, told
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


def test_ids_alone_fetch_nothing(circle: Circle, stranger: Api) -> None:
    """Without Meta's word, now, whatever a browser says is only said."""
    victim = circle.meta.sandbox.sign_up()
    theirs = EndUser(stranger.post("onboarding-links", {"name": "Theirs"}).json()["data"]["id"])
    theirs.bring(victim)
    run_due()
    thief = clicked(circle)
    thief.bring(victim, order="s")

    look(LATER)
    overdue.fail_unanswered(timezone.now() + timedelta(minutes=5))

    assert (status(thief), thief.signup.token_source, fetches(circle)) == ("pending", None, 0)


def test_the_ids_of_a_customer_that_just_signed_up_elsewhere_bring_nothing(
    circle: Circle, stranger: Api
) -> None:
    theirs = clicked(circle, by=stranger)
    thief = clicked(circle)
    victim = circle.meta.sandbox.sign_up()
    thief.bring(victim, order="s")
    told(victim)
    theirs.bring(victim, order="c")

    look(SOON)
    look(LATER)

    assert Waba.objects.get().organization == stranger.organization
    assert (status(thief), fetches(circle)) == ("pending", 0)
    assert SharedWaba.objects.get().signup == theirs.signup


def test_the_ids_of_a_customer_whose_own_browser_was_lost_are_put_to_support(
    circle: Circle, stranger: Api
) -> None:
    """Who named the account is no better than who named none: the ids may be known from before."""
    theirs = clicked(circle, by=stranger)
    thief = clicked(circle)
    victim = circle.meta.sandbox.sign_up()
    thief.bring(victim, order="s")
    told(victim)

    look(SOON)
    look(LATER)

    assert (outcome(victim), fetches(circle), tokens_kept()) == ("several", 0, 0)
    assert (status(theirs), status(thief)) == ("pending", "pending")


@pytest.mark.parametrize("is_connected", [True, False])
def test_the_ids_of_a_customer_of_long_ago_bring_nothing_even_with_metas_word(
    circle: Circle, stranger: Api, is_connected: bool
) -> None:
    victim = circle.meta.sandbox.sign_up()
    theirs = clicked(circle, by=stranger)
    theirs.bring(victim)
    run_due()
    Signup.objects.update(started_at=timezone.now() - timedelta(days=90))
    if not is_connected:
        Waba.objects.update(status="disconnected")
    thief = clicked(circle)
    thief.bring(victim, order="s")
    told(victim)

    look(SOON)
    look(LATER)

    assert outcome(victim) == ("known" if is_connected else "several")
    assert (status(thief), fetches(circle)) == ("pending", 0)


def test_another_account_of_a_business_that_is_elsewhere_is_put_to_support(
    circle: Circle, stranger: Api
) -> None:
    """The fetched token would cover that organization's accounts too."""
    theirs = clicked(circle, by=stranger)
    theirs.bring(circle.meta.sandbox.sign_up(business_name="Café Río"))
    run_due()
    Signup.objects.update(started_at=timezone.now() - timedelta(days=90))
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up(business_name="Café Río")
    user.bring(made, order="s")
    told(made)

    look(SOON)
    look(LATER)

    assert (outcome(made), fetches(circle)) == ("several", 0)


def test_an_account_whose_own_signup_failed_is_given_to_nobody_else(circle: Circle, stranger: Api) -> None:
    theirs = clicked(circle, by=stranger, expectedPhoneNumber="+5491155550000")
    victim = circle.meta.sandbox.sign_up()
    theirs.bring(victim)
    run_due()
    assert (theirs.signup.error or {})["code"] == "WRONG_NUMBER"
    clicked(circle)
    told(victim)

    look(SOON)
    look(LATER)

    assert (outcome(victim), fetches(circle)) == ("known", 0)
    assert SharedWaba.objects.get().signup == theirs.signup


@pytest.mark.parametrize("order", ["s", ""])
def test_a_business_that_signs_up_elsewhere_just_now_is_put_to_support(
    circle: Circle, stranger: Api, order: str
) -> None:
    """No row of an account says so yet: what Meta told of the business does."""
    theirs = clicked(circle, by=stranger, expectedPhoneNumber="+5491155550000")
    first = circle.meta.sandbox.sign_up(business_name="Café Río")
    theirs.bring(first)
    run_due()
    told(first)
    look(SOON)
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up(business_name="Café Río")
    user.bring(made, order=order)
    told(made)

    look(LATER)

    assert (outcome(first), outcome(made), fetches(circle)) == ("known", "several", 0)


def test_who_named_another_account_is_out_though_it_named_no_business(circle: Circle) -> None:
    user = clicked(circle)
    other = circle.meta.sandbox.sign_up()
    user.call("session", event="FINISH", data={"waba_id": other["wabaId"]})
    made = circle.meta.sandbox.sign_up()
    told(made)

    look(LATER)

    assert (outcome(made), fetches(circle)) == ("nobody", 0)


def test_who_clicks_again_and_again_pushes_nobody_out(circle: Circle, stranger: Api) -> None:
    theirs = clicked(circle, by=stranger)
    thief = clicked(circle)
    Signup.objects.bulk_create(
        Signup(id=uuid.uuid4(), link_id=thief.link_id, started_at=timezone.now()) for _ in range(200)
    )
    made = circle.meta.sandbox.sign_up()
    shared = told(made)

    look(LATER)

    assert (outcome(made), fetches(circle)) == ("several", 0)
    assert theirs.signup in candidates(shared)
    assert len(candidates(shared)) == 4


@pytest.mark.parametrize(("is_lost", "are_all_told"), [(False, True), (False, False), (True, True)])
def test_a_second_account_of_a_sign_up_elsewhere_is_not_taken_by_who_names_it(
    circle: Circle, stranger: Api, is_lost: bool, are_all_told: bool
) -> None:
    """Their browser named the first of three accounts; a thief who knows the second one names that."""
    theirs = clicked(circle, by=stranger)
    thief = clicked(circle)
    several = circle.meta.sandbox.sign_up("several_wabas")
    accounts = several["session"]["data"]["waba_ids"]
    circle.meta.sandbox.set_scenario("graph_down", call="debug_token")
    theirs.bring(several, order="s" if is_lost else "sc")
    thief.call("session", event="FINISH", data={"waba_id": accounts[1], "business_id": several["businessId"]})
    for waba_id in accounts if are_all_told else accounts[1:2]:
        told(several | {"wabaId": waba_id})

    look(SOON)
    circle.meta.sandbox.clear_scenarios()
    look(LATER)
    look(LATER * 3)

    assert (thief.signup.token_source, fetches(circle)) == (None, 0)
    assert (status(theirs), status(thief)) == ("pending" if is_lost else "completed", "pending")
    assert not Waba.objects.filter(organization=circle.api.organization).exists()


def test_who_named_a_business_of_their_own_choice_gets_no_token_of_it(circle: Circle) -> None:
    """The token is fetched for the business that Meta named; a browser that names another one is out."""
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    other = circle.meta.sandbox.sign_up()
    made["session"]["data"]["business_id"] = other["businessId"]
    user.bring(made, order="s")
    told(made)

    look(LATER)

    assert (outcome(made), fetches(circle)) == ("nobody", 0)


def test_ids_that_come_after_the_recovery_do_not_change_the_account(circle: Circle) -> None:
    user = clicked(circle)
    several = circle.meta.sandbox.sign_up("several_wabas")
    told(several)
    with time_machine.travel(timezone.now() + timedelta(seconds=LATER)):
        [shared_id] = recovery.due(timezone.now())
        assert recovery.look(shared_id).signup_id
        user.call("session", event="FINISH", data={"waba_id": several["session"]["data"]["waba_ids"][-1]})

        run_due()

    assert Waba.objects.get().meta_waba_id == several["wabaId"]


@pytest.mark.parametrize("event", ["CANCEL", "ERROR"])
def test_who_left_metas_window_is_not_it(circle: Circle, event: str) -> None:
    left = clicked(circle)
    left.call("session", event=event, data={"current_step": "PHONE_NUMBER_SETUP"})
    made = circle.meta.sandbox.sign_up()
    told(made)

    look(LATER)

    assert (outcome(made), status(left)) == ("nobody", "pending")


def test_a_click_of_long_ago_is_not_it(circle: Circle) -> None:
    user = clicked(circle)
    Signup.objects.update(started_at=timezone.now() - configured.RECOVERY_WINDOW - timedelta(seconds=1))
    made = circle.meta.sandbox.sign_up()
    told(made)

    look(LATER)

    assert (outcome(made), status(user)) == ("nobody", "pending")


@pytest.mark.parametrize("why", ["expired", "suspended"])
def test_a_link_that_takes_no_code_takes_no_fetched_token_and_still_counts(circle: Circle, why: str) -> None:
    user = clicked(circle)
    if why == "expired":
        OnboardingLink.objects.update(expires_at=timezone.now())
    else:
        circle.api.organization.suspended_at = timezone.now()
        circle.api.organization.save()
    made = circle.meta.sandbox.sign_up()
    told(made)

    look(LATER)

    assert (outcome(made), fetches(circle), user.signup.token_source) == ("several", 0, None)


@pytest.mark.parametrize("why", ["switched off", "business known", "another one waits"])
def test_time_alone_is_not_enough_where_anything_else_is_known(
    circle: Circle, settings: Any, why: str
) -> None:
    if why == "business known":
        circle.completed()
        Signup.objects.update(started_at=timezone.now() - timedelta(days=90))
        Waba.objects.update(owner_business_id="424242")
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    shared = told(made)
    if why == "switched off":
        settings.RECOVERY_BY_TIME_ALONE = False
    if why == "business known":
        SharedWaba.objects.update(owner_business_id="424242")
    if why == "another one waits":
        told(circle.meta.sandbox.sign_up())

    look(LATER)

    shared.refresh_from_db()
    assert (shared.outcome, fetches(circle), status(user)) == ("several", 0, "pending")


def test_accounts_that_were_shared_along_with_one_are_nobodys_question(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up("several_wabas")
    user.bring(made)
    for waba_id in made["session"]["data"]["waba_ids"]:
        told(made | {"wabaId": waba_id})

    look(SOON)
    look(LATER)

    assert status(user) == "completed"
    assert set(SharedWaba.objects.values_list("outcome", flat=True)) == {"known"}


def test_a_new_sign_up_of_the_same_account_is_looked_at_again(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    told(made)
    look(LATER)
    assert outcome(made) == "nobody"
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        user = clicked(circle)
        user.bring(made, order="s")
        told(made)
        look(SOON)

    assert (status(user), outcome(made)) == ("completed", "recovered")


def test_what_was_put_to_support_is_settled_when_its_end_user_signs_in_again(circle: Circle) -> None:
    users = [clicked(circle) for _ in range(2)]
    made = circle.meta.sandbox.sign_up()
    told(made)
    look(LATER)
    assert outcome(made) == "several"

    again = EndUser(users[0].link_id)
    again.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))
    run_due()

    shared = SharedWaba.objects.get()
    assert (shared.outcome, shared.signup) == ("known", again.signup)


def test_what_meta_said_before_it_was_settled_does_not_open_it_again(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    first = told(made, ago=50).last_told_at
    look(LATER)
    assert outcome(made) == "nobody"

    assert told(made, ago=20).last_told_at > first
    assert told(made, ago=60).last_told_at > first
    assert told(made, ago=60).first_told_at < first

    assert outcome(made) == "nobody"


def test_what_is_no_id_of_metas_is_not_kept() -> None:
    recovery.note_partner_added(meta_waba_id="../me", owner_business_id="1", at=timezone.now())
    recovery.note_partner_added(meta_waba_id="1" * 15, owner_business_id="x/y", at=timezone.now())

    assert list(SharedWaba.objects.values_list("owner_business_id", flat=True)) == [None]
