"""A code and a recovery at once, ten looks at once, and processes that die in the middle."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.db import connections
from django.utils import timezone

from meta_graph import oauth
from onboarding import recovery, tokens
from onboarding.models import SharedWaba, Signup
from tests.onboarding.conftest import Circle, run_due
from tests.onboarding.lost import LATER, SOON, clicked, fetches, look, outcome, status, tokens_kept, told
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_code_that_comes_after_the_recovery_loses_cleanly(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)
    with time_machine.travel(timezone.now() + timedelta(seconds=SOON)):
        [shared_id] = recovery.due(timezone.now())
        assert recovery.look(shared_id).signup_id == user.signup.pk

        answer = user.bring(made, order="c")

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
        assert user.status()["status"] == "processing"
        run_due()
    assert (status(user), tokens_kept()) == ("completed", 1)


@on_postgresql
def test_a_code_that_comes_while_the_token_is_fetched_runs_one_signup(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made, ago=SOON)
    SharedWaba.objects.update(next_look_at=timezone.now())
    Signup.objects.update(session_at=timezone.now() - timedelta(seconds=SOON))
    circle.meta.sandbox.set_scenario("slow", call="fetch_customer_token", ms=700)

    looking = threading.Thread(
        target=in_a_thread, args=(partial(recovery.look, SharedWaba.objects.get().pk),)
    )
    looking.start()
    wait_for_a_call(circle, looking)
    answer = user.bring(made, order="c")
    looking.join()

    assert answer.status_code == 202
    assert (tokens_kept(), user.signup.token_source) == (1, "code")
    look(LATER)
    assert (status(user), outcome(made)) == ("completed", "known")
    assert Event.objects.filter(name="phone_number.connected").count() == 1


@on_postgresql
@pytest.mark.parametrize("trouble", ["", "code_used", "reset_after_work"])
def test_a_recovery_that_is_quicker_than_the_exchange_wins_and_the_code_loses_cleanly(
    circle: Circle, trouble: str
) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    shared = told(made, ago=60)
    SharedWaba.objects.update(next_look_at=timezone.now())
    Signup.objects.update(session_at=timezone.now() - timedelta(seconds=SOON))
    token = oauth.fetch_customer_token(business_id=made["businessId"])
    circle.meta.sandbox.set_scenario("slow", call="access_token", ms=700)
    if trouble:
        circle.meta.sandbox.set_scenario(trouble, call="access_token")
    answers: list[Any] = []

    posting = threading.Thread(
        target=in_a_thread, args=(lambda: answers.append(user.bring(made, order="c")),)
    )
    posting.start()
    while not Signup.objects.filter(state="exchanging").exists():
        assert posting.is_alive()
    tokens.keep_token(signup_id=user.signup.pk, token=token, source=Signup.TokenSource.FETCHED)
    posting.join()

    assert answers[0].status_code == 409
    assert (user.signup.state, user.signup.token_source) == ("running", "fetched")
    run_due()
    assert (status(user), shared.meta_waba_id) == ("completed", user.signup.meta_waba_id)


@on_postgresql
def test_ten_looks_at_once_fetch_one_token(circle: Circle) -> None:
    for _ in range(3):
        user = clicked(circle)
        made = circle.meta.sandbox.sign_up()
        user.bring(made, order="s")
        shared = told(made, ago=SOON)
        Signup.objects.filter(pk=user.signup_id).update(session_at=shared.last_told_at)
        SharedWaba.objects.filter(pk=shared.pk).update(next_look_at=timezone.now())
        before = fetches(circle)

        looks = at_once(*[partial(recovery.look, shared.pk)] * 10)

        assert [found.signup_id for found in looks].count(user.signup.pk) == 1
        assert fetches(circle) == before + 1
        run_due()
        assert status(user) == "completed"


def test_a_process_that_dies_between_the_fetch_and_the_store_leaves_it_to_the_next(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    shared = told(made)
    with time_machine.travel(timezone.now() + timedelta(seconds=SOON)):
        assert recovery.taken(shared.pk, timezone.now()) is not None
        oauth.fetch_customer_token(business_id=made["businessId"])  # and the process dies here
        assert recovery.due(timezone.now()) == []
    assert status(user) == "pending"

    look(SOON + configured.STEP_LEASE_SECONDS + 1)

    assert (status(user), tokens_kept()) == ("completed", 1)


def test_a_link_that_is_deleted_during_its_recovery_gets_nothing(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    shared, signup = told(made), user.signup
    token = oauth.fetch_customer_token(business_id=made["businessId"])
    assert circle.api.delete(f"onboarding-links/{user.link_id}").status_code == 204

    found = recovery.claimed(shared, signup, token)

    assert (found.signup_id, Signup.objects.count(), Waba.objects.count()) == (None, 0, 0)


def in_a_thread(call: Any) -> None:
    try:
        call()
    finally:
        connections.close_all()


def wait_for_a_call(circle: Circle, thread: threading.Thread) -> None:
    """Until the look has passed its decision and waits for Meta."""
    while thread.is_alive():
        if SharedWaba.objects.filter(next_look_at__gt=timezone.now() + timedelta(seconds=30)).exists():
            thread.join(0.2)
            return
