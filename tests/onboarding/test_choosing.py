"""Which account and number a signup is about: the browser chooses among what Meta lists, nothing else."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from phones.models import PhoneNumber
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.onboarding.registered.world import pool, verified
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)
EXPECTED = "+5491155551234"


def signed(circle: Circle, made: dict[str, Any], *, order: str = "sc", **body: Any) -> EndUser:
    user = EndUser(circle.make_link(**body)["id"])
    user.bring(made, order=order)
    return user


def add_number(circle: Circle, like: dict[str, Any], **fields: Any) -> str:
    """Another number in the account of `like`."""
    node = dict(circle.meta.sandbox.state.objects[like["phoneNumberId"]])
    del node["kind"], node["id"]
    return str(circle.meta.sandbox.state.add("phone_number", **node | fields)["id"])


def connected() -> str:
    return PhoneNumber.objects.get().meta_phone_number_id


@pytest.mark.parametrize("whose", ["another account of the token", "a stranger", "nobody"])
def test_a_number_that_the_account_does_not_list_is_not_believed(circle: Circle, whose: str) -> None:
    made = circle.meta.sandbox.sign_up()
    other = circle.meta.sandbox.sign_up()
    named = "999999999999999" if whose == "nobody" else other["phoneNumberId"]
    if whose == "another account of the token":
        with circle.meta.sandbox.state as state:
            for token in state.tokens.values():
                token["wabas"] = [made["wabaId"], other["wabaId"]]
    made["session"]["data"]["phone_number_id"] = named
    user = signed(circle, made)

    run_due()
    early = circle.read(user.link_id)["status"]
    with time_machine.travel(timezone.now() + timedelta(seconds=8)):
        user.make_due()
        run_due()

    link = circle.read(user.link_id)
    assert early == "processing"  # it may only be late
    assert (link["status"], link["lastError"]["code"]) == ("pending", "WABA_MISMATCH")
    assert (Waba.objects.count(), PhoneNumber.objects.count()) == (0, 0)


def test_a_named_number_is_taken_among_several(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    second = add_number(circle, made, display_phone_number="+54 9 11 5555-0002")
    made["session"]["data"]["phone_number_id"] = second
    signed(circle, made)

    run_due()

    assert connected() == second


def test_another_number_than_the_expected_one_is_refused_although_that_one_is_there(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    add_number(circle, made, display_phone_number=EXPECTED)
    user = signed(circle, made, expectedPhoneNumber=EXPECTED)

    run_due()

    assert circle.read(user.link_id)["lastError"]["code"] == "WRONG_NUMBER"
    assert (Waba.objects.count(), PhoneNumber.objects.count()) == (0, 0)


def test_the_expected_number_is_taken_where_the_browser_named_none(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    expected = add_number(circle, made, display_phone_number="+54 9 11 5555-1234", status="CONNECTED")
    user = signed(circle, made, order="c", expectedPhoneNumber=EXPECTED)

    run_due()

    assert (connected(), circle.read(user.link_id)["status"]) == (expected, "completed")


def test_the_registered_number_is_taken_where_the_browser_named_none(circle: Circle) -> None:
    number = verified(circle.api)
    made = circle.meta.sandbox.sign_up(preverified_id=pool(circle.meta)[0]["id"])
    circle.meta.change(made["phoneNumberId"], status="CONNECTED")
    add_number(circle, made, display_phone_number="+34 612000002", status="PENDING")
    user = signed(circle, made, order="c", registeredNumberId=number["id"])

    run_due()

    assert (connected(), circle.read(user.link_id)["status"]) == (made["phoneNumberId"], "completed")


def test_a_new_and_proven_number_goes_before_others(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    circle.meta.change(made["phoneNumberId"], code_verification_status="NOT_VERIFIED")
    proven = add_number(
        circle, made, code_verification_status="VERIFIED", display_phone_number="+34 612000002"
    )
    signed(circle, made, order="c")

    run_due()

    assert connected() == proven


def test_the_token_and_the_numbers_are_read_at_once(circle: Circle) -> None:
    circle.meta.sandbox.set_scenario("slow", ms=300, call="debug_token")
    circle.meta.sandbox.set_scenario("slow", ms=300, call="phone_numbers")
    circle.signed_up()

    run_due()

    [token], [numbers] = (circle.meta.sandbox.calls(name) for name in ("debug_token", "phone_numbers"))
    assert numbers["at"] < token["at"] + token["durationMs"] / 1000


def test_what_the_token_says_comes_before_what_the_account_says(circle: Circle) -> None:
    made, other = circle.meta.sandbox.sign_up(), circle.meta.sandbox.sign_up()
    made["session"]["data"]["waba_id"] = other["wabaId"]  # its numbers are refused to this token
    user = signed(circle, made)

    run_due()

    assert circle.read(user.link_id)["lastError"]["code"] == "WABA_MISMATCH"
