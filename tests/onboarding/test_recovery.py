"""The lost browser: what finished at Meta is found by Meta's word, and its token is fetched."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.utils import timezone

from onboarding import overdue, recovery
from onboarding.models import SharedWaba, Signup
from tests.onboarding.conftest import Circle, EndUser
from tests.onboarding.lost import LATER, SOON, clicked, fetches, look, outcome, status, told
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


# ---- what is found -------------------------------------------------------------------------------------


def test_a_tab_that_was_closed_after_the_message_is_recovered(circle: Circle) -> None:
    user = clicked(circle, externalId="customer-123")
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)

    look(SOON)

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", True)
    assert {step["status"] for step in link["progress"]} == {"done", "skipped"}
    assert (user.signup.token_source, outcome(made)) == ("fetched", "recovered")
    assert Waba.objects.get().meta_waba_id == made["wabaId"]
    assert circle.meta.sandbox.calls("access_token") == []
    assert Event.objects.filter(name="phone_number.connected").count() == 1


def test_a_tab_that_said_nothing_at_all_is_recovered_when_it_is_the_only_one(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    told(made)

    look(SOON)
    assert status(user) == "pending"
    look(LATER)

    assert (status(user), outcome(made)) == ("completed", "recovered")
    assert Waba.objects.get().meta_waba_id == made["wabaId"]


def test_metas_word_may_come_before_the_click_is_known(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    told(made, ago=20)
    user = clicked(circle)
    user.bring(made, order="s")

    look(SOON)

    assert status(user) == "completed"


def test_metas_word_may_come_long_after_the_browser_was_lost(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        overdue.fail_unanswered(timezone.now())
        assert circle.read(user.link_id)["lastError"]["code"] == "CODE_EXPIRED"
        told(made)
        look(SOON)

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]) == ("completed", None)


def test_metas_word_told_again_and_again_recovers_once(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    shared = told(made)
    for ago in (60, 0, 30):
        told(made, ago=ago)

    look(SOON)
    recovery.note_partner_added(
        meta_waba_id=made["wabaId"], owner_business_id=made["businessId"], at=shared.last_told_at
    )
    look(LATER)

    assert status(user) == "completed"
    assert (SharedWaba.objects.count(), fetches(circle)) == (1, 1)
    assert Event.objects.filter(name="phone_number.connected").count() == 1


@pytest.mark.parametrize("order", ["told first", "told last"])
def test_a_code_that_comes_makes_metas_word_known_and_fetches_nothing(circle: Circle, order: str) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    if order == "told first":
        told(made)
    user.bring(made)
    if order == "told last":
        told(made)

    look(SOON)

    assert (status(user), outcome(made), fetches(circle)) == ("completed", "known", 0)
    assert SharedWaba.objects.get().signup == user.signup
    assert user.signup.token_source == "code"


def test_two_customers_who_were_lost_at_once_each_get_their_own(circle: Circle) -> None:
    users = [clicked(circle) for _ in range(2)]
    dialogs = [circle.meta.sandbox.sign_up() for _ in users]
    for user, made in zip(users, dialogs, strict=True):
        user.bring(made, order="s")
        told(made)

    look(SOON)

    assert [status(user) for user in users] == ["completed"] * 2
    assert [user.signup.meta_waba_id for user in users] == [made["wabaId"] for made in dialogs]


def test_of_two_tries_of_one_link_the_one_that_named_the_account_is_it(circle: Circle) -> None:
    first = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    first.bring(made, order="s")
    second = EndUser(first.link_id)
    second.call("start")
    told(made)

    look(SOON)

    assert status(first) == "completed"
    assert (first.signup.state, second.signup.state) == ("completed", "opened")


def test_coexistence_names_no_business_and_is_recovered_all_the_same(circle: Circle) -> None:
    user = clicked(circle, mode="coexistence")
    made = circle.meta.sandbox.sign_up("coexistence")
    user.bring(made, order="s")
    told(made)

    look(SOON)

    assert user.signup.token_source == "fetched"
    assert user.signup.is_coexistence is True


def test_an_owner_that_meta_left_out_is_read_from_the_account(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    recovery.note_partner_added(meta_waba_id=made["wabaId"], owner_business_id=None, at=timezone.now())

    look(SOON)

    assert status(user) == "completed"
    assert SharedWaba.objects.get().owner_business_id == made["businessId"]


def test_a_customer_who_signs_up_again_with_the_same_account_is_recovered(circle: Circle) -> None:
    before, _ = circle.completed()
    number = Waba.objects.get().phones.get().phone_number
    Signup.objects.filter(pk=before.signup_id).update(started_at=timezone.now() - timedelta(days=30))
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up(phone_number=number)
    user.bring(made, order="s")
    told(made)

    look(SOON)

    assert (status(user), user.signup.token_source) == ("completed", "fetched")
    assert Waba.objects.count() == 1


# ---- an exchange that did not end ----------------------------------------------------------------------


def test_an_exchange_whose_answer_was_lost_goes_on_by_itself(circle: Circle) -> None:
    user = clicked(circle)
    user.call("session", event="CANCEL", data={})
    user = EndUser(user.link_id)
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("reset_after_work", call="access_token", times=1)
    told(made)

    answer = user.bring(made)
    assert (answer.status_code, user.status()["status"], user.status()["error"]) == (202, "pending", None)
    look()

    assert (status(user), user.signup.token_source) == ("completed", "fetched")


def test_an_exchange_whose_answer_was_lost_and_of_which_meta_says_nothing_frees_the_link(
    circle: Circle,
) -> None:
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("reset_after_work", call="access_token", times=1)
    user.bring(circle.meta.sandbox.sign_up())

    overdue.fail_unanswered(timezone.now() + timedelta(seconds=30))
    assert circle.read(user.link_id)["lastError"] is None
    overdue.fail_unanswered(timezone.now() + timedelta(seconds=configured.RECOVERY_PATIENCE_SECONDS + 1))

    link = circle.read(user.link_id)
    assert (link["lastError"]["code"], link["nextAction"]["code"]) == ("CODE_EXPIRED", "SIGN_UP_AGAIN")


def test_a_process_that_died_in_the_exchange_is_recovered(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    Signup.objects.filter(pk=user.signup_id).update(
        state="exchanging", code_hash="x" * 64, exchanged_at=timezone.now()
    )
    told(made)

    look(SOON)
    assert status(user) == "pending"
    look(configured.META_REQUEST_TIMEOUT + 10)

    assert status(user) == "completed"


def test_a_code_that_was_too_late_is_cured_by_the_recovery(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("code_expired", times=1)
    assert user.bring(made).status_code == 422
    told(made)

    look(SOON)

    assert circle.read(user.link_id)["status"] == "completed"


# ---- what Meta answers ---------------------------------------------------------------------------------


def test_a_graph_that_is_down_delays_the_recovery_and_does_not_end_it(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)
    circle.meta.sandbox.set_scenario("graph_down", call="fetch_customer_token")

    look(SOON)
    waiting = SharedWaba.objects.get()
    assert (waiting.outcome, (waiting.error or {})["code"]) == ("waiting", "META_UNAVAILABLE")
    circle.meta.sandbox.clear_scenarios()
    look(SOON * 3)

    assert (status(user), outcome(made)) == ("completed", "recovered")


def test_a_refusal_of_metas_is_put_to_support_after_some_minutes(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)
    circle.meta.sandbox.set_scenario("error", call="fetch_customer_token", code=100)

    for minutes in (1, 4, 12):
        look(minutes * 60)

    shared = SharedWaba.objects.get()
    assert (shared.outcome, (shared.error or {})["meta"]["code"]) == ("given_up", 100)
    assert status(user) == "pending"


def test_the_end_user_is_left_waiting_no_longer_than_is_set(circle: Circle) -> None:
    user = clicked(circle)
    user.bring(circle.meta.sandbox.sign_up(), order="s")

    waits = [configured.RECOVERY_PATIENCE_SECONDS + more for more in (-1, 1, 2)]
    told_now = [overdue.fail_unanswered(timezone.now() + timedelta(seconds=wait)) for wait in waits]

    assert told_now == [0, 1, 0]
    assert circle.read(user.link_id)["nextAction"]["code"] == "SIGN_UP_AGAIN"


def test_without_our_system_users_token_the_end_user_signs_in_again(circle: Circle, settings: Any) -> None:
    settings.META_SYSTEM_USER_TOKEN = ""
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)

    look(LATER)
    overdue.fail_unanswered(timezone.now() + timedelta(seconds=36))

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "CODE_EXPIRED")
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("end_user", "SIGN_UP_AGAIN")
    assert (outcome(made), circle.meta.sandbox.calls("fetch_customer_token")) == ("given_up", [])


def test_without_our_system_users_token_a_lost_answer_is_said_at_once(circle: Circle, settings: Any) -> None:
    settings.META_SYSTEM_USER_TOKEN = ""
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("reset_after_work", call="access_token", times=1)

    answer = user.bring(circle.meta.sandbox.sign_up())

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "META_UNAVAILABLE")
