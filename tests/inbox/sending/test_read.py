"""Marking a message as read: at Meta, and in the conversation's count."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import Contact, Conversation, Message
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, refusing, saying
from tests.inbox.sending.world import TEXT, TO

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(phone: PhoneNumber) -> list[Message]:
    """Three messages of a contact, all unread, the oldest first."""
    contact = Contact.objects.create(phone=phone, identifier=TO, identifier_type="phone", wa_id=TO)
    conversation = Conversation.objects.create(phone=phone, contact=contact, unread_count=3, message_count=3)
    now = timezone.now()
    return [
        Message.objects.create(
            phone=phone,
            conversation=conversation,
            direction="inbound",
            source="customer",
            type="text",
            content={"body": "Hi"},
            wamid=f"wamid.{number}",
            status="delivered",
            timestamp=now - timedelta(minutes=10 - number),
        )
        for number in range(3)
    ]


def read(api: Api, phone: PhoneNumber, message: Message, body: Any = None) -> Any:
    return api.post(f"phones/{phone.pk}/messages/{message.pk}/read", body)


def test_meta_is_told_and_what_came_before_is_read_too(
    api: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message]
) -> None:
    graph.usual = saying({"success": True})

    answer = read(api, phone, written[1])

    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["messageId"] == str(written[1].pk)
    assert graph.calls[0].body == {
        "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1",
    }  # fmt: skip
    assert Conversation.objects.get().unread_count == 1


def test_what_came_later_in_the_same_second_stays_unread(
    api: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message]
) -> None:
    graph.usual = saying({"success": True})
    Message.objects.update(timestamp=written[0].timestamp)

    read(api, phone, written[1])

    assert Conversation.objects.get().unread_count == 1


def test_typing_is_shown_when_it_is_asked_for(
    api: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message]
) -> None:
    graph.usual = saying({"success": True})

    assert read(api, phone, written[2], {"typing": True}).status_code == 200
    assert graph.calls[0].body["typing_indicator"] == {"type": "text"}
    assert Conversation.objects.get().unread_count == 0


@pytest.mark.parametrize("body", [{"typing": "yes"}, {"typing": 1}, {"other": True}])
def test_a_wrong_body_is_named(
    api: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message], body: Any
) -> None:
    answer = read(api, phone, written[0], body)

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [*body]
    assert graph.calls == []


def test_what_was_sent_by_us_cannot_be_read(api: Api, phone: PhoneNumber, graph: GraphServer) -> None:
    api.post(f"phones/{phone.pk}/messages", TEXT)

    assert read(api, phone, Message.objects.get()).status_code == 409
    assert len(graph.calls) == 1


def test_a_refusal_leaves_it_unread(
    api: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message]
) -> None:
    graph.usual = refusing(131009, "Parameter value is not valid")

    assert read(api, phone, written[0]).status_code == 422
    assert Conversation.objects.get().unread_count == 3


def test_another_numbers_message_is_not_found(
    api: Api, stranger: Api, phone: PhoneNumber, graph: GraphServer, written: list[Message]
) -> None:
    other = PhoneNumber.objects.create(
        organization=api.organization, waba=phone.waba, meta_phone_number_id="7", phone_number="+549115550000"
    )

    assert read(stranger, phone, written[0]).status_code == 404
    assert read(api, other, written[0]).status_code == 404
    assert api.post(f"phones/{phone.pk}/messages/wamid.0/read").status_code == 404
