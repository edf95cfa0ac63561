"""POST messages: what is answered, what is stored and told, and what Meta gets."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Contact, Conversation, Message, OutboxEntry
from organizations.models import ApiKey
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, after, hang_up, refusing
from tests.inbox.sending.world import TEXT, TO, work
from tests.phones.world import names, told
from tests.waiting import eventually
from wabas.models import Waba

pytestmark = pytest.mark.django_db
# SQLite asks once more than PostgreSQL.
QUERIES = {30, 31}


def send(api: Api, phone: PhoneNumber, body: Any = TEXT, **headers: str) -> Any:
    return api.post(f"phones/{phone.pk}/messages", body, **headers)


def test_a_message_that_meta_takes_at_once_is_answered_with_its_wamid(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    answer = send(api, phone)

    assert answer.status_code == 201, answer.content
    message = Message.objects.get()
    assert answer.json()["data"] == {"messageId": str(message.pk), "wamid": "wamid.test1", "status": "sent"}
    assert (message.direction, message.source, message.type) == ("outbound", "api", "text")
    assert (message.content, message.wamid, message.status) == ({"body": "Hello!"}, "wamid.test1", "sent")
    assert message.sent_at is not None
    assert OutboxEntry.objects.count() == 0


def test_meta_gets_the_message_with_our_id_in_it(api: Api, phone: PhoneNumber, graph: GraphServer) -> None:
    send(api, phone)

    (call,) = graph.calls
    assert call.node == f"{phone.meta_phone_number_id}/messages"
    assert call.headers["authorization"] == "Bearer EAAG"
    assert call.body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "type": "text",
        "text": {"body": "Hello!", "preview_url": False},
        "biz_opaque_callback_data": str(Message.objects.get().pk),
    }


def test_it_is_told_of_once_with_the_contact_and_counted_in_the_conversation(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    send(api, phone)

    # Meta said what the contact's WhatsApp id is.
    (name, data) = told()[-1]
    assert names().count("message.sent") == 1
    assert (name, data["status"], data["wamid"]) == ("message.sent", "sent", "wamid.test1")
    assert (data["contactIdentifier"], data["contactIdentifierType"]) == (TO, "phone")
    assert (data["waId"], data["phoneNumberId"]) == (TO, str(phone.pk))
    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (1, 0)


def test_the_second_message_to_somebody_is_in_the_same_conversation(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    send(api, phone)
    send(api, phone, TEXT | {"to": "+54 (9) 11 5555-1234", "text": "Again"})

    assert (Contact.objects.count(), Conversation.objects.get().message_count) == (1, 2)
    assert [call.to for call in graph.calls] == [TO, TO]


def test_a_contact_without_a_number_is_sent_to_by_the_bsuid(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    answer = send(api, phone, TEXT | {"to": "AR.13491208655302741918"})

    assert answer.status_code == 201, answer.content
    body = graph.calls[0].body
    assert (body["recipient"], "to" in body) == ("AR.13491208655302741918", False)
    assert told()[-1][1]["contactReplyTo"] == "AR.13491208655302741918"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("1234", "recipient"),
        ("+54 AR", "recipient"),
        ("somebody", "unknown"),
        ("", "blank"),
        (5491155551234, None),
    ],
)
def test_who_cannot_be_written_to_is_named(
    api: Api, phone: PhoneNumber, graph: GraphServer, to: Any, code: str | None
) -> None:
    answer = send(api, phone, TEXT | {"to": to})

    assert answer.status_code == 400, answer.content
    (detail,) = answer.json()["error"]["details"]
    assert detail["field"] == "to"
    assert code in {None, detail["code"]}
    assert (Message.objects.count(), graph.calls) == (0, [])


def test_metas_refusal_is_the_answer_and_the_message_stays_as_failed(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    graph.usual = refusing(
        131047,
        "Re-engagement message",
        error_data={"details": "More than 24 hours have passed since the customer last replied."},
    )

    answer = send(api, phone)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "META_REFUSED")
    assert error["meta"] == {"code": 131047, "subcode": None, "traceId": "AbC"}
    assert "send a template" in error["message"]
    message = Message.objects.get()
    assert (message.status, message.wamid) == ("failed", None)
    assert message.error == {
        "code": "131047",
        "title": "Re-engagement message",
        "details": "More than 24 hours have passed since the customer last replied.",
    }
    assert answer["Location"].endswith(f"/v1/phones/{phone.pk}/messages/{message.pk}")
    name, data = told()[-1]
    assert (name, data["status"], data["error"]["code"]) == ("message.status_updated", "failed", "131047")
    assert OutboxEntry.objects.count() == 0


@pytest.mark.parametrize("code", [130429, 131056, 131000, 131016, 2, 4, 80007])
def test_what_meta_calls_temporary_is_pending_and_sent_later(
    api: Api, phone: PhoneNumber, graph: GraphServer, code: int
) -> None:
    graph.plans = [refusing(code)]

    answer = send(api, phone)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["data"]["status"], answer.json()["data"]["wamid"]) == ("pending", None)
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.called_at, entry.lease_token) == (1, None, None)
    assert entry.due_at is not None


def test_what_never_reached_meta_is_pending_and_sent_later(
    api: Api, phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.META_GRAPH_URL = "http://127.0.0.1:1"

    answer = send(api, phone)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    assert OutboxEntry.objects.get().due_at is not None


@pytest.mark.parametrize("answered", ["hang up", "502", "not JSON"])
def test_a_message_of_unknown_outcome_stays_pending_and_is_never_sent_again(
    api: Api, phone: PhoneNumber, graph: GraphServer, answered: str
) -> None:
    graph.plans = [
        {
            "hang up": hang_up,
            "502": lambda _: (502, (b"<html>Bad gateway</html>", "text/html")),
            "not JSON": lambda _: (200, (b"<html></html>", "text/html")),
        }[answered]
    ]

    answer = send(api, phone)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    entry = OutboxEntry.objects.get()
    assert entry.finished_at is not None
    assert (entry.due_at, len(graph.calls)) == (None, 1)


@pytest.mark.parametrize(
    ("columns", "of_waba", "word"),
    [
        ({"is_registered": False, "platform_type": None, "status": "PENDING"}, {}, "not registered"),
        ({"disconnected_at": "2026-01-15T10:00:00Z"}, {}, "disconnected"),
        ({}, {"status": "disconnected"}, "disconnected"),
        ({}, {"access_token": None}, "onboarding link"),
        ({}, {"token_refused_at": "2026-01-15T10:00:00Z"}, ""),
        ({}, {"paused_at": "2026-01-15T10:00:00Z"}, "paused"),
    ],
)
def test_a_number_that_cannot_send_is_a_conflict_with_the_reason(
    api: Api, phone: PhoneNumber, graph: GraphServer, columns: Any, of_waba: Any, word: str
) -> None:
    PhoneNumber.objects.filter(pk=phone.pk).update(**columns)
    Waba.objects.filter(pk=phone.waba_id).update(**of_waba)

    answer = send(api, phone)

    assert answer.status_code == 409, answer.content
    assert word in answer.json()["error"]["message"]
    assert (Message.objects.count(), graph.calls) == (0, [])


def test_a_key_that_comes_again_answers_with_the_same_message(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    first = send(api, phone, TEXT, **{"Idempotency-Key": "order-17"})
    second = send(api, phone, TEXT, **{"Idempotency-Key": "order-17"})

    assert first.json()["data"] == second.json()["data"]
    assert second["Idempotency-Replayed"] == "true"
    assert (len(graph.calls), Message.objects.count()) == (1, 1)


def test_another_organizations_number_is_not_found(
    api: Api, stranger: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    assert send(stranger, phone).status_code == 404
    assert (Message.objects.count(), graph.calls) == (0, [])


def test_a_token_that_meta_refuses_is_noted(api: Api, phone: PhoneNumber, graph: GraphServer) -> None:
    graph.usual = refusing(190, "Error validating access token", status=401)

    answer = send(api, phone)

    assert answer.status_code == 422
    assert Waba.objects.get().token_refused_at is not None
    assert send(api, phone).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_request_waits_for_meta_for_some_seconds_only_and_the_call_goes_on(
    api: Api, phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.MESSAGE_REQUEST_SECONDS = 0.2
    graph.plans = [after(1.0, graph.accept)]

    answer = send(api, phone)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    eventually(lambda: Message.objects.get().status == "sent")
    assert Message.objects.get().wamid == "wamid.test1"
    assert (names().count("message.sent"), OutboxEntry.objects.count()) == (1, 0)
    work()
    assert len(graph.calls) == 1


def asked(queries: CaptureQueriesContext) -> int:
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN")) for query in queries)


def test_a_message_costs_the_same_in_a_long_conversation(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    """Key, phone, WABA; contact, conversation, message, line; claim and call; what came of it, its event."""
    ApiKey.objects.update(last_used_at=timezone.now() + timedelta(minutes=5))
    send(api, phone)
    with CaptureQueriesContext(connection) as second:
        send(api, phone)
    # With the next request Django forgets them.
    early = asked(second)
    for _ in range(20):
        send(api, phone)

    with CaptureQueriesContext(connection) as last:
        assert send(api, phone).status_code == 201

    assert early == asked(last)
    assert asked(last) in QUERIES
