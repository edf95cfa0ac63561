"""What each of Meta's codes leads to, where the pipeline can meet it: tried again, asked, or put to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.onboarding.conftest import Circle, EndUser, run_due
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)
PASSING = [1, 2, 4, 17, 32, 613, 80007, 80008, 130429, 131000, 131016, 131057, 133004, 2494100]
# The code, its subcode, what becomes of the link, and who has to move.
LASTING = [
    (3, None, "CONFIGURATION", "platform"),
    (10, None, "PERMISSION_MISSING", "end_user"),
    (200, None, "PERMISSION_MISSING", "end_user"),
    (131005, None, "PERMISSION_MISSING", "end_user"),
    (0, None, "PERMISSION_MISSING", "end_user"),
    (190, 463, "PERMISSION_MISSING", "end_user"),
    (190, 467, "PERMISSION_MISSING", "end_user"),
    (33, None, "PERMISSION_MISSING", "end_user"),
    (100, 33, "PERMISSION_MISSING", "end_user"),
    (100, None, "CONFIGURATION", "platform"),
    (131008, None, "CONFIGURATION", "platform"),
    (191, None, "CONFIGURATION", "platform"),
    (101, None, "CONFIGURATION", "platform"),
    (368, None, "META_REPORTED_ERROR", "end_user"),
    (131031, None, "META_REPORTED_ERROR", "end_user"),
    (131042, None, "META_REPORTED_ERROR", "end_user"),
    (130497, None, "META_REPORTED_ERROR", "end_user"),
]


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_is_tried_again_and_nobody_is_asked(circle: Circle, code: int) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=code, call="get_waba", times=1)
    run_due()
    assert user.step("save_waba").status == "waiting"
    assert circle.read(user.link_id)["nextAction"]["actor"] == "meta"

    user.make_due()
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"


@pytest.mark.parametrize(("code", "subcode", "expected", "actor"), LASTING)
def test_what_lasts_ends_the_signup_and_leaves_no_dead_end(
    circle: Circle, code: int, subcode: int | None, expected: str, actor: str
) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", code=code, subcode=subcode, call="get_waba", times=1)

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", expected)
    assert (link["lastError"]["actor"], link["lastError"]["step"]) == (actor, "save_waba")
    assert link["nextAction"]["actor"] == actor
    assert user.status()["error"]["code"] == expected
    if code in {368, 131031}:
        assert "Business Support" in link["lastError"]["message"]
    again = EndUser(user.link_id)
    again.bring(circle.meta.sandbox.sign_up())
    run_due()
    assert circle.read(user.link_id)["status"] == "completed"


@pytest.mark.parametrize(("code", "subcode"), [(100, 36008), (191, None), (1, None), (101, None)])
def test_an_exchange_that_our_settings_spoil_is_ours(circle: Circle, code: int, subcode: int | None) -> None:
    user = EndUser(circle.make_link()["id"])
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("error", code=code, subcode=subcode, call="access_token", times=1)

    answer = user.bring(made)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "CONFIGURATION")
    assert circle.read(user.link_id)["nextAction"]["actor"] == "platform"


def test_a_subscription_that_meta_does_not_list_is_never_believed(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("subscription_lost")
    for _ in range(4):
        run_due()
        user.make_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["step"]) == ("pending", "subscribe_app")
    assert (link["lastError"]["code"], link["nextAction"]["actor"]) == ("CONFIGURATION", "platform")
    circle.meta.sandbox.clear_scenarios()
    circle.api.post(f"onboarding-links/{user.link_id}/retry")
    run_due()
    assert circle.read(user.link_id)["status"] == "completed"
    assert Waba.objects.get().is_subscribed


def test_a_number_that_appears_a_moment_later_is_waited_for(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("no_number", times=1)
    run_due()
    assert (user.step("identify_assets").status, user.step("identify_assets").attempts) == ("waiting", 0)

    user.make_due()
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"


@pytest.mark.parametrize("order", ["sc", "c"])
def test_a_number_that_never_appears_is_asked_for(circle: Circle, order: str) -> None:
    user = circle.signed_up(order=order)
    circle.meta.sandbox.set_scenario("no_number")
    user.signup.link.signups.update(exchanged_at=timezone.now() - timedelta(seconds=7))

    run_due()

    link = circle.read(user.link_id)
    assert (link["lastError"]["code"], link["nextAction"]["code"]) == ("NO_PHONE_NUMBER", "ADD_NUMBER")
