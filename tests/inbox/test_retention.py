"""What of the inbox is deleted when its time is over, and what is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox import erasure, retention
from inbox.models import Contact, Conversation, Media, Message, OutboxEntry
from inbox.retention import prune
from tests.inbox.world import message, receive, sent_message

pytestmark = pytest.mark.django_db(transaction=True)
KEPT, SECOND = timedelta(days=30), timedelta(seconds=1)
IMAGE = {"id": "777", "mime_type": "image/jpeg", "sha256": "x"}


@pytest.fixture(autouse=True)
def days(settings: Any) -> None:
    settings.MESSAGE_RETENTION_DAYS = 30.0


def received(phone: Any, number: int, at: datetime, kind: str = "text", said: Any = None) -> Message:
    receive(phone, message(kind, said, number=number))
    Message.objects.filter(wamid=f"wamid.{number}").update(created_at=at)
    return Message.objects.get(wamid=f"wamid.{number}")


def queued(phone: Any, **columns: Any) -> OutboxEntry:
    row = sent_message(phone, wamid=None, status="pending")
    return OutboxEntry.objects.create(
        message=row, phone=phone, contact=row.conversation.contact, body={}, **columns
    )


def test_messages_go_after_their_time_and_the_conversation_counts_what_is_left(phone):
    now = timezone.now()
    for number in range(3):
        received(phone, number, now - KEPT - SECOND)
    kept = received(phone, 5, now - KEPT + SECOND)

    assert list(prune(now)) == [3]
    assert list(Message.objects.all()) == [kept]
    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (1, 1)
    assert Contact.objects.exists()


def test_without_the_setting_they_are_kept(phone, settings):
    settings.MESSAGE_RETENTION_DAYS = None
    received(phone, 1, timezone.now() - timedelta(days=4000))

    assert list(prune(timezone.now())) == []
    assert Message.objects.exists()


def test_a_file_goes_with_the_last_message_that_had_it(phone):
    now = timezone.now()
    for number, at in ((1, now - 2 * KEPT), (2, now)):
        received(phone, number, at, "image", IMAGE)

    list(prune(now))
    with_another = Media.objects.count()
    list(prune(now + 2 * KEPT))

    assert (with_another, Media.objects.count()) == (1, 0)


def test_what_is_on_its_way_to_meta_is_never_deleted(phone):
    entry = queued(phone, due_at=timezone.now())
    Message.objects.update(created_at=timezone.now() - 2 * KEPT)

    assert list(prune(timezone.now())) == []
    assert OutboxEntry.objects.get() == entry


def test_of_a_message_of_unknown_outcome_the_entry_goes_first(phone, settings):
    settings.MESSAGE_RETENTION_DAYS = None
    now = timezone.now()
    queued(phone, finished_at=now - timedelta(days=8) - SECOND)
    kept = queued(phone, finished_at=now - timedelta(days=8) + SECOND)
    waiting = queued(phone, due_at=now - timedelta(days=20))

    list(prune(now))

    assert set(OutboxEntry.objects.all()) == {kept, waiting}
    assert Message.objects.count() == 3


def test_it_goes_in_small_batches_and_may_be_stopped(phone, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    now = timezone.now()
    for number in range(5):
        received(phone, number, now - KEPT - timedelta(days=number + 1))

    assert next(prune(now)) == 2
    assert Message.objects.count() == 3
    assert list(prune(now)) == [2, 1]
    assert Conversation.objects.get().message_count == 0


def test_an_erasure_that_was_interrupted_is_finished(phone, settings):
    settings.MESSAGE_RETENTION_DAYS = None
    receive(phone, message())
    erasure.make_nobody(Contact.objects.get())
    Contact.objects.update(erased_at=timezone.now() - timedelta(hours=1))

    list(prune(timezone.now()))

    assert (Contact.objects.count(), Message.objects.count()) == (0, 0)
