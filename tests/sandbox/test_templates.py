"""Templates: handed in, decided on by webhook, sent with as many parameters as they have."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import error_of
from tests.sandbox.messaging import ANA, Number, connected

BODY = {"type": "BODY", "text": "Hello {{1}}, {{2}} is ready", "example": {"body_text": [["Ana", "it"]]}}
PICTURE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}}
GIVEN = {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "soup"}]}


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    sandbox.messaging(statuses=[], review_ms=0)
    return connected(sandbox, graph)


def hand_in(number, name="order_ready", **changes) -> Any:
    body = {"name": name, "language": "en_US", "category": "UTILITY", "components": [BODY]} | changes
    return number.graph.post(f"/{number.waba}/message_templates", number.token, **body)


def approved(number, told, *given, **changes) -> str:
    before = len(told.received)
    made = str(hand_in(number, *given, **changes).json()["id"])
    told.wait_for(before + 1)
    return made


def send(number, name="order_ready", code="en_US", components=(GIVEN,), **extra) -> Any:
    content = {"name": name, "language": {"code": code}, "components": list(components)}
    return number.post(to=ANA, type="template", template=content, **extra)


def test_a_template_is_pending_until_a_webhook_says_more(number, told):
    made = hand_in(number).json()

    (value,) = told.values(1)
    assert (made["status"], made["category"]) == ("PENDING", "UTILITY")
    assert value == {
        "event": "APPROVED",
        "message_template_id": int(made["id"]),
        "message_template_name": "order_ready",
        "message_template_language": "en_US",
        "reason": "NONE",
        "message_template_category": "UTILITY",
    }


def test_a_name_can_ask_for_a_rejection(number, graph, told):
    hand_in(number, "please_reject_me")

    (value,) = told.values(1)
    (row,) = graph.get(
        f"/{number.waba}/message_templates", number.token, fields="status,rejected_reason"
    ).json()["data"]
    assert (value["event"], value["reason"]) == ("REJECTED", "INVALID_FORMAT")
    assert (row["status"], row["rejected_reason"]) == ("REJECTED", "INVALID_FORMAT")


def test_nobody_decides_where_reviews_are_off(number, sandbox, told):
    sandbox.messaging(review_ms=None)
    made = hand_in(number).json()["id"]
    time.sleep(0.2)

    assert told.received == []
    assert sandbox.template(made, "PAUSED", reason="LOW_QUALITY")["statuses"] == [200]
    assert told.values(1)[0]["event"] == "PAUSED"


def test_templates_are_found_by_name_status_and_language(number, graph, told):
    approved(number, told)
    approved(number, told, language="es")
    approved(number, told, "please_reject_me")

    def names(**filters) -> list[tuple[str, str]]:
        rows = graph.get(f"/{number.waba}/message_templates", number.token, **filters).json()["data"]
        return [(row["name"], row["language"]) for row in rows]

    assert len(names()) == 3
    assert names(name="order", language="es") == [("order_ready", "es")]
    assert names(status="REJECTED") == [("please_reject_me", "en_US")]
    assert len(graph.get(f"/{number.waba}/message_templates", number.token, limit=2).json()["data"]) == 2


@pytest.mark.parametrize(
    ("changes", "subcode"),
    [
        ({"name": "Order Ready"}, None),
        ({"language": "English"}, None),
        ({"category": "SPAM"}, None),
        ({"components": []}, None),
        ({"components": [{"type": "FOOTER", "text": "Bye"}]}, None),
        ({"components": [BODY, BODY]}, None),
        ({"components": "x"}, None),
        ({"components": [{"type": "BODY", "text": "Hello {{1}}"}]}, 2388043),
    ],
)
def test_what_is_no_template_is_refused(number, changes, subcode):
    assert error_of(hand_in(number, **changes)) == (100, subcode)


def test_a_name_is_taken_once_a_language(number):
    hand_in(number)

    assert error_of(hand_in(number)) == (100, 2388024)
    assert hand_in(number, language="es").status_code == 200


def test_a_template_is_deleted_in_all_languages(number, graph):
    hand_in(number)
    hand_in(number, language="es")

    path = f"/{number.waba}/message_templates"
    answers = [graph.call("DELETE", path, number.token, params={"name": "order_ready"}) for _ in range(2)]

    assert answers[0].json() == {"success": True}
    assert error_of(answers[1]) == (100, 2593002)
    assert graph.get(path, number.token).json() == {"data": []}


def test_an_approved_template_is_sent(number, told):
    approved(number, told)

    answer = send(number).json()

    assert answer["messages"][0]["message_status"] == "accepted"


def test_a_file_in_the_header_is_a_parameter(number, told):
    approved(number, told, components=[PICTURE, BODY])
    header = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://e.com/a.png"}}]}

    assert error_of(send(number))[0] == 132000
    assert send(number, components=(header, GIVEN)).status_code == 200


@pytest.mark.parametrize("components", [(), ({"type": "body", "parameters": []},), (GIVEN, GIVEN)])
def test_parameters_are_counted(number, told, components):
    approved(number, told)

    assert error_of(send(number, components=components))[0] == 132000


def test_what_is_not_approved_in_that_language_is_not_sent(number, sandbox, told):
    made = approved(number, told)

    unknown = [error_of(send(number, name="other"))[0], error_of(send(number, code="es"))[0]]
    sandbox.template(made, "PAUSED")
    paused = error_of(send(number))[0]
    sandbox.template(made, "DISABLED")

    assert unknown == [132001, 132001]
    assert (paused, error_of(send(number))[0]) == (132015, 132016)


def test_an_authentication_template_takes_a_number(number, sandbox, told):
    user_id = sandbox.write(number.id)["userId"]
    approved(number, told, "code", category="AUTHENTICATION")

    content = {"name": "code", "language": {"code": "en_US"}, "components": [GIVEN]}
    refused = number.post(recipient=user_id, type="template", template=content)

    assert error_of(refused)[0] == 131062


def test_a_sent_template_is_billed_by_its_category(number, sandbox, told):
    approved(number, told, category="MARKETING")
    before = len(told.received)
    sandbox.messaging(statuses=["sent"])

    send(number)

    pricing = told.values(before + 1)[-1]["statuses"][0]["pricing"]
    assert (pricing["category"], pricing["billable"]) == ("marketing", True)


def test_templates_are_another_accounts_own(number, sandbox, graph):
    made = hand_in(number).json()["id"]
    stranger = graph.token_of(sandbox.sign_up())

    assert error_of(graph.get(f"/{made}", stranger)) == (100, 33)
    assert graph.get(f"/{made}", number.token, fields="name").json()["name"] == "order_ready"
