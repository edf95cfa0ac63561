"""Old chats and address books: thousands at once, nothing told, nothing twice, nothing stopped by one."""

from time import perf_counter
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inbox import receiving
from inbox.models import Contact, Conversation, Media, Message
from inbox.receiving import UnreadableError
from phones.models import CoexistenceSync
from tests.inbox.world import AT, BSUID, SECOND, WA_ID, message, receive
from tests.phones.world import names, told

pytestmark = pytest.mark.django_db
OURS = "5491155551231"


@transaction.atomic
def receive_history(phone, *threads: Any, **value: Any) -> None:
    chunk = {"metadata": {"phase": 0, "chunk_order": 1, "progress": 10}, "threads": list(threads)}
    value = value or {"history": [chunk]}
    receiving.receive_history(phone=phone, value={"messaging_product": "whatsapp"} | value, at=AT)


def old(number: int, *, is_ours: bool = False, kind: str = "text", said: Any = None, **more: Any) -> Any:
    who = {"from": OURS, "to": WA_ID} if is_ours else {"from": WA_ID, "from_user_id": BSUID}
    words = {"body": f"Old {number}"} if said is None and kind == "text" else said
    item = {"id": f"wamid.h{number}", "timestamp": str(SECOND - 10_000 + number), "type": kind, **who, **more}
    return item | ({kind: words} if words is not None else {})


def thread(*messages: Any, **context: Any) -> Any:
    return {"id": WA_ID, "context": {"wa_id": WA_ID, "user_id": BSUID} | context, "messages": list(messages)}


def test_old_chats_are_stored_in_silence_with_their_way_and_status(phone):
    receive_history(
        phone,
        thread(
            old(1, history_context={"status": "READ"}),
            old(2, is_ours=True, history_context={"status": "PLAYED"}),
            old(3, is_ours=True, history_context={"status": "ERROR"}),
            old(4, is_ours=True),
            username="ana",
        ),
    )

    rows = Message.objects.order_by("timestamp")
    assert [(row.direction, row.status) for row in rows] == [
        ("inbound", "delivered"),
        ("outbound", "played"),
        ("outbound", "failed"),
        ("outbound", "sent"),
    ]
    assert {row.source for row in rows} == {"history"}
    conversation, contact = Conversation.objects.get(), Contact.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (4, 0)
    assert conversation.last_message_at == rows[3].timestamp
    assert conversation.last_inbound_at == rows[0].timestamp
    assert (contact.bsuid, contact.wa_id, contact.username) == (BSUID, WA_ID, "ana")
    assert names() == []


def test_the_same_chunk_again_and_messages_that_are_here_change_nothing(phone):
    receive(phone, message() | {"id": "wamid.h1"})
    for _ in range(2):
        receive_history(phone, thread(old(1), old(2), old(2)))

    assert Message.objects.count() == Conversation.objects.get().message_count == 2
    assert Message.objects.get(wamid="wamid.h1").source == "customer"
    assert Conversation.objects.get().unread_count == 1


def test_one_broken_message_stops_no_other(phone):
    broken = [{}, {"id": []}, old(9) | {"id": None}, old(8) | {"id": "\x00"}, old(7) | {"type": {}}]

    receive_history(phone, thread(*broken, old(1), "x", None, old(2)), "no thread", {"messages": [old(3)]})

    assert {row.wamid for row in Message.objects.all()} == {"wamid.h1", "wamid.h2", "wamid.h3", "wamid.h7"}


def test_a_file_comes_after_its_message(phone):
    receive_history(phone, thread(old(1, kind="media_placeholder"), old(2, kind="media_placeholder")))
    image = {"id": "55", "mime_type": "image/png", "caption": "Us"}

    receive_history(phone, messages=[old(1, kind="image", said=image)], contacts=[])
    receive_history(phone, message_echoes=[old(2, is_ours=True, kind="image", said=image | {"id": "56"})])
    receive_history(phone, messages=[old(1, kind="image", said=image)])

    for number, meta_media_id in ((1, "55"), (2, "56")):
        row = Message.objects.get(wamid=f"wamid.h{number}")
        assert (row.type, row.content["caption"]) == ("image", "Us")
        assert row.media is not None
        assert row.media.meta_media_id == meta_media_id
    assert Media.objects.count() == Message.objects.count() == Conversation.objects.get().message_count == 2


def test_a_file_without_a_message_before_it_is_a_message(phone):
    receive_history(phone, messages=[old(1, kind="image", said={"id": "55", "mime_type": "image/png"})])

    assert Message.objects.get().media == Media.objects.get()


def test_what_was_edited_revoked_and_reacted_to_is_so_in_the_old_chat_too(phone):
    words = {"original_message_id": "wamid.h1", "message": {"type": "text", "text": {"body": "New"}}}
    receive_history(
        phone,
        thread(
            old(1),
            old(2),
            old(3, kind="edit", said=words),
            old(4, kind="revoke", said={"original_message_id": "wamid.h2"}),
            old(5, is_ours=True, kind="reaction", said={"message_id": "wamid.h1", "emoji": "x"}),
        ),
    )

    first = Message.objects.get(wamid="wamid.h1")
    assert first.content == {"body": "New"}
    assert Message.objects.get(wamid="wamid.h2").content == {}
    assert Message.objects.get(type="reaction").content["messageId"] == str(first.pk)


def test_an_owner_who_shares_no_chats_is_noted(phone):
    with transaction.atomic():
        refusal = [{"errors": [{"code": 2593109, "title": "Declined"}]}]
        receiving.receive_history(phone=phone, value={"history": refusal}, at=AT)

    assert CoexistenceSync.objects.get(phone=phone).outcome == "declined"


@pytest.mark.parametrize("value", [{}, {"history": {}}, {"history": ["x"]}, {"messages": []}])
def test_what_is_no_history_is_unreadable(phone, value):
    with pytest.raises(UnreadableError):
        receiving.receive_history(phone=phone, value=value, at=AT)


def chunk_of(count: int, people: int) -> list[Any]:
    """Threads of as many people, so many messages in all."""
    threads: list[Any] = []
    for who in range(people):
        wa_id, items = f"54911{who:08}", []
        for number in range(who, count, people):
            item = old(number, is_ours=number % 2 == 0)
            items.append(item | ({"to": wa_id} if "to" in item else {"from": wa_id}))
        context = {"wa_id": wa_id, "user_id": f"AR.{who}"}
        threads.append({"id": wa_id, "context": context, "messages": items})
    return threads


def test_thousands_of_messages_cost_no_query_each(phone):
    with CaptureQueriesContext(connection) as few:
        receive_history(phone, *chunk_of(30, 3))
    Contact.objects.all().delete()

    began = perf_counter()
    with CaptureQueriesContext(connection) as many:
        receive_history(phone, *chunk_of(3000, 300))
    took = perf_counter() - began

    assert Message.objects.count() == 3000
    assert Conversation.objects.count() == 300
    assert {row.message_count for row in Conversation.objects.all()} == {10}
    # An insert takes as many rows as the database takes parameters: SQLite few, PostgreSQL a thousand.
    assert len(many) < len(few) + 100
    assert took < 6


def test_an_old_chat_under_an_id_of_before_is_of_the_same_person(phone):
    receive(phone, message())
    with transaction.atomic():
        update = {"user_id": {"previous": BSUID, "current": "AR.2"}, "wa_id": WA_ID}
        receiving.receive_user_id_update(phone=phone, item=update, at=AT)

    receive_history(phone, {"context": {"user_id": BSUID}, "messages": [old(1), old(2)]})
    receive_history(phone, {"context": {"user_id": BSUID}, "messages": [old(3)]})

    assert Conversation.objects.get().message_count == 4
    assert Contact.objects.get().bsuid == "AR.2"


def test_a_number_that_changed_hands_within_old_chats_joins_nobody(phone):
    first, second = thread(old(1)), thread(old(2), user_id="AR.2")

    receive_history(phone, first, second)

    assert Contact.objects.count() == Conversation.objects.count() == 2
    assert {row.wa_id for row in Contact.objects.all()} == {WA_ID, None}


def test_rows_that_an_old_chat_shows_to_be_one_person_are_joined(phone):
    receive(phone, message() | {"from": None}, {"user_id": BSUID})
    receive(phone, message(number=2) | {"from_user_id": None}, None)
    assert Contact.objects.count() == 2

    receive_history(phone, thread(old(1)), {"id": WA_ID, "messages": [old(2)]})

    assert Conversation.objects.get().message_count == 4
    assert names()[-1] == "contact.updated"


@transaction.atomic
def sync(phone, *entries: Any) -> None:
    receiving.receive_state_sync(phone=phone, value={"state_sync": list(entries)}, at=AT)


def entry(action: str = "add", second: int = 0, **contact: Any) -> Any:
    said = {"full_name": "Ana D", "first_name": "Ana", "phone_number": f"+{WA_ID}"} | contact
    return {
        "type": "contact",
        "contact": said,
        "action": action,
        "metadata": {"timestamp": str(SECOND + second)},
    }


def test_an_address_book_names_people_before_they_write(phone):
    bo = entry(phone_number="+54 9 11 5555-0001", full_name=None, first_name="Bo")
    sync(phone, entry(), bo, {}, "x", None)

    assert dict(Contact.objects.values_list("phone_number", "saved_name")) == {
        WA_ID: "Ana D",
        "5491155550001": "Bo",
    }
    assert names() == []
    receive(phone, message(), {"wa_id": WA_ID, "user_id": BSUID})
    assert told()[-1][1]["contactName"] == "Ana D"
    assert Contact.objects.count() == 2


def test_a_name_that_changes_for_somebody_who_wrote_is_told(phone):
    receive(phone, message(), None)
    sync(phone, entry())
    sync(phone, entry())
    sync(phone, entry("remove", full_name=None))

    changes = [data["contactName"] for name, data in told() if name == "contact.updated"]
    assert changes == ["Ana D", None]


def test_the_last_word_on_a_contact_counts(phone):
    sync(phone, entry(second=9, full_name="Last"), entry(second=3), entry("remove", second=5))
    sync(phone, entry("remove", phone_number="+999"))

    assert Contact.objects.get().saved_name == "Last"


def test_a_whole_address_book_costs_no_query_each(phone):
    book = [entry(phone_number=f"+1555{number:07}", full_name=f"N{number}") for number in range(3000)]

    with CaptureQueriesContext(connection) as queries:
        sync(phone, *book)
    with CaptureQueriesContext(connection) as again:
        sync(phone, *book)

    assert Contact.objects.count() == 3000
    assert len(queries) < 100
    assert len(again) < 20


def test_without_a_list_there_is_no_address_book(phone):
    with pytest.raises(UnreadableError):
        receiving.receive_state_sync(phone=phone, value={"state_sync": "x"}, at=AT)
