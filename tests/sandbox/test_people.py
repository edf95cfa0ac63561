"""People who write: every type, with and without a number, again, in batches, unsigned."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import requests

from meta_graph.sandbox.messaging.contents import CONTENTS
from meta_graph.sandbox.state import UnknownObjectError
from tests.sandbox.conftest import is_signed
from tests.sandbox.messaging import ANA, Number, connected


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    sandbox.messaging(statuses=[])
    return connected(sandbox, graph)


def value_of(body: bytes) -> Any:
    return json.loads(body)["entry"][0]["changes"][0]["value"]


def message_of(answer: dict) -> Any:
    return answer["value"]["messages"][0]


def test_a_message_comes_signed_before_the_call_returns(number, sandbox, told):
    answer = sandbox.write(number.id, text="Are you open?", name="Ana Ruiz")

    ((signature, body),) = told.received
    value = value_of(body)
    message = value["messages"][0]
    assert is_signed(signature, body)
    assert answer["statuses"] == [200]
    assert json.loads(body)["entry"][0]["id"] == number.waba
    assert value["metadata"]["phone_number_id"] == number.id
    assert value["contacts"] == [{"profile": {"name": "Ana Ruiz"}, "wa_id": ANA, "user_id": answer["userId"]}]
    assert (message["id"], message["from"], message["from_user_id"]) == (
        answer["wamids"][0],
        ANA,
        answer["userId"],
    )
    assert (message["type"], message["text"]) == ("text", {"body": "Are you open?"})
    assert message["timestamp"] == str(int(sandbox.config.clock()))


@pytest.mark.parametrize("type_", sorted(CONTENTS))
def test_every_type_can_be_written(number, sandbox, told, type_):
    answer = sandbox.write(number.id, type_)

    message = message_of(answer)
    assert answer["statuses"] == [200]
    assert message["id"].startswith("wamid.")
    assert message["type"] in message or type_ in ("interactive_missing", "request_welcome")


def test_system_messages_have_no_contacts(number, sandbox):
    for type_ in ("changed_number", "changed_identity", "changed_user_id"):
        assert "contacts" not in sandbox.write(number.id, type_)["value"]


def test_an_unknown_type_is_sent_as_it_is(number, sandbox):
    message = message_of(sandbox.write(number.id, "smoke_signal", content={"puffs": 3}))

    assert (message["type"], message["smoke_signal"]) == ("smoke_signal", {"id": "1", "puffs": 3})


def test_errors_may_come_without_messages(number, sandbox):
    value = sandbox.write(number.id, "error", code=130429)["value"]

    assert "messages" not in value
    assert value["errors"][0]["code"] == 130429
    assert value["errors"][0]["error_data"]["details"]


def test_an_interactive_message_may_be_missing_with_an_error(number, sandbox):
    value = sandbox.write(number.id, "interactive_missing")["value"]

    assert "interactive" not in value["messages"][0]
    assert value["errors"]


def test_who_hides_the_number_is_known_by_the_user_id_alone(number, sandbox):
    answer = sandbox.write(number.id, is_hidden=True, username="ana.ruiz", parent=True)

    contact, message = answer["value"]["contacts"][0], message_of(answer)
    assert contact["profile"]["username"] == "ana.ruiz"
    assert set(contact) == {"profile", "user_id", "parent_user_id"}
    assert contact["parent_user_id"].startswith("US.ENT.")
    assert "from" not in message
    assert message["from_user_id"] == answer["userId"]


def test_a_person_has_one_user_id_at_a_business_and_another_elsewhere(number, sandbox, graph):
    elsewhere = connected(sandbox, graph)

    ids = [sandbox.write(one)["userId"] for one in (number.id, number.id, elsewhere.id)]

    assert ids[0] == ids[1] != ids[2]


def test_a_person_can_be_named_by_the_user_id(number, sandbox):
    first = sandbox.write(number.id, sender="5491155551234")

    assert sandbox.write(number.id, sender=first["userId"])["waId"] == "5491155551234"
    assert first["userId"].startswith("AR.")


def test_replies_reactions_edits_and_revokes_name_their_message(number, sandbox):
    ours = number.sent()
    (theirs,) = sandbox.write(number.id, reply_to=ours)["wamids"]

    reply = sandbox.chat(number.id)[-1]["body"]
    reaction = message_of(sandbox.write(number.id, "reaction", emoji="🔥"))
    gone = message_of(sandbox.write(number.id, "reaction", of=ours, emoji=""))
    edit = message_of(sandbox.write(number.id, "edit", of=theirs, text="Later?"))
    revoke = message_of(sandbox.write(number.id, "revoke", of=theirs))
    assert reply["context"]["id"] == ours
    assert reaction["reaction"] == {"message_id": ours, "emoji": "🔥"}
    assert gone["reaction"] == {"message_id": ours}
    assert edit["edit"]["original_message_id"] == theirs
    assert edit["edit"]["message"]["text"] == {"body": "Later?"}
    assert revoke["revoke"] == {"original_message_id": theirs}


def test_a_file_of_a_person_can_be_had_from_graph(number, sandbox, graph):
    picture = b"\x89PNG" + bytes(1000)

    message = message_of(
        sandbox.write(number.id, "image", file=picture, mime_type="image/png", caption="Here")
    )

    image = message["image"]
    known = graph.get(f"/{image['id']}", number.token).json()
    headers = {"Authorization": f"Bearer {number.token}"}
    assert image["sha256"] == base64.b64encode(hashlib.sha256(picture).digest()).decode()
    assert (image["mime_type"], image["caption"]) == ("image/png", "Here")
    assert requests.get(known["url"], headers=headers, timeout=10).content == picture


def test_a_voice_message_is_audio(number, sandbox):
    message = message_of(sandbox.write(number.id, "voice"))

    assert (message["type"], message["audio"]["voice"]) == ("audio", True)


def test_a_new_number_is_told_under_the_old_one(number, sandbox):
    before = sandbox.write(number.id)["userId"]

    message = message_of(sandbox.write(number.id, "changed_number", number="16315550999"))

    assert message["from"] == ANA
    assert message["system"]["wa_id"] == "16315550999"
    assert message["system"]["user_id"] != before
    assert (
        message_of(sandbox.write(number.id, sender="16315550999"))["from_user_id"]
        == (message["system"]["user_id"])
    )


def test_the_same_bytes_can_come_many_times(number, sandbox, told):
    answer = sandbox.write(number.id, times=5)

    bodies = {body for _, body in told.received}
    assert answer["statuses"] == [200] * 5
    assert (len(told.received), len(bodies)) == (5, 1)


def test_a_message_can_come_again_in_another_notification(number, sandbox, told, clock):
    (wamid,) = sandbox.write(number.id, id="wamid.same")["wamids"]
    clock.now += 60

    sandbox.write(number.id, id="wamid.same")

    assert [entry["wamid"] for entry in sandbox.chat(number.id)] == [wamid] == ["wamid.same"]
    assert len({body for _, body in told.received}) == 2


@pytest.mark.parametrize(("batch", "changes", "messages"), [("changes", 1000, 1), ("messages", 1, 1000)])
def test_a_thousand_messages_fit_in_one_post(number, sandbox, told, batch, changes, messages):
    answer = sandbox.write(number.id, count=1000, senders=10, batch=batch)

    entry = json.loads(told.received[0][1])["entry"][0]
    value = entry["changes"][-1]["value"]
    assert len(set(answer["wamids"])) == 1000
    assert (len(told.received), len(entry["changes"]), len(value["messages"])) == (1, changes, messages)
    assert len(value["contacts"]) == (1 if batch == "changes" else 10)


def test_many_messages_come_in_as_many_posts_as_are_wanted(number, sandbox, told):
    assert sandbox.write(number.id, count=25, per_post=10)["statuses"] == [200, 200, 200]


@pytest.mark.parametrize(("signature", "is_right"), [("wrong", False), ("none", False), ("right", True)])
def test_a_signature_can_be_wrong(number, sandbox, told, signature, is_right):
    sandbox.write(number.id, signature=signature)

    assert is_signed(*told.received[0]) is is_right


def test_parts_can_be_replaced_added_and_taken_out(number, sandbox):
    message = message_of(
        sandbox.write(
            number.id, content={"body": None, "odd": 1}, message={"timestamp": "1", "from": None, "new": True}
        )
    )

    assert (message["text"], message["timestamp"], message["new"]) == ({"odd": 1}, "1", True)
    assert "from" not in message


def test_the_same_can_be_asked_for_over_http(number, sandbox, told):
    body = {"phoneNumberId": number.id, "type": "document", "sender": "5491155551234", "filename": "a.pdf",
            "file": base64.b64encode(b"%PDF").decode(), "replyTo": "wamid.ours"}  # fmt: skip

    answer = requests.post(f"{sandbox.url}/_sandbox/messages", json=body, timeout=10).json()

    message = message_of(answer)
    assert answer["statuses"] == [200]
    assert (message["document"]["filename"], message["context"]["id"]) == ("a.pdf", "wamid.ours")


@pytest.mark.parametrize("path", ["messages", "echoes", "history", "state-sync", "user-ids", "preferences"])
def test_what_is_no_number_writes_nothing(sandbox, path):
    refused = requests.post(f"{sandbox.url}/_sandbox/{path}", json={"phoneNumberId": "1"}, timeout=10)

    assert (refused.status_code, "no such object" in refused.json()["error"]) == (400, True)


def test_in_python_it_is_an_error_of_its_own(sandbox):
    with pytest.raises(UnknownObjectError):
        sandbox.write("1")


def test_messages_go_to_the_callback_of_the_number_first(number, sandbox, told, callback):
    sandbox.state.objects[number.waba]["override_callback_uri"] = f"{callback.url}/waba"
    sandbox.state.objects[number.id]["override_callback_uri"] = f"{callback.url}/phone"

    sandbox.write(number.id)
    sandbox.preference(number.id)

    assert [entry["url"] for entry in sandbox.world.sent.all()] == [f"{callback.url}/phone", callback.url]
