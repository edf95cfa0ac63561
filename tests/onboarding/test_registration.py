"""Putting a number on the Cloud API: its PIN, Meta's waits, and the ten calls in 72 hours."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from phones.models import PhoneNumber, RegistrationAttempt
from phones.registration import LIMITS, WINDOW, Maker, attempts_left, next_attempt_at
from tests.onboarding.conftest import Circle, EndUser, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def registrations(circle: Circle) -> int:
    return len(circle.meta.sandbox.calls("register"))


def outcomes() -> list[str | None]:
    return list(RegistrationAttempt.objects.order_by("made_at").values_list("outcome", flat=True))


def asked_now(user: EndUser) -> str:
    return str(user.status()["nextAction"]["code"])


def in_time(**later: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**later))


def test_the_pin_is_stored_before_meta_is_asked_and_kept_for_the_next_try(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("graph_down", how="reset", call="register", times=1)
    run_due()
    kept = PhoneNumber.objects.get().pin
    assert kept

    user.make_due()
    run_due()

    phone = PhoneNumber.objects.get()
    assert phone.pin == kept == circle.meta.sandbox.state.objects[phone.meta_phone_number_id]["pin"]
    assert registrations(circle) == 2


def test_a_registration_without_an_answer_is_left_to_end_before_meta_is_asked_again(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("graph_down", how="reset", call="register", times=1)

    run_due()

    again = user.step("register_phone").next_attempt_at
    assert again is not None
    assert again - timezone.now() > timedelta(seconds=settings.META_REQUEST_TIMEOUT - 1)


def test_a_pin_of_an_earlier_signup_is_tried_once_and_then_asked_for(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    EndUser(circle.make_link()["id"]).bring(made)
    run_due()
    phone = PhoneNumber.objects.get()
    # Released, and given another PIN by somebody else.
    released = {"platform_type": "NOT_APPLICABLE", "status": "DISCONNECTED", "pin": "999999"}
    circle.meta.change(phone.meta_phone_number_id, **released)
    user = EndUser(circle.make_link()["id"])
    user.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))

    run_due()

    assert asked_now(user) == "ENTER_PIN"
    assert registrations(circle) == 2
    assert PhoneNumber.objects.get().pin == phone.pin
    user.call("pin", pin="999999")
    run_due()
    assert circle.read(user.link_id)["isPhoneRegistered"] is True
    assert registrations(circle) == 3


def test_a_deregistration_that_broke_off_is_finished_once(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("deregistration_incomplete", target=made["phoneNumberId"])
    user = EndUser(circle.make_link()["id"])
    user.bring(made)

    run_due()
    user.make_due()
    run_due()

    assert circle.read(user.link_id)["isPhoneRegistered"] is True
    assert len(circle.meta.sandbox.calls("deregister")) == 1
    assert outcomes() == ["deregistered", "registered"]


def test_a_deregistration_is_not_finished_again_and_again(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=133000, call="register", times=3)

    for _ in range(4):
        run_due()
        user.make_due()

    assert len(circle.meta.sandbox.calls("deregister")) == 1
    assert circle.read(user.link_id)["isPhoneRegistered"] is True


def test_nothing_is_registered_twice_when_the_deregistration_fails(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=133000, call="register", times=1)
    circle.meta.sandbox.set_scenario("error", code=80007, call="deregister", times=1)

    run_due()

    assert (user.step("register_phone").status, registrations(circle)) == ("waiting", 1)
    user.make_due()
    run_due()
    assert registrations(circle) == 2


@pytest.mark.parametrize("code", [133008, 133009])
def test_too_many_wrong_pins_wait_as_meta_says_and_then_ask(circle: Circle, code: int) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("pin_tries", code=code, minutes=90, times=1)

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", False)
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("meta", "WAIT")
    assert link["nextAction"]["deadline"] > (timezone.now() + timedelta(minutes=89)).isoformat()
    assert user.call("pin", pin="123456").status_code == 409
    with in_time(minutes=91):
        run_due()
        assert asked_now(user) == "ENTER_PIN"
        assert registrations(circle) == 1
        user.call("pin", pin="123456")
        run_due()
    assert circle.read(user.link_id)["isPhoneRegistered"] is True


def test_a_number_that_was_just_released_waits_five_minutes(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("just_deleted", times=1)

    run_due()

    link = circle.read(user.link_id)
    waiting = user.step("register_phone").next_attempt_at
    assert link["status"] == "completed"
    assert link["nextAction"]["code"] == "WAIT"
    assert waiting is not None
    assert waiting >= timezone.now() + timedelta(minutes=4, seconds=59)
    with in_time(minutes=7):
        run_due()
    assert circle.read(user.link_id)["isPhoneRegistered"] is True


def test_after_too_many_attempts_nobody_calls_before_the_time(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    user = EndUser(circle.make_link()["id"])
    user.bring(made)
    circle.meta.sandbox.set_scenario("too_many_attempts", times=1)
    run_due()
    link = circle.read(user.link_id)

    retried = circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code
    by_hand = circle.api.post(f"phones/{link['phoneNumberId']}/register", {"pin": "123456"})
    again = EndUser(circle.make_link()["id"])
    again.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))
    run_due()

    phone = PhoneNumber.objects.get()
    assert registrations(circle) == 1
    assert (retried, by_hand.status_code) == (409, 409)
    assert by_hand.json()["error"]["retryAt"] > (timezone.now() + timedelta(hours=71)).isoformat()
    assert circle.read(again.link_id)["nextAction"]["deadline"]
    assert [attempts_left(phone, timezone.now(), made_by=maker) for maker in Maker] == [0, 0]
    with in_time(hours=72, minutes=1):
        run_due()
    assert circle.read(user.link_id)["isPhoneRegistered"] is True


def test_the_last_three_of_ten_are_for_people(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=2, call="register")

    for _ in range(LIMITS[Maker.PLATFORM] + 3):
        run_due()
        user.make_due()

    phone = PhoneNumber.objects.get()
    assert registrations(circle) == LIMITS[Maker.PLATFORM] == 7
    assert attempts_left(phone, timezone.now(), made_by=Maker.PERSON) == 3
    assert next_attempt_at(phone, timezone.now()) > timezone.now() + WINDOW - timedelta(minutes=1)
    assert circle.read(user.link_id)["nextAction"]["deadline"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ("Two-step verification PIN does not match.", "ENTER_PIN"),
        ("The account is locked.", "META_REPORTED_ERROR"),
    ],
)
def test_a_locked_account_and_a_wrong_pin_share_a_code(circle: Circle, details: str, code: str) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=131031, call="register", details=details, times=1)

    run_due()

    action = circle.read(user.link_id)["nextAction"]
    assert (action["code"], action["actor"]) == (code, "end_user")
