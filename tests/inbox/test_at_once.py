"""Several workers at once, as PostgreSQL lets them: one contact, right counts, nothing twice."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import close_old_connections, connection, connections, transaction

from inbox.contacts import contact_for_sending
from inbox.conversations import conversation_of
from inbox.erasure import erase
from inbox.models import Contact, Conversation, Message
from inbox.receiving import TooEarlyError
from tests.inbox.test_history import entry, old, receive_history, sync, thread
from tests.inbox.test_people import NEW, update_id
from tests.inbox.world import (
    BSUID,
    WA_ID,
    echo,
    message,
    receive,
    receive_echo,
    receive_status,
    sent_message,
    status,
)
from tests.phones.world import names

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time"),
]
WORKERS = 8


def at_once(acts: Iterable[Any]) -> None:
    """Runs the acts side by side, each on a connection of its own. Raises what one of them raised."""

    def run(act: Callable[[], Any]) -> None:
        close_old_connections()
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(timeout=60)


def counts() -> None:
    for row in Conversation.objects.all():
        assert row.message_count == row.messages.count()


def test_the_first_messages_of_somebody_at_once_make_one_contact(phone):
    at_once(lambda number=number: receive(phone, message(number=number)) for number in range(40))

    assert Contact.objects.count() == 1
    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (40, 40)
    assert names() == ["message.received"] * 40


def test_the_same_message_at_once_is_one(phone):
    at_once(lambda: receive(phone, message()) for _ in range(20))

    assert Message.objects.count() == Conversation.objects.get().message_count == len(names()) == 1


def test_the_same_statuses_at_once_are_told_once_each(phone):
    row = sent_message(phone, status="pending", wamid=None)
    told = [status(name, biz_opaque_callback_data=str(row.pk)) for name in ("sent", "delivered", "read") * 5]

    at_once(lambda item=item: receive_status(phone, item) for item in told)

    assert Message.objects.get().status == "read"
    assert names().count("message.sent") == 1
    assert 1 <= names().count("message.status_updated") <= 2


def test_joining_two_rows_while_both_are_written_to_loses_nothing(phone):
    receive(phone, message(number=0) | {"from": None}, {"user_id": BSUID})
    receive(phone, message(number=1) | {"from_user_id": None}, None)
    writers = [
        lambda number=number, kind=kind: receive(phone, message(number=number) | kind, None)
        for number in range(2, 20, 2)
        for kind in ({"from": None}, {"from_user_id": None, "id": f"wamid.n{number}"})
    ]
    joined = [lambda: receive(phone, message(number=99))]

    @transaction.atomic
    def sent() -> None:
        conversation_of(contact_for_sending(phone=phone, to=WA_ID))

    at_once([*writers[:8], *joined, sent, sent, *writers[8:]])

    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert Message.objects.count() == 21
    counts()


def test_old_chats_new_messages_answers_and_new_ids_at_once_fit_together(phone):
    receive(phone, message(number=0))
    acts: list[Any] = []
    for number in range(1, 9):
        chat = thread(*(old(number * 100 + part) for part in range(20)))
        acts.append(lambda chat=chat: receive_history(phone, chat))
        acts.append(lambda number=number: receive(phone, message(number=number)))
        acts.append(lambda number=number: receive_echo(phone, echo(number=number)))
    update = {"user_id": {"previous": BSUID, "current": NEW}, "wa_id": WA_ID}
    acts.insert(9, lambda: update_id(phone, update))

    at_once(acts)

    assert Contact.objects.get().bsuid == NEW
    assert Conversation.objects.get().message_count == Message.objects.count() == 8 * 22 + 1


def test_an_address_book_and_the_first_messages_of_the_same_people_at_once_make_one_contact_each(phone):
    numbers = [f"54911{who:08}" for who in range(60)]
    book = [entry(phone_number=number, full_name=f"Saved {number}") for number in numbers]
    first = [
        lambda who=who, number=number: receive(
            phone, message(number=who) | {"from": number, "from_user_id": None}, {"wa_id": number}
        )
        for who, number in enumerate(numbers)
    ]

    at_once([*first[:10], lambda: sync(phone, *book), *first[10:]])

    assert Contact.objects.count() == Conversation.objects.count() == 60
    assert not Contact.objects.filter(saved_name=None).exists()


def test_an_erasure_among_writers_leaves_what_fits_together(phone):
    for number in range(5):
        receive(phone, message(number=number))

    def erased() -> None:
        erase(contact=Contact.objects.get(bsuid=BSUID))

    def told() -> None:
        try:
            receive_status(phone, status("read", "wamid.1"))
        except TooEarlyError:
            return

    at_once(
        [
            erased,
            *(lambda number=number: receive(phone, message(number=number)) for number in range(30)),
            told,
        ]
    )

    assert not Message.objects.exists()
    counts()
