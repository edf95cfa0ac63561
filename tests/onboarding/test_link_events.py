"""The events onboarding_link.*: each at its moment, once, with the link as the API shows it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction
from django.utils import timezone

from onboarding import link_events, overdue
from onboarding.models import OnboardingLink, Signup
from onboarding.tasks import sweep_signups
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.onboarding.lost import clicked
from tests.wabas.world import at_once, on_postgresql
from webhooks.catalogue import DATA, EXAMPLES
from webhooks.models import Delivery, Event
from webhooks.services import create_webhook

pytestmark = pytest.mark.django_db(transaction=True)
HALF_AN_HOUR = timedelta(minutes=30, seconds=1)


@pytest.fixture(autouse=True)
def _told_as_published() -> Iterator[None]:
    """Whatever a test lets happen, each event's data is what the catalogue says."""
    yield
    for event in Event.objects.filter(name__startswith="onboarding_link."):
        schema = jsonschema_rs.Draft202012Validator(DATA[event.name], validate_formats=True)
        data = json.loads(bytes(event.body))["data"]
        assert [error.message for error in schema.iter_errors(data)] == []
        assert [*data] == [*EXAMPLES[event.name]]


def stored(link_id: str, *names: str) -> list[dict[str, Any]]:
    """The data of the link's events of these names, oldest first."""
    wanted = [f"onboarding_link.{name}" for name in names]
    events = Event.objects.filter(name__in=wanted).order_by("created_at", "id")
    bodies = [json.loads(bytes(event.body)) for event in events]
    return [body["data"] for body in bodies if body["data"]["onboardingLinkId"] == link_id]


def names_of(link_id: str) -> list[str]:
    events = Event.objects.filter(name__startswith="onboarding_link.").order_by("created_at", "id")
    mine = [event for event in events if link_id in bytes(event.body).decode()]
    return [event.name.removeprefix("onboarding_link.") for event in mine]


def test_a_signup_is_told_from_the_first_look_to_the_end(circle: Circle) -> None:
    user = clicked(circle, externalId="customer-123")
    user.call("opened")
    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    assert names_of(user.link_id) == ["opened", "completed"]
    [opened] = stored(user.link_id, "opened")
    assert opened == {
        "onboardingLinkId": user.link_id,
        "externalId": "customer-123",
        "status": "pending",
        "step": None,
        "lastError": None,
        "nextAction": {
            "actor": "end_user",
            "code": "OPEN_LINK",
            "message": "The end-user has to open the link.",
            "url": f"http://localhost:8000/signup/{user.link_id}",
        },
    }
    [completed] = stored(user.link_id, "completed")
    assert (completed["status"], completed["nextAction"]) == ("completed", None)


@pytest.mark.parametrize(
    ("choice", "code", "step"),
    [("cancel", "CANCELLED", "PHONE_NUMBER_SETUP"), ("error", "META_REPORTED_ERROR", None)],
)
def test_leaving_metas_window_is_told_with_its_screen_and_once(
    circle: Circle, choice: str, code: str, step: str | None
) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up(choice)
    user.bring(made)
    shown = circle.read(user.link_id)
    user.bring(made)
    overdue.tell_abandoned(timezone.now() + HALF_AN_HOUR)

    [told] = stored(user.link_id, "abandoned")
    assert (told["status"], told["step"], told["lastError"]["code"]) == ("pending", step, code)
    assert told["lastError"] == shown["lastError"]
    assert told["nextAction"] == shown["nextAction"]


def test_a_window_that_brought_nothing_in_half_an_hour_is_told_once_a_signup(circle: Circle) -> None:
    user = clicked(circle)
    again = EndUser(user.link_id)
    again.call("start")

    told = [overdue.tell_abandoned(timezone.now() + wait) for wait in (HALF_AN_HOUR / 2, HALF_AN_HOUR)]
    overdue.tell_abandoned(timezone.now() + 2 * HALF_AN_HOUR)

    assert told == [0, 2]
    assert [data["lastError"] for data in stored(user.link_id, "abandoned")] == [None, None]


def test_a_window_of_long_ago_is_no_news(circle: Circle) -> None:
    clicked(circle)

    assert overdue.tell_abandoned(timezone.now() + timedelta(hours=25)) == 0


@pytest.mark.parametrize("came", ["code", "failed code", "nobody clicked"])
def test_what_was_not_left_is_not_told_as_left(circle: Circle, came: str) -> None:
    user = EndUser(circle.make_link()["id"])
    user.call("opened")
    if came != "nobody clicked":
        user.call("start")
        if came == "failed code":
            circle.meta.sandbox.set_scenario("code_used", times=1)
        user.bring(circle.meta.sandbox.sign_up("no_message"))

    assert overdue.tell_abandoned(timezone.now() + HALF_AN_HOUR) == 0


def test_a_failed_exchange_is_told_as_failed(circle: Circle) -> None:
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("code_expired", times=1)

    user.bring(circle.meta.sandbox.sign_up())

    assert names_of(user.link_id) == ["opened", "failed"]
    [told] = stored(user.link_id, "failed")
    assert (told["status"], told["step"], told["lastError"]["code"]) == ("pending", None, "CODE_EXPIRED")


def test_a_failed_step_is_told_with_its_name_and_whose_turn_it_is(circle: Circle) -> None:
    user = clicked(circle, expectedPhoneNumber="+5491155550000")

    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    assert names_of(user.link_id) == ["opened", "failed", "needs_action"]
    failed, asked = stored(user.link_id, "failed", "needs_action")
    assert (failed["step"], failed["lastError"]["code"]) == ("identify_assets", "WRONG_NUMBER")
    assert asked["nextAction"] == failed["nextAction"] == circle.read(user.link_id)["nextAction"]
    assert asked["nextAction"]["code"] == "SIGN_UP_AGAIN"


def test_a_failure_that_is_ours_to_cure_asks_nobody(circle: Circle) -> None:
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("error", call="get_waba", code=131009)

    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    assert names_of(user.link_id) == ["opened", "failed"]
    assert stored(user.link_id, "failed")[0]["nextAction"]["code"] == "WAIT"


def test_each_failure_of_a_link_is_told(circle: Circle) -> None:
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("error", call="get_waba", code=131009)
    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    assert circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code == 202
    run_due()
    circle.meta.sandbox.clear_scenarios()
    assert circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code == 202
    run_due()

    assert names_of(user.link_id) == ["opened", "failed", "failed", "completed"]


def test_a_pin_is_asked_for_each_time_it_is_a_persons_turn(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("pin_mismatch", target=made["wabaId"])
    user.bring(made)
    run_due()
    user.call("pin", pin="654321")
    run_due()
    user.call("pin", pin="123456")
    run_due()

    assert names_of(user.link_id) == ["opened", "needs_action", "needs_action", "completed"]
    asked = stored(user.link_id, "needs_action")
    assert [data["nextAction"]["code"] for data in asked] == ["ENTER_PIN", "ENTER_PIN"]
    assert {data["status"] for data in asked} == {"processing"}


def test_a_pin_that_was_put_off_is_not_asked_for_anew_by_the_completion(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("pin_mismatch", target=made["wabaId"])
    user.bring(made)
    run_due()
    user.call("skip")
    run_due()

    assert names_of(user.link_id) == ["opened", "needs_action", "completed"]
    assert stored(user.link_id, "completed")[0]["nextAction"]["code"] == "ENTER_PIN"


def test_waiting_for_meta_asks_nobody(circle: Circle) -> None:
    user = clicked(circle)
    circle.meta.sandbox.set_scenario("too_many_attempts", times=1)

    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    assert names_of(user.link_id) == ["opened", "completed"]


@pytest.mark.parametrize(
    ("before", "now", "is_told"),
    [
        (("platform", "WAIT"), ("end_user", "ENTER_PIN"), True),
        (("end_user", "ENTER_PIN"), ("end_user", "VERIFY_NUMBER"), False),
        (("end_user", "ENTER_PIN"), ("customer", "RECONNECT"), True),
        (("platform", "WAIT"), ("end_user", "WAIT"), False),
        (("platform", "WAIT"), ("platform", "CONFIGURATION"), False),
        (("platform", "WAIT"), None, False),
        (None, ("end_user", "ENTER_PIN"), True),
    ],
)
def test_a_person_is_asked_when_the_turn_passes_to_them(
    circle: Circle, before: tuple[str, str] | None, now: tuple[str, str] | None, is_told: bool
) -> None:
    link = OnboardingLink.objects.get(pk=circle.make_link()["id"])
    link.status, link.next_action = "processing", action_of(now)

    with transaction.atomic():
        link_events.tell_whose_turn(link, action_of(before), timezone.now())

    assert names_of(str(link.pk)) == ["needs_action"] * is_told


def action_of(given: tuple[str, str] | None) -> dict[str, str] | None:
    return {"actor": given[0], "code": given[1], "message": "Something."} if given else None


def test_a_link_expires_once_and_at_its_time(circle: Circle) -> None:
    link = circle.make_link(expiresAt="2099-01-01T00:00:00.000Z")
    OnboardingLink.objects.update(expires_at=timezone.now() + timedelta(minutes=1))

    told = [overdue.tell_expired(timezone.now() + timedelta(seconds=wait)) for wait in (59, 61, 62)]

    assert told == [0, 1, 0]
    OnboardingLink.objects.update(expires_at=timezone.now())
    sweep_signups()
    assert names_of(link["id"]) == ["expired"]


def test_an_expired_link_says_so(circle: Circle) -> None:
    link = circle.make_link()
    OnboardingLink.objects.update(expires_at=timezone.now())

    sweep_signups()

    [told] = stored(link["id"], "expired")
    shown = circle.read(link["id"])
    assert (told["status"], told["nextAction"]["code"]) == ("expired", "LINK_EXPIRED")
    assert (shown["status"], shown["nextAction"]) == (told["status"], told["nextAction"])


@pytest.mark.parametrize("finish", [True, False])
def test_a_link_that_runs_or_is_completed_does_not_expire(circle: Circle, finish: bool) -> None:
    circle.signed_up()
    if finish:
        run_due()
    OnboardingLink.objects.update(expires_at=timezone.now())

    assert overdue.tell_expired(timezone.now()) == 0


def test_before_the_completion_the_whole_organizations_webhooks_alone_are_told(circle: Circle) -> None:
    everywhere = create_webhook(organization=circle.api.organization, url="http://127.0.0.1:9/", events=["*"])
    user = clicked(
        circle,
        webhookUrl="http://127.0.0.1:9009/hook",
        webhookEvents=["onboarding_link.opened", "onboarding_link.completed", "onboarding_link.needs_action"],
    )
    user.bring(circle.meta.sandbox.sign_up())
    run_due()

    own = OnboardingLink.objects.get(pk=user.link_id).outgoing_webhook
    assert sent_to(own) == ["onboarding_link.completed"]
    assert sent_to(everywhere) == [
        "onboarding_link.opened",
        "phone_number.connected",
        "onboarding_link.completed",
    ]


def sent_to(webhook: Any) -> list[str]:
    rows = Delivery.objects.filter(webhook=webhook).order_by("event__created_at", "event_id")
    return [delivery.event.name for delivery in rows.select_related("event")]


def test_a_later_signup_that_fails_does_not_fail_the_link_that_another_runs_for(circle: Circle) -> None:
    late = clicked(circle)
    Signup.objects.filter(pk=late.signup_id).update(
        state="exchanging", code_hash="x" * 64, exchanged_at=timezone.now() - timedelta(minutes=9)
    )
    user = EndUser(late.link_id)
    user.bring(circle.meta.sandbox.sign_up())

    overdue.fail_unanswered(timezone.now())

    assert late.signup.state == "failed"
    assert circle.read(user.link_id)["status"] == "processing"
    run_due()
    assert names_of(user.link_id) == ["opened", "completed"]


@on_postgresql
@pytest.mark.parametrize("what", ["opened", "abandoned", "abandoned by time", "expired", "failed"])
def test_ten_at_once_tell_once(circle: Circle, what: str) -> None:
    user = EndUser(circle.make_link()["id"])
    calls: dict[str, Callable[[], Any]] = {
        "opened": partial(user.call, "opened"),
        "abandoned": partial(user.call, "session", event="CANCEL", data={"current_step": "PERMISSIONS"}),
        "abandoned by time": partial(overdue.tell_abandoned, timezone.now() + HALF_AN_HOUR),
        "expired": sweep_signups,
        "failed": sweep_signups,
    }
    if what != "opened":
        user.call("start")
    if what == "expired":
        OnboardingLink.objects.update(expires_at=timezone.now())
    if what == "failed":
        Signup.objects.update(session_event="FINISH", session_at=timezone.now() - timedelta(minutes=5))

    results = at_once(*[calls[what]] * 10)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert names_of(user.link_id) == [what.partition(" ")[0]]
