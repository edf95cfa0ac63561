"""What comes from the WhatsApp Business app: echoes, history in chunks, contacts; and news of people."""

from __future__ import annotations

import json

import pytest
import requests

from tests.sandbox.messaging import ANA, Number, connected


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    sandbox.messaging(statuses=[])
    return connected(sandbox, graph, "coexistence")


def changes(told) -> list[dict]:
    return [json.loads(body)["entry"][0]["changes"][0] for _, body in told.received]


def test_an_echo_is_the_owners_message_to_a_person(number, sandbox, told):
    answer = sandbox.echo(number.id, to=ANA, text="We open at nine")

    (change,) = changes(told)
    (echo,) = change["value"]["message_echoes"]
    digits = "".join(filter(str.isdigit, number.signup["phoneNumber"]))
    assert change["field"] == "smb_message_echoes"
    assert (echo["from"], echo["to"], echo["to_user_id"]) == (digits, ANA, answer["userId"])
    assert (echo["id"], echo["text"]) == (answer["wamids"][0], {"body": "We open at nine"})
    assert sandbox.chat(number.id, ANA)[0]["direction"] == "out"


def test_the_owner_edits_and_revokes_an_own_message(number, sandbox):
    (wamid,) = sandbox.echo(number.id, to=ANA)["wamids"]

    edit = sandbox.echo(number.id, "edit", to=ANA, text="At ten")["value"]["message_echoes"][0]
    revoke = sandbox.echo(number.id, "revoke", to=ANA, of=wamid)["value"]["message_echoes"][0]

    assert edit["edit"]["original_message_id"] == wamid
    assert revoke["revoke"] == {"original_message_id": wamid}


def test_an_echo_to_a_hidden_number_has_the_user_id_alone(number, sandbox):
    user_id = sandbox.write(number.id, is_hidden=True)["userId"]

    (echo,) = sandbox.echo(number.id, to=user_id)["value"]["message_echoes"]

    assert "to" not in echo
    assert echo["to_user_id"] == user_id


def test_the_history_comes_in_chunks_that_hold_all_of_it(number, sandbox, told):
    answer = sandbox.history(number.id, threads=5, messages=20, chunks=3)

    chunks = [change["value"]["history"][0] for change in changes(told)]
    ids = [message["id"] for chunk in chunks for thread in chunk["threads"] for message in thread["messages"]]
    assert answer == {"statuses": [200, 200, 200], "messages": 100}
    assert len(set(ids)) == 100
    assert [chunk["metadata"]["chunk_order"] for chunk in chunks] == [1, 2, 3]
    assert [chunk["metadata"]["phase"] for chunk in chunks] == [0, 1, 2]
    assert chunks[-1]["metadata"]["progress"] == 100
    assert {change["field"] for change in changes(told)} == {"history"}


def test_files_of_the_history_come_by_themselves(number, sandbox, told):
    sandbox.history(number.id, threads=1, messages=6, chunks=1, media=3)

    first, *rest = [change["value"] for change in changes(told)]
    placeholders = {
        message["id"]
        for message in first["history"][0]["threads"][0]["messages"]
        if message["type"] == "media_placeholder"
    }
    files = [(value.get("messages") or value["message_echoes"])[0] for value in rest]
    assert len(placeholders) == 2
    assert {file["id"] for file in files} == placeholders
    assert {file["type"] for file in files} == {"image"}


def test_a_history_of_thousands_fits_in_one_post(number, sandbox, told):
    answer = sandbox.history(number.id, threads=50, messages=100, chunks=1)

    assert answer == {"statuses": [200], "messages": 5000}
    assert len(told.received[0][1]) < 3 * 1024 * 1024


def test_the_history_may_be_declined(number, sandbox, told):
    sandbox.history(number.id, declined=True)

    assert changes(told)[0]["value"]["history"][0]["errors"][0]["code"] == 2593109


def test_contacts_are_added_changed_and_removed(number, sandbox, told):
    ana = {"name": "Ana Ruiz", "number": ANA}
    sandbox.sync_contacts(number.id, [ana, {"number": "16315550199", "action": "remove"}])

    added, removed = changes(told)[0]["value"]["state_sync"]
    assert added["contact"]["full_name"] == "Ana Ruiz"
    assert (added["contact"]["phone_number"], added["action"]) == (ANA, "add")
    assert "full_name" not in removed["contact"]
    assert removed["action"] == "remove"


def test_a_new_user_id_is_told_with_the_old_one(number, sandbox, told):
    before = sandbox.write(number.id)["userId"]

    answer = sandbox.user_id_update(number.id, ANA)

    change = changes(told)[-1]
    update = change["value"]["user_id_update"][0]
    assert change["field"] == "user_id_update"
    assert update["user_id"] == {"previous": before, "current": answer["current"]}
    assert sandbox.write(number.id)["userId"] == answer["current"] != before


def test_a_person_may_stop_marketing(number, sandbox, told):
    sandbox.preference(number.id, ANA, "stop")

    change = changes(told)[0]
    wish = change["value"]["user_preferences"][0]
    assert change["field"] == "user_preferences"
    assert (wish["value"], wish["category"], wish["wa_id"]) == ("stop", "marketing_messages", ANA)
    assert isinstance(wish["timestamp"], int)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("echoes", {"to": ANA, "text": "Hi"}, "smb_message_echoes"),
        ("history", {"threads": 1, "messages": 2, "chunks": 1}, "history"),
        ("history", {"declined": True}, "history"),
        ("state-sync", {"contacts": [{"name": "Ana", "number": ANA}]}, "smb_app_state_sync"),
        ("user-ids", {"sender": ANA}, "user_id_update"),
        ("preferences", {"sender": ANA, "value": "resume"}, "user_preferences"),
    ],
)
def test_the_same_can_be_asked_for_over_http(number, sandbox, told, path, body, field):
    url = f"{sandbox.url}/_sandbox/{path}"

    answer = requests.post(url, json={"phoneNumberId": number.id} | body, timeout=10).json()

    assert answer["statuses"] == [200]
    assert changes(told)[0]["field"] == field


def test_a_status_over_http(number, sandbox, told):
    url = f"{sandbox.url}/_sandbox/statuses"
    body = {"wamid": number.sent(), "status": "played", "callbackData": "ours"}

    requests.post(url, json=body, timeout=10)

    assert changes(told)[0]["value"]["statuses"][0]["biz_opaque_callback_data"] == "ours"
    refused = requests.post(url, json={"wamid": "x", "status": "read"}, timeout=10)
    assert refused.status_code == 400
