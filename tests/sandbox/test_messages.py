"""Sending: what Meta takes and refuses, how it answers, and the statuses that follow by webhook."""

from __future__ import annotations

import time

import pytest
import requests

from tests.sandbox.conftest import Callback, error_of, is_signed
from tests.sandbox.messaging import ANA, Number, connected

BUTTONS = [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]
ROWS = [{"rows": [{"id": "1", "title": "Small"}]}]
BUTTON = {"type": "button", "body": {"text": "?"}}
NAME = {"name": {"formatted_name": "Ana"}}


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    return connected(sandbox, graph)


def told_statuses(callback: Callback, count: int) -> list[dict]:
    return [value["statuses"][0] for value in callback.values(count)]


def test_a_message_to_a_number_is_accepted_with_a_wamid(number):
    answer = number.send(to="+1 (631) 555-0123").json()

    assert answer["contacts"] == [{"input": "+1 (631) 555-0123", "wa_id": ANA}]
    assert answer["messages"][0]["id"].startswith("wamid.")
    assert answer["messaging_product"] == "whatsapp"


def test_a_message_to_a_user_id_has_no_number_in_its_answer(number, sandbox):
    user_id = sandbox.write(number.id)["userId"]

    answer = number.post(recipient=user_id, type="text", text={"body": "Hello"}).json()

    assert answer["contacts"] == [{"input": user_id, "user_id": user_id}]


def test_the_number_wins_where_both_are_given(number, sandbox):
    other = sandbox.write(number.id, sender="16315550199")["userId"]

    answer = number.post(to=ANA, recipient=other, type="text", text={"body": "Hello"}).json()

    assert answer["contacts"] == [{"input": ANA, "wa_id": ANA}]


def test_a_user_id_of_another_business_is_nobody(number, sandbox, graph):
    elsewhere = connected(sandbox, graph)
    stranger = sandbox.write(elsewhere.id)["userId"]

    refused = number.post(recipient=stranger, type="text", text={"body": "Hello"})

    assert error_of(refused)[0] == 131026


def test_statuses_follow_by_webhook_with_what_the_business_gave(number, told):
    wamid = number.sent(extra={"biz_opaque_callback_data": "our-id"})

    statuses = told_statuses(told, 3)

    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {wamid}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"our-id"}
    assert {status["recipient_id"] for status in statuses} == {ANA}
    assert all(is_signed(*one) for one in told.received)
    assert statuses[0]["pricing"]["pricing_model"] == "PMP"
    assert "pricing" not in statuses[2]


def test_a_status_names_number_account_and_person(number, told):
    number.sent()

    (body, *_) = told.wait_for(3)

    value = body["entry"][0]["changes"][0]["value"]
    digits = "".join(filter(str.isdigit, number.signup["phoneNumber"]))
    assert body["entry"][0]["id"] == number.waba
    assert value["metadata"] == {"display_phone_number": digits, "phone_number_id": number.id}
    assert value["contacts"][0]["wa_id"] == ANA
    assert value["contacts"][0]["user_id"].startswith("US.")


def test_a_reaction_is_only_told_as_sent(number, sandbox, told):
    (wamid,) = sandbox.write(number.id)["wamids"]

    number.sent(type_="reaction", message_id=wamid, emoji="👍")
    time.sleep(0.2)

    assert [value["statuses"][0]["status"] for value in told.values(2)[1:]] == ["sent"]


def test_a_reaction_to_nothing_fails_later(number, told):
    number.sent(type_="reaction", message_id="wamid.nobody", emoji="👍")

    (status,) = told_statuses(told, 1)

    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131009)


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        ("text", {"body": "x" * 4096, "preview_url": True}),
        ("image", {"link": "https://example.com/a.jpg", "caption": "Menu"}),
        ("video", {"link": "https://example.com/a.mp4"}),
        ("audio", {"link": "https://example.com/a.ogg", "voice": True}),
        ("document", {"link": "https://example.com/a.pdf", "filename": "a.pdf", "caption": "Menu"}),
        ("sticker", {"link": "https://example.com/a.webp"}),
        ("location", {"latitude": -34.6, "longitude": "-58.38", "name": "Here"}),
        ("interactive", {"type": "button", "body": {"text": "?"}, "action": {"buttons": BUTTONS}}),
        ("interactive", {"type": "list", "body": {"text": "?"}, "action": {"button": "x", "sections": ROWS}}),
        ("interactive", {"type": "location_request_message", "body": {"text": "?"}, "action": {"name": "x"}}),
    ],
)
def test_every_type_is_taken(number, type_, content):
    assert number.send(type_=type_, **content).status_code == 200


def test_contacts_are_a_list(number):
    assert number.post(to=ANA, type="contacts", contacts=[NAME]).status_code == 200
    assert error_of(number.post(to=ANA, type="contacts", contacts=[{"phones": []}]))[0] == 131008


@pytest.mark.parametrize(
    ("type_", "content", "code"),
    [
        ("text", {"body": "x" * 4097}, 100),
        ("text", {"preview_url": True}, 131008),
        ("image", {"caption": "no file"}, 100),
        ("image", {"id": "1", "link": "https://example.com/a.jpg"}, 100),
        ("image", {"id": "123456"}, 100),
        ("image", {"link": "not a URL"}, 131009),
        ("audio", {"link": "https://example.com/a.ogg", "caption": "x"}, 100),
        ("image", {"link": "https://example.com/a.jpg", "caption": "x" * 1025}, 100),
        ("location", {"latitude": 91, "longitude": 0.5}, 131009),
        ("location", {"latitude": 1}, 131008),
        ("reaction", {"emoji": "x"}, 131008),
        (
            "interactive",
            {"type": "button", "body": {"text": "?"}, "action": {"buttons": BUTTONS * 4}},
            131009,
        ),
        (
            "interactive",
            {"type": "button", "body": {"text": "?"}, "action": {"buttons": BUTTONS * 2}},
            131009,
        ),
        ("interactive", {"type": "button", "action": {"buttons": BUTTONS}}, 131008),
        ("interactive", {"type": "list", "body": {"text": "?"}, "action": {"button": "x"}}, 131008),
        ("interactive", {"type": "unheard_of", "body": {"text": "?"}, "action": {}}, 131009),
        ("interactive", {"type": "button", "body": {"text": "?"}, "action": {"buttons": "x"}}, 100),
        ("smoke_signal", {"x": 1}, 100),
    ],
)
def test_what_is_not_right_is_refused(number, type_, content, code):
    assert error_of(number.send(type_=type_, **content))[0] == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "text", "text": {"body": "x"}}, 100),
        ({"to": "abc", "type": "text", "text": {"body": "x"}}, 131009),
        ({"to": "123", "type": "text", "text": {"body": "x"}}, 131009),
        ({"to": ANA, "type": "text"}, 100),
        ({"to": ANA, "type": "text", "text": "x"}, 100),
        ({"to": ANA, "recipient_type": "group", "text": {"body": "x"}}, 100),
        ({"to": ANA, "context": {}, "text": {"body": "x"}}, 100),
        ({"to": ANA, "biz_opaque_callback_data": "x" * 513, "text": {"body": "x"}}, 100),
    ],
)
def test_an_envelope_that_is_not_right_is_refused(number, body, code):
    assert error_of(number.post(**body))[0] == code


def test_the_product_has_to_be_named(number, graph):
    refused = graph.post(f"/{number.id}/messages", number.token, to=ANA, text={"body": "x"})

    assert error_of(refused)[0] == 100


def test_a_number_does_not_write_to_itself(number):
    assert error_of(number.send(to=number.signup["phoneNumber"]))[0] == 131021


def test_a_number_that_is_not_registered_sends_nothing(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    refused = graph.post(f"/{signup['phoneNumberId']}/messages", token, messaging_product="whatsapp")

    assert error_of(refused)[0] == 133010


def test_sending_takes_the_messaging_permission(number, sandbox):
    sandbox.set_scenario(
        "permission_missing", target=number.waba, scopes=["whatsapp_business_messaging"], times=1
    )

    assert error_of(number.send())[0] == 200


def test_messages_do_not_use_up_the_budget_of_the_account(number, sandbox):
    before = list(sandbox.world.budgets[number.waba])

    number.send()

    assert sandbox.world.budgets[number.waba] == before


def test_a_message_of_a_person_is_marked_read_with_those_before_it(number, sandbox, graph):
    first, second, third = (sandbox.write(number.id)["wamids"][0] for _ in range(3))

    answer = number.post(status="read", message_id=second, typing_indicator={"type": "text"})

    seen = {entry["wamid"]: (entry["isRead"], entry["isTyping"]) for entry in sandbox.chat(number.id)}
    assert answer.json() == {"success": True}
    assert seen == {first: (True, False), second: (True, True), third: (False, False)}
    assert [call["call"] for call in sandbox.calls(target=number.id)][-1] == "mark_read"


@pytest.mark.parametrize(
    "body", [{"message_id": "wamid.nobody"}, {}, {"message_id": None, "typing_indicator": {"type": "song"}}]
)
def test_only_messages_of_people_can_be_marked_read(number, sandbox, body):
    assert error_of(number.post(status="read", **body))[0] == 100


def test_a_message_of_the_business_cannot_be_marked_read(number):
    assert error_of(number.post(status="read", message_id=number.sent()))[0] == 100


def test_what_was_said_can_be_read_by_tests(number, sandbox):
    sandbox.write(number.id, text="Are you open?")
    wamid = number.sent(body="Yes", extra={"biz_opaque_callback_data": "our-id"})

    asked, answered = sandbox.chat(number.id, ANA)
    over_http = requests.get(
        f"{sandbox.url}/_sandbox/messages",
        params={"phoneNumberId": number.id, "with": ANA, "direction": "out"},
        timeout=10,
    ).json()["data"]

    assert (asked["direction"], asked["content"]) == ("in", {"body": "Are you open?"})
    assert (answered["wamid"], answered["callbackData"]) == (wamid, "our-id")
    assert [entry["wamid"] for entry in over_http] == [wamid]


def test_a_status_can_be_told_by_hand(number, sandbox, told):
    sandbox.messaging(statuses=[])
    wamid = number.sent(extra={"biz_opaque_callback_data": "our-id"})

    answer = sandbox.status(wamid, "failed", code=131049, times=2)

    first, second = told_statuses(told, 2)
    assert answer["statuses"] == [200, 200]
    assert first == second
    assert (first["errors"][0]["code"], first["biz_opaque_callback_data"]) == (131049, "our-id")


def test_a_failure_names_no_contacts(number, sandbox, told):
    sandbox.status(number.sent(), "failed")

    failed = next(value for value in told.values(4) if value["statuses"][0]["status"] == "failed")

    assert "contacts" not in failed
    assert "recipient_user_id" not in failed["statuses"][0]


def test_a_status_of_a_message_that_nobody_sent_takes_a_number(number, sandbox, told):
    answer = sandbox.status("wamid.unheard", "read", phone_number_id=number.id, recipient="16315550188")

    assert answer["statuses"] == [200]
    assert told_statuses(told, 1)[0]["recipient_id"] == "16315550188"


def test_nobody_is_told_of_an_account_without_a_subscription(number, sandbox, graph, told):
    graph.call("DELETE", f"/{number.waba}/subscribed_apps", number.token)

    assert sandbox.write(number.id)["statuses"] == [None]
    assert told.received == []


def test_statuses_are_told_again_until_they_are_taken(number, told):
    told.statuses = [500]
    number.sent()

    told.wait_for(4)

    assert [entry["status"] for entry in number.sandbox.chat(number.id)[0]["statuses"]] == [
        "sent",
        "delivered",
        "read",
    ]
