"""What failed and is tried again by itself, as somebody may have cured it; what ends once; who has a step."""

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from onboarding import resuming, runner
from onboarding.models import Signup
from onboarding.outcomes import Actor, Problem
from onboarding.services import delete_link
from onboarding.tasks import sweep_signups
from phones.disconnecting import disconnect_phone
from phones.models import PhoneNumber
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.wabas.world import on_postgresql
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def tried_for(user: EndUser, minutes: int) -> None:
    start = timezone.now()
    for minute in range(minutes):
        with time_machine.travel(start + timedelta(minutes=minute)):
            user.make_due()
            run_due()


def events(name: str) -> int:
    return Event.objects.filter(name=name).count()


@pytest.mark.parametrize("call", ["debug_token", "get_waba", "subscribe"])
def test_a_signup_that_we_had_to_cure_goes_on_without_anybody(circle: Circle, call: str) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call=call, code=987654)
    tried_for(user, 6)
    assert circle.read(user.link_id)["lastError"]["code"] == "CONFIGURATION"
    circle.meta.sandbox.clear_scenarios()

    with time_machine.travel(timezone.now() + timedelta(minutes=14)):
        assert resuming.cooled(timezone.now()) == []
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        sweep_signups()
        run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]) == ("completed", None)
    assert events("onboarding_link.failed") == 1


def test_it_is_tried_ever_less_often_and_not_after_a_week(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="subscribe", code=987654)
    tried_for(user, 6)
    pauses = []

    for _ in range(30):
        run = user.step("subscribe_app")
        if run.next_attempt_at is None:
            break
        with time_machine.travel(run.next_attempt_at + timedelta(seconds=1)):
            pauses.append(run.next_attempt_at)
            assert resuming.cooled(timezone.now()) == [(user.signup.pk, "subscribe_app")]
            run_due()

    hours = [round((after - before).total_seconds() / 3600, 2) for before, after in pairwise(pauses)]
    assert hours == sorted(hours)
    assert hours[-1] == pytest.approx(24, abs=0.1)
    assert 8 <= len(pauses) <= 20
    assert user.step("subscribe_app").next_attempt_at is None


def test_what_only_the_end_user_can_mend_is_left_to_them(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="get_waba", code=190)
    tried_for(user, 3)

    assert user.step("save_waba").status == "failed"
    assert user.step("save_waba").next_attempt_at is None


def test_whoever_signs_in_anew_meanwhile_is_not_overtaken(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="subscribe", code=987654)
    tried_for(user, 6)
    circle.meta.sandbox.clear_scenarios()
    again = EndUser(user.link_id)
    again.bring(circle.meta.sandbox.sign_up("success"))

    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        assert resuming.cooled(timezone.now()) == []

    run_due()
    assert circle.read(user.link_id)["status"] == "completed"
    assert Signup.objects.get(pk=user.signup.pk).state == "failed"


def test_two_steps_that_fail_side_by_side_end_a_signup_once(circle: Circle) -> None:
    user = circle.signed_up()
    for step in ("identify_assets", "save_waba"):
        runner.run_step(user.signup.pk, step)
    side_by_side = ("save_phone", "subscribe_app")
    taken = [runner.claim(user.signup.pk, step, timezone.now()) for step in side_by_side]

    for run in taken:
        assert run is not None
        runner.settle(run, runner.Ending("failed", Problem("PERMISSION_MISSING", "No.", Actor.END_USER)))

    assert {user.step(step).status for step in side_by_side} == {"failed"}
    assert events("onboarding_link.failed") == 1


def test_a_number_disconnected_meanwhile_asks_for_another_sign_in(circle: Circle) -> None:
    user = circle.signed_up()
    for step in ("identify_assets", "save_waba", "save_phone"):
        runner.run_step(user.signup.pk, step)
    phone = PhoneNumber.objects.get()
    disconnect_phone(phone=phone, reason="REQUESTED", initiated_by="end_user", at=timezone.now())

    run_due()

    error = circle.read(user.link_id)["lastError"]
    assert (error["code"], error["actor"]) == ("PERMISSION_MISSING", "end_user")


def test_a_number_registered_by_another_way_asks_for_nothing_any_more(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("pin_mismatch", target=made["wabaId"])
    user = EndUser(circle.make_link()["id"])
    user.bring(made)
    run_due()
    user.call("skip")
    run_due()
    link = circle.read(user.link_id)
    assert link["nextAction"]["code"] == "ENTER_PIN"

    answer = circle.api.post(f"phones/{link['phoneNumberId']}/register", {"pin": "123456"})
    assert answer.status_code == 202, answer.json()
    sweep_signups()
    run_due()

    later = circle.read(user.link_id)
    assert (later["isPhoneRegistered"], later["nextAction"]) == (True, None)


def test_metas_own_wait_is_not_shortened_by_a_retry(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("rate_limited", minutes=5, call="get_waba", times=1)
    run_due()
    waits_until = user.step("save_waba").next_attempt_at

    answer = circle.api.post(f"onboarding-links/{user.link_id}/retry")

    assert answer.status_code == 409
    assert user.step("save_waba").next_attempt_at == waits_until


def test_a_deleted_link_leaves_its_unfinished_account_to_others(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="subscribe", code=190)
    tried_for(user, 3)
    assert PhoneNumber.objects.exists()

    delete_link(link=circle.row(user))

    assert not Waba.objects.exists()
    assert not PhoneNumber.objects.exists()


@on_postgresql
def test_of_two_workers_that_take_a_step_in_the_same_moment_one_has_it(circle: Circle) -> None:
    user = circle.signed_up()
    taken: list[Any] = []
    waiting = threading.Thread(
        target=lambda: taken.append(claimed_elsewhere(user)), name="the second worker", daemon=True
    )

    with transaction.atomic():
        first = runner.claim(user.signup.pk, "identify_assets", timezone.now())
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive()
    waiting.join(timeout=10)

    assert first is not None
    assert taken == [None]
    assert user.step("identify_assets").attempts == 1


def claimed_elsewhere(user: EndUser) -> Any:
    try:
        return runner.claim(user.signup.pk, "identify_assets", timezone.now())
    finally:
        connection.close()
