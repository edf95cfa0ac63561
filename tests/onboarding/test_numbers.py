"""A signup without a number: the page adds one, or finds one, and the link goes on."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from onboarding.models import OnboardingLink
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.onboarding.adding import CODE, E164, NEW, add, calls, code_of, without_number
from tests.onboarding.conftest import Circle, EndUser, run_due
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_signup_without_a_number_waits_for_one_with_its_token(circle: Circle) -> None:
    user = without_number(circle, redirectUrl="https://myapp.com/cb")

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "NO_PHONE_NUMBER")
    assert (link["nextAction"]["code"], link["nextAction"]["actor"]) == ("ADD_NUMBER", "end_user")
    assert link["nextAction"]["url"].endswith(f"/signup/{user.link_id}")
    told = user.status()
    assert (told["status"], told["nextAction"]["code"]) == ("pending", "ADD_NUMBER")
    assert user.signup.access_token
    assert user.signup.meta_waba_id
    assert Waba.objects.count() == PhoneNumber.objects.count() == 0


def test_a_number_is_added_proven_and_connected(circle: Circle) -> None:
    user = without_number(circle)

    assert add(user).status_code == 202
    asked = user.status()
    verified = user.call("verify-code", code="246-810")
    run_due()

    assert (asked["status"], asked["nextAction"]["code"]) == ("pending", "VERIFY_NUMBER")
    assert asked["nextAction"]["codeSentAt"]
    assert verified.status_code == 202
    assert verified.json()["status"] == "processing"
    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"], link["phoneNumber"]) == ("completed", True, E164)
    assert (link["lastError"], link["nextAction"]) == (None, None)
    assert calls(circle, "access_token") == 1
    sent = circle.meta.sandbox.calls("request_code")
    assert [call["body"] for call in sent] == [{"code_method": "SMS", "language": "en_US"}]


@pytest.mark.parametrize("call", ["add_phone_number", "request_code", "verify_code"])
def test_an_answer_that_is_lost_does_nothing_twice(circle: Circle, call: str) -> None:
    user = without_number(circle)
    circle.meta.sandbox.set_scenario("reset_after_work", call=call, times=1)

    first = add(user)
    if call == "request_code":
        assert first.status_code == 502
        assert user.call("request-code", method="VOICE").status_code == 202
    else:
        assert first.status_code == 202
    assert user.call("verify-code", code=CODE).status_code == 202
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"
    assert calls(circle, "add_phone_number") == calls(circle, "verify_code") == 1


def test_the_page_may_repeat_a_call(circle: Circle) -> None:
    user = without_number(circle)

    answers = [add(user).status_code for _ in range(3)]

    assert answers == [202] * 3
    assert (calls(circle, "add_phone_number"), calls(circle, "request_code")) == (1, 1)


def test_a_number_in_use_elsewhere_is_said_and_another_may_be_given(circle: Circle) -> None:
    taken = circle.meta.sandbox.sign_up()["phoneNumber"]
    user = without_number(circle)

    refused = add(user, taken)
    still = user.status()["nextAction"]["code"]
    another = add(user)

    assert code_of(refused) == (422, "NUMBER_IN_USE")
    assert still == "ADD_NUMBER"
    assert another.status_code == 202


def test_a_number_that_was_mistyped_can_be_given_anew(circle: Circle) -> None:
    user = without_number(circle)
    add(user, "+54 9 11 5555-9999")

    assert add(user).status_code == 202
    assert user.call("verify-code", code=CODE).status_code == 202
    run_due()

    assert circle.read(user.link_id)["phoneNumber"] == E164
    assert PhoneNumber.objects.count() == 1


def test_a_mistyped_number_is_never_connected_by_a_look(circle: Circle) -> None:
    user = without_number(circle)
    add(user, "+54 9 11 5555-9999")

    circle.api.post(f"onboarding-links/{user.link_id}/retry")
    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "NO_PHONE_NUMBER")
    assert PhoneNumber.objects.count() == 0


def test_another_number_than_the_expected_one_is_not_even_added(circle: Circle) -> None:
    user = without_number(circle, expectedPhoneNumber="+5491155550000")

    assert code_of(add(user)) == (422, "WRONG_NUMBER")
    assert calls(circle, "add_phone_number") == 0
    assert add(user, "+54 9 11 5555-0000").status_code == 202


@pytest.mark.parametrize("code", [136021, 200, 131009])
def test_what_meta_refuses_is_said_with_metas_numbers(circle: Circle, code: int) -> None:
    user = without_number(circle)
    circle.meta.sandbox.set_scenario("error", code=code, call="add_phone_number", message="No.")

    refused = add(user)

    assert code_of(refused) == (422, "NUMBER_IN_USE" if code == 136021 else "META_REFUSED")
    assert refused.json()["error"]["meta"]["code"] == code


@pytest.mark.parametrize("call", ["phone_numbers", "add_phone_number", "request_code", "verify_code"])
def test_a_graph_that_is_down_is_not_the_persons_fault(circle: Circle, call: str) -> None:
    user = without_number(circle)
    if call == "verify_code":
        add(user)
    circle.meta.sandbox.set_scenario("graph_down", call=call)

    answer = user.call("verify-code", code=CODE) if call == "verify_code" else add(user)

    assert code_of(answer) == (502, "META_ERROR")


@pytest.mark.parametrize("how", ["check", "retry"])
def test_a_number_added_in_whatsapp_manager_is_found(circle: Circle, how: str) -> None:
    user = without_number(circle)
    in_manager(circle, user)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        answer = (
            user.call("check")
            if how == "check"
            else circle.api.post(f"onboarding-links/{user.link_id}/retry")
        )
        run_due()

    assert answer.status_code == 202
    link = circle.read(user.link_id)
    assert (link["status"], link["phoneNumber"]) == ("completed", E164)
    assert calls(circle, "access_token") == 1


def test_a_look_that_finds_nothing_asks_on_and_looks_are_not_for_free(circle: Circle) -> None:
    user = without_number(circle)
    too_soon = user.call("check")

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        answer = user.call("check")
        run_due()

    assert code_of(too_soon) == (429, "RATE_LIMITED")
    assert 50 <= int(too_soon["Retry-After"]) <= 60
    assert answer.status_code == 202
    assert user.status()["nextAction"]["code"] == "ADD_NUMBER"
    assert circle.read(user.link_id)["lastError"]["code"] == "NO_PHONE_NUMBER"


def test_a_second_sign_in_with_a_number_works_too(circle: Circle) -> None:
    user = without_number(circle)
    again = EndUser(user.link_id)

    again.bring(circle.meta.sandbox.sign_up())
    refused = add(user)
    run_due()

    assert code_of(refused) == (409, "CONFLICT")
    assert circle.read(user.link_id)["status"] == "completed"
    assert user.signup.access_token is None


@pytest.mark.parametrize("name", ["number", "request-code", "verify-code", "check"])
def test_nothing_is_taken_while_nothing_is_asked(circle: Circle, name: str) -> None:
    body = {
        "number": {"phoneNumber": NEW, "displayName": "Café", "method": "SMS"},
        "request-code": {"method": "SMS"},
        "verify-code": {"code": CODE},
        "check": {},
    }[name]
    running = circle.signed_up()
    done, _ = circle.completed()
    failed = circle.signed_up(expectedPhoneNumber="+5491155550000")
    run_due()
    stranger = EndUser(running.link_id)

    assert [code_of(user.call(name, **body)) for user in (running, done, failed)] == [(409, "CONFLICT")] * 3
    assert code_of(stranger.call(name, **body)) == (404, "NOT_FOUND")


def test_an_expired_link_takes_no_number(circle: Circle) -> None:
    user = without_number(circle)
    OnboardingLink.objects.update(expires_at=timezone.now())

    assert code_of(add(user)) == (409, "LINK_EXPIRED")
    assert user.status()["nextAction"] is None
    assert circle.read(user.link_id)["nextAction"]["code"] == "LINK_EXPIRED"


def test_leaving_a_second_window_does_not_take_the_question_back(circle: Circle) -> None:
    user = without_number(circle)
    EndUser(user.link_id).call("session", **circle.meta.sandbox.sign_up("cancel")["session"])

    assert circle.read(user.link_id)["nextAction"]["code"] == "ADD_NUMBER"
    assert add(user).status_code == 202


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("number", {"phoneNumber": "12", "displayName": "x", "method": "SMS"}, "phoneNumber"),
        ("number", {"phoneNumber": NEW, "displayName": "", "method": "SMS"}, "displayName"),
        ("number", {"phoneNumber": NEW, "displayName": "x", "method": "FAX"}, "method"),
        ("number", {"phoneNumber": NEW, "displayName": "x"}, "method"),
        ("request-code", {}, "method"),
        ("verify-code", {"code": "abc"}, "code"),
        ("verify-code", {}, "code"),
        ("check", {"more": 1}, "more"),
    ],
)
def test_bad_input_names_the_field(circle: Circle, name: str, body: dict[str, Any], field: str) -> None:
    user = without_number(circle)

    answer = user.call(name, **body)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["details"]] == [field]


def test_the_new_calls_need_the_csrf_token_and_a_known_link(circle: Circle) -> None:
    link = circle.make_link()
    strict = Client(enforce_csrf_checks=True)
    for name in ("number", "request-code", "verify-code", "check"):
        body = {"signupId": str(uuid.uuid4())}
        path = f"/signup/{link['id']}/{name}"
        assert strict.post(path, body, content_type="application/json").status_code == 403
        assert strict.get(path).status_code == 405


def test_a_number_of_an_account_that_another_organization_has_is_not_asked_for(
    circle: Circle, stranger: Api
) -> None:
    made = circle.meta.sandbox.sign_up()
    theirs = EndUser(stranger.post("onboarding-links", {"name": "Theirs"}).json()["data"]["id"])
    theirs.bring(made)
    run_due()
    with circle.meta.sandbox.state as state:
        del state.objects[made["phoneNumberId"]]
    again = circle.meta.sandbox.sign_up(business_name=name_of(circle, made["businessId"]))
    user = EndUser(circle.make_link()["id"])
    again["session"]["data"] |= {"waba_id": made["wabaId"]}
    covers(circle, made["wabaId"])
    user.bring(again)

    run_due()

    assert circle.read(user.link_id)["lastError"]["code"] == "ALREADY_CONNECTED"


def in_manager(circle: Circle, user: EndUser) -> None:
    """The owner adds a number there and proves it."""
    any_number = circle.meta.sandbox.sign_up()
    node = dict(circle.meta.sandbox.state.objects[any_number["phoneNumberId"]])
    del node["kind"], node["id"]
    circle.meta.sandbox.state.add(
        "phone_number", **node | {"waba": user.signup.meta_waba_id, "display_phone_number": NEW}
    )


def name_of(circle: Circle, business: str) -> str:
    return str(circle.meta.sandbox.state.objects[business]["name"])


def covers(circle: Circle, waba_id: str) -> None:
    with circle.meta.sandbox.state as state:
        for token in state.tokens.values():
            token["wabas"] = [waba_id, *token["wabas"]]
