"""`receive_message`: once, counted, told with every key."""

from datetime import timedelta

import pytest

from inbox.models import Contact, Conversation, Message
from inbox.receiving import UnreadableError
from tests.inbox.world import ANA, AT, BSUID, SECOND, WA_ID, echo, message, receive, receive_echo
from tests.phones.world import names, told
from webhooks.models import Event

pytestmark = pytest.mark.django_db


def test_a_message_is_stored_counted_and_told_with_every_key(phone):
    receive(phone, message())

    row, conversation, contact = Message.objects.get(), Conversation.objects.get(), Contact.objects.get()
    [(name, data)] = told()
    assert name == "message.received"
    assert data == {
        "messageId": str(row.pk),
        "conversationId": str(conversation.pk),
        "phoneNumberId": str(phone.pk),
        "phoneNumber": phone.phone_number,
        "direction": "inbound",
        "type": "text",
        "content": {"body": "Hello 1"},
        "wamid": "wamid.1",
        "status": "delivered",
        "externalId": "customer-123",
        "error": None,
        "contactId": str(contact.pk),
        "contactIdentifier": BSUID,
        "contactIdentifierType": "bsuid",
        "contactReplyTo": WA_ID,
        "contactPhone": WA_ID,
        "contactName": "Ana",
        "waId": WA_ID,
        "businessScopedUserId": BSUID,
        "parentBusinessScopedUserId": None,
        "username": "ana.diaz",
        "timestamp": "2026-01-15T10:30:01.000Z",
        "replyTo": None,
        "context": None,
    }
    event = Event.objects.get()
    assert (event.waba_id, event.organization_id) == (phone.waba_id, phone.organization_id)
    assert (conversation.message_count, conversation.unread_count) == (1, 1)
    assert conversation.last_message_at == conversation.last_inbound_at == row.timestamp == row.delivered_at


def test_the_same_message_again_does_nothing(phone):
    for _ in range(3):
        receive(phone, message())

    assert Message.objects.count() == len(names()) == Conversation.objects.get().message_count == 1


def test_an_older_message_counts_and_moves_no_time_back(phone):
    receive(phone, message(number=9))
    receive(phone, message(number=2))

    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (2, 2)
    assert int(conversation.last_message_at.timestamp()) == SECOND + 9
    assert conversation.last_inbound_at == AT + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("item", "contact"),
    [
        ({}, ANA),
        (message() | {"id": None}, ANA),
        (message() | {"id": ""}, ANA),
        (message() | {"id": "wamid.\x00"}, ANA),
        (message() | {"id": "w" * 513}, ANA),
        ({"id": "wamid.1", "type": "text"}, None),
        ({"id": "wamid.1", "from": "", "from_user_id": []}, {"wa_id": {}, "user_id": None}),
    ],
)
def test_what_names_no_message_or_nobody_is_unreadable_and_stores_nothing(phone, item, contact):
    with pytest.raises(UnreadableError):
        receive(phone, item, contact)

    assert not Contact.objects.exists()


def test_a_long_id_is_kept_whole(phone):
    receive(phone, message() | {"id": "w" * 512})

    assert Message.objects.get().wamid == "w" * 512


def test_a_time_that_cannot_be_is_the_notifications(phone):
    for number, odd in enumerate(["", "x", None, "99999999999999", str(SECOND + 10 * 86400), -5]):
        receive(phone, message(number=number, timestamp=odd))

    assert {row.timestamp for row in Message.objects.all()} == {AT}


def test_a_message_without_a_list_of_contacts_is_from_its_sender(phone):
    receive(phone, message(), None)

    contact = Contact.objects.get()
    assert (contact.bsuid, contact.phone_number, contact.name) == (BSUID, WA_ID, None)


def test_an_answer_of_the_owner_goes_out_once_and_nothing_is_left_unread(phone):
    receive(phone, message())
    receive_echo(phone, echo())
    receive_echo(phone, echo())

    assert names() == ["message.received", "message.sent"]
    data = told()[1][1]
    assert (data["direction"], data["status"], data["contactName"]) == ("outbound", "sent", "Ana")
    row, conversation = Message.objects.get(direction="outbound"), Conversation.objects.get()
    assert (row.source, row.sent_at) == ("business_app", row.timestamp)
    assert (conversation.message_count, conversation.unread_count) == (2, 0)
    assert conversation.last_inbound_at == AT + timedelta(seconds=1)


@pytest.mark.parametrize(("second", "unread"), [(1, 1), (5, 0), (9, 0)])
def test_an_answer_of_the_owner_that_comes_late_leaves_unread_what_came_after_it(phone, second, unread):
    receive(phone, message(number=5))

    receive_echo(phone, echo(number=second))

    assert Conversation.objects.get().unread_count == unread


def test_an_answer_to_somebody_without_a_number_finds_them(phone):
    receive(phone, message())

    receive_echo(phone, echo() | {"to": None, "to_user_id": BSUID})

    assert Conversation.objects.get().message_count == 2


def test_an_echo_to_nobody_is_unreadable(phone):
    with pytest.raises(UnreadableError):
        receive_echo(phone, {"id": "wamid.1", "type": "text", "text": {"body": "x"}})
