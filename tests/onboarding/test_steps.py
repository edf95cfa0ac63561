"""Every step against success, a passing failure, a lasting one, and a worker that dies in the middle."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from onboarding import pipeline, resuming, runner
from onboarding.models import Signup, StepRun
from phones.disconnecting import disconnect_waba
from phones.models import RegistrationAttempt
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)

# The Graph call of each step, as the sandbox names it.
CALLS = {
    "identify_assets": "debug_token",
    "save_waba": "get_waba",
    "save_phone": "get_phone_number",
    "subscribe_app": "subscribe",
    "register_phone": "register",
    "assign_system_user": "assign_user",
    "share_credit_line": "share_and_attach",
    "sync_coexistence": "smb_app_data",
}
REQUIRED = ("identify_assets", "save_waba", "save_phone", "subscribe_app")


@pytest.fixture(autouse=True)
def credit_line(settings: Any) -> None:
    """A Solution Partner's deployment, so that every step has something to do. Before `circle`."""
    settings.META_CREDIT_LINE_ID = "1900000000000001"


def choice_for(step: str) -> str:
    """A number that is registered is not synced, and the other way round."""
    return "coexistence" if step == "sync_coexistence" else "success"


def tried_for_minutes(user: EndUser, minutes: int) -> None:
    """What workers do in so many minutes; no wait of a step is longer than one."""
    start = timezone.now()
    for minute in range(minutes):
        with time_machine.travel(start + timedelta(minutes=minute)):
            user.make_due()
            run_due()


@pytest.mark.parametrize("step", CALLS)
def test_a_passing_failure_is_tried_again_by_itself(circle: Circle, step: str) -> None:
    user = circle.signed_up(choice_for(step))
    circle.meta.sandbox.set_scenario("error", code=2, call=CALLS[step], times=1)

    run_due()
    waiting = user.step(step)
    assert waiting.status == "waiting"
    assert waiting.error is not None
    assert waiting.error["code"] == "META_UNAVAILABLE"
    assert waiting.next_attempt_at is not None
    assert circle.read(user.link_id)["nextAction"]["actor"] == "meta"
    tried_for_minutes(user, 3)

    assert circle.read(user.link_id)["status"] == "completed"
    assert (user.step(step).status, user.step(step).attempts) == ("done", 2)
    assert user.step(step).error is None


@pytest.mark.parametrize("step", REQUIRED)
@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ({"code": 10}, "PERMISSION_MISSING"),
        ({"code": 190, "subcode": 460}, None),
        ({"code": 131009}, "CONFIGURATION"),
    ],
)
def test_a_lasting_failure_of_a_required_step_ends_the_signup_in_words(
    circle: Circle, step: str, scenario: dict[str, int], code: str | None
) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call=CALLS[step], **scenario)

    run_due()

    # debug_token is called with our own token, where the same refusal is ours to cure.
    own = "CONFIGURATION" if step == "identify_assets" else None
    expected = own or code or "PERMISSION_MISSING"
    link = circle.read(user.link_id)
    assert link["status"] == "pending"
    assert (link["lastError"]["code"], link["lastError"]["step"]) == (expected, step)
    assert (
        next(one for one in link["progress"] if one["step"] == step)["error"]["meta"]["code"]
        == scenario["code"]
    )


@pytest.mark.parametrize("step", CALLS)
def test_an_unknown_code_is_tried_three_times_and_then_put_to_us(circle: Circle, step: str) -> None:
    user = circle.signed_up(choice_for(step))
    circle.meta.sandbox.set_scenario("error", call=CALLS[step], code=987654)

    tried_for_minutes(user, 6)

    assert (user.step(step).status, user.step(step).attempts) == ("failed", 3)
    assert (user.step(step).error or {})["code"] == "CONFIGURATION"


@pytest.mark.parametrize("step", [*CALLS, "complete_link"])
def test_a_step_whose_worker_died_is_taken_up_when_its_lease_ends(circle: Circle, step: str) -> None:
    user = circle.signed_up(choice_for(step))
    advance_to(user, step)
    assert runner.claim(user.signup.pk, step, timezone.now()) is not None  # and the worker dies here
    run_due()
    assert user.step(step).status == "running"
    assert circle.read(user.link_id)["status"] == "processing"

    StepRun.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=timezone.now())
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"
    assert Event.objects.filter(name="phone_number.connected").count() == 1


@pytest.mark.parametrize("step", CALLS)
def test_what_meta_did_before_the_connection_broke_is_not_done_twice(circle: Circle, step: str) -> None:
    user = circle.signed_up(choice_for(step))
    circle.meta.sandbox.set_scenario("reset_after_work", call=CALLS[step], times=1)

    run_due()
    tried_for_minutes(user, 3)

    done = {call: count["done"] for call, count in circle.meta.sandbox.counts().items()}
    assert circle.read(user.link_id)["status"] == "completed"
    assert user.step(step).status == "done"
    assert done.get("register", 0) == (0 if step == "sync_coexistence" else 1)
    assert done["share_and_attach"] == len(list(circle.meta.sandbox.state.of_kind("allocation"))) == 1
    assert done.get("smb_app_data", 0) == (2 if step == "sync_coexistence" else 0)


def test_a_worker_that_comes_back_late_cannot_settle_a_step_that_was_taken_over(circle: Circle) -> None:
    user = circle.signed_up()
    stale = runner.claim(user.signup.pk, "identify_assets", timezone.now())
    assert stale is not None
    later = timezone.now() + timedelta(seconds=settings.STEP_LEASE_SECONDS + 1)
    taken = runner.claim(user.signup.pk, "identify_assets", later)
    assert taken is not None

    advance = runner.settle(stale, runner.Ending("done"))

    assert advance.ready == ()
    assert user.step("identify_assets").lease_token == taken.lease_token


def test_rate_limits_wait_as_long_as_meta_says(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("rate_limited", minutes=5, call="get_waba", times=1)

    run_due()

    waiting = user.step("save_waba")
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at > timezone.now() + timedelta(minutes=4, seconds=55)
    assert circle.read(user.link_id)["nextAction"]["deadline"]


def test_a_registration_that_must_wait_long_does_not_hold_the_completion_up(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("too_many_attempts", times=1)

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", False)
    assert link["nextAction"]["actor"] == "meta"
    waiting = user.step("register_phone").next_attempt_at
    assert waiting is not None
    assert waiting > timezone.now() + timedelta(hours=71)


def test_the_pin_of_a_number_is_asked_for_and_used(circle: Circle) -> None:
    user, made = asked_for_a_pin(circle)
    told = user.status()
    assert (told["status"], told["nextAction"]["code"]) == ("processing", "ENTER_PIN")
    assert circle.read(user.link_id)["nextAction"]["url"].endswith(f"/signup/{user.link_id}")

    assert user.call("pin", pin="654321").status_code == 202
    assert user.status()["nextAction"]["code"] == "WAIT"
    run_due()
    asked = user.status()["nextAction"]
    assert (asked["code"], asked["attemptsLeft"]) == ("ENTER_PIN", 8)
    assert user.call("pin", pin="123456").status_code == 202
    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", True)
    assert [entry.made_by for entry in RegistrationAttempt.objects.order_by("made_at")] == [
        "platform",
        "person",
        "person",
    ]
    assert made["phoneNumberId"] in circle.meta.sandbox.calls("register")[0]["path"]


def test_a_pin_that_is_put_off_completes_the_link_and_stays_open(circle: Circle) -> None:
    user, _ = asked_for_a_pin(circle)

    assert user.call("skip").status_code == 202
    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", False)
    assert link["nextAction"]["code"] == "ENTER_PIN"
    assert user.call("pin", pin="123456").status_code == 202
    run_due()
    later = circle.read(user.link_id)
    assert (later["isPhoneRegistered"], later["nextAction"]) == (True, None)


def test_a_page_that_fell_silent_does_not_hold_the_completion_up(circle: Circle) -> None:
    user, _ = asked_for_a_pin(circle)
    assert resuming.unblock_silent(timezone.now()) == []

    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PAGE_SILENT_SECONDS + 1)):
        assert resuming.unblock_silent(timezone.now()) == [(user.signup.pk, "complete_link")]
        run_due()

    assert circle.read(user.link_id)["status"] == "completed"


def test_no_pin_is_taken_while_none_is_asked(circle: Circle) -> None:
    user = circle.signed_up()

    assert user.call("pin", pin="123456").status_code == 409
    assert user.call("skip").status_code == 409


def test_retry_runs_what_operators_cured_without_the_end_user(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="get_waba", code=131009)
    run_due()
    assert circle.read(user.link_id)["nextAction"]["actor"] == "platform"
    circle.meta.sandbox.clear_scenarios()

    answer = circle.api.post(f"onboarding-links/{user.link_id}/retry")

    assert (answer.status_code, answer.json()["data"]["status"]) == (202, "processing")
    run_due()
    assert circle.read(user.link_id)["status"] == "completed"
    assert len(circle.meta.sandbox.calls("access_token")) == 1


@pytest.mark.parametrize("prepare", ["untouched", "end_user", "completed"])
def test_retry_is_refused_when_there_is_nothing_to_run(circle: Circle, prepare: str) -> None:
    user = EndUser(circle.make_link()["id"])
    if prepare == "end_user":
        user = circle.signed_up(expectedPhoneNumber="+5491155550000")
        run_due()
    if prepare == "completed":
        user, _ = circle.completed()

    answer = circle.api.post(f"onboarding-links/{user.link_id}/retry")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


def test_a_graph_that_stays_down_is_given_up_after_days(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("graph_down", call="get_waba")
    run_due()
    assert user.step("save_waba").status == "waiting"
    StepRun.objects.filter(step="save_waba").update(
        first_started_at=timezone.now() - settings.STEP_GIVE_UP_AFTER - timedelta(hours=1)
    )

    user.make_due()
    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "META_UNAVAILABLE")
    assert link["lastError"]["actor"] == "meta"


@on_postgresql
def test_two_steps_that_end_at_once_complete_the_link(circle: Circle) -> None:
    for _ in range(5):
        user = circle.signed_up()
        last = ("register_phone", "sync_coexistence")
        run_all_but(user, *last)

        results = at_once(*(partial(runner.run_step, user.signup.pk, name) for name in last))

        opened = [advance.ready for advance in results]
        assert sorted(opened) == [(), ("complete_link",)]
        run_due()
        assert circle.read(user.link_id)["status"] == "completed"


@on_postgresql
def test_ten_callbacks_at_once_make_one_signup(circle: Circle) -> None:
    link = circle.make_link()
    made = circle.meta.sandbox.sign_up()
    users = [EndUser(link["id"]) for _ in range(10)]

    answers = at_once(*(partial(user.call, "callback", code=made["code"]) for user in users))

    assert sorted(answer.status_code for answer in answers) == [202, *[409] * 9]
    assert len(circle.meta.sandbox.calls("access_token")) == 1
    run_due()
    assert Event.objects.filter(name="phone_number.connected").count() == 1


def asked_for_a_pin(circle: Circle) -> tuple[EndUser, dict[str, str]]:
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("pin_mismatch", target=made["wabaId"])
    user = EndUser(circle.make_link()["id"])
    user.bring(made)
    run_due()
    return user, made


def advance_to(user: EndUser, step: str) -> None:
    """Runs the steps that stand before `step`, and no others."""
    order = [one.name for one in pipeline.ALL_STEPS]
    for name in order[: order.index(step)]:
        runner.run_step(user.signup.pk, name)


def run_all_but(user: EndUser, *names: str) -> None:
    for step in pipeline.STEPS:
        if step.name not in names:
            runner.run_step(user.signup.pk, step.name)


def test_an_account_disconnected_meanwhile_is_not_connected_again_by_a_later_step(circle: Circle) -> None:
    user = circle.signed_up()
    for step in ("identify_assets", "save_waba"):
        runner.run_step(user.signup.pk, step)
    waba = Waba.objects.get()
    disconnect_waba(waba=waba, reason="REQUESTED", initiated_by="customer", at=timezone.now())

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "PERMISSION_MISSING")
    assert "subscribe" not in circle.meta.sandbox.counts(waba.meta_waba_id)
    assert Signup.objects.get(pk=user.signup_id).access_token is None
