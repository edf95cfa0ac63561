"""A Solution Partner's signup: our system user and our credit line, apart from "connected"."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.onboarding.conftest import Circle, EndUser, run_due
from wabas.credit_claims import doubt
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def credit_line(settings: Any) -> None:
    """Before `circle`, whose sandbox is told of it."""
    settings.META_CREDIT_LINE_ID = "1900000000000001"


def allocations(circle: Circle) -> int:
    return len(list(circle.meta.sandbox.state.of_kind("allocation")))


def credit_of(circle: Circle, link: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = circle.api.get(f"wabas/{link['wabaId']}").json()["data"]["creditLine"]
    return shown


@pytest.mark.parametrize("method", ["share_and_attach", "share_then_attach"])
def test_a_partners_signup_manages_the_waba_and_pays_for_it(
    circle: Circle, settings: Any, method: str
) -> None:
    settings.META_CREDIT_METHOD = method

    user, link = circle.completed()

    assert (user.step("assign_system_user").status, user.step("share_credit_line").status) == ("done", "done")
    waba = Waba.objects.get()
    node = circle.meta.sandbox.state.objects[waba.meta_waba_id]
    assert node["assigned_users"] == {settings.META_SYSTEM_USER_ID: ["MANAGE"]}
    assert credit_of(circle, link)["status"] == "verified"
    assert link["nextAction"] is None
    assert allocations(circle) == 1


def test_a_user_that_meta_does_not_list_is_not_believed(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("no_number", call="assigned_users", times=1)  # an empty list

    run_due()

    assert user.step("assign_system_user").status == "waiting"
    user.make_due()
    run_due()
    assert user.step("assign_system_user").status == "done"
    assert circle.read(user.link_id)["status"] == "completed"


def test_a_system_user_that_is_refused_does_not_hold_the_completion_up(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=200, call="assign_user")

    run_due()

    link = circle.read(user.link_id)
    assert link["status"] == "completed"
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("platform", "CONFIGURATION")
    assert user.step("share_credit_line").status == "waiting"
    assert allocations(circle) == 0
    circle.meta.sandbox.clear_scenarios()
    assert circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code == 202
    run_due()
    assert credit_of(circle, link)["status"] == "verified"
    assert circle.read(user.link_id)["nextAction"] is None


@pytest.mark.parametrize("code", [131042, 200])
def test_a_refused_credit_line_is_apart_from_connected(circle: Circle, code: int) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("credit_refused", code=code)

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", True)
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("platform", "CREDIT_REFUSED")
    assert credit_of(circle, link)["status"] == "refused"
    shown = next(step for step in link["progress"] if step["step"] == "share_credit_line")
    assert (shown["status"], shown["error"]["meta"]["code"]) == ("failed", code)
    circle.meta.sandbox.clear_scenarios()
    circle.api.post(f"onboarding-links/{user.link_id}/retry")
    run_due()
    assert credit_of(circle, circle.read(user.link_id))["status"] == "verified"
    assert allocations(circle) == 1


def test_a_currency_without_credit_is_the_customers_to_arrange(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("currency_refused")

    run_due()

    link = circle.read(user.link_id)
    assert link["status"] == "completed"
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("customer", "UNSUPPORTED_CURRENCY")
    assert "BRL" in link["nextAction"]["message"]
    assert credit_of(circle, link)["status"] == "unsupported_currency"
    assert circle.meta.sandbox.calls("share_and_attach") == []


def test_a_lost_answer_shares_nothing_twice(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("reset_after_work", call="share_and_attach", times=1)
    run_due()
    assert user.step("share_credit_line").status == "waiting"

    user.make_due()
    run_due()
    too_early = user.step("share_credit_line")
    with time_machine.travel(timezone.now() + doubt() + timedelta(seconds=5)):
        run_due()

    assert too_early.status == "waiting"
    assert user.step("share_credit_line").status == "done"
    assert credit_of(circle, circle.read(user.link_id))["status"] == "verified"
    assert (allocations(circle), len(circle.meta.sandbox.calls("share_and_attach"))) == (1, 1)


def test_a_line_that_meta_never_shows_is_put_to_us(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("reset_after_work", call="share_and_attach", times=1)
    run_due()
    circle.meta.change(Waba.objects.get().meta_waba_id, primary_funding_id=None)

    with time_machine.travel(timezone.now() + doubt() + timedelta(seconds=5)):
        for _ in range(6):
            run_due()
            user.make_due()

    link = circle.read(user.link_id)
    assert (link["status"], credit_of(circle, link)["status"]) == ("completed", "shared")
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("platform", "CREDIT_NOT_VERIFIED")
    assert allocations(circle) == 1


def test_the_same_waba_again_is_not_shared_again(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    for _ in range(2):
        user = EndUser(circle.make_link()["id"])
        user.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))
        run_due()

    assert user.step("share_credit_line").status == "done"
    assert allocations(circle) == 1


def test_without_a_credit_line_nothing_is_asked(circle: Circle, settings: Any) -> None:
    settings.META_CREDIT_LINE_ID = ""

    user, _ = circle.completed()

    assert (user.step("assign_system_user").status, user.step("share_credit_line").status) == (
        "skipped",
        "skipped",
    )
    assert circle.meta.sandbox.calls("assign_user") == circle.meta.sandbox.calls("allocations") == []
