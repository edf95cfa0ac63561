"""What is deleted when its time is over: messages, where the settings bound them, outbox entries of unknown
outcome, and what an interrupted erasure left.

In small transactions, oldest first: it may be stopped at any time and begun again.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from inbox.conversations import NEVER_UNREAD
from inbox.erasure import finish_all
from inbox.models import Conversation, Media, Message, OutboxEntry

# Meta sends a status again for 7 days; one that is later finds its message without the entry too.
KEPT_ENTRIES = timedelta(days=8)
BATCH = 500


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """Deletes a batch of messages at a time and yields how many these were; the rest is not counted.

    `is_dry`: deletes nothing, and yields the number of all at once.
    """
    if is_dry:
        yield outdated(now).count()
        return
    finish_all()
    dead_entries(now).delete()
    while ids := list(outdated(now).order_by("created_at", "pk").values_list("pk", flat=True)[:BATCH]):
        yield delete_messages(ids)


def outdated(now: datetime) -> QuerySet[Message]:
    """Stored longer ago than the setting says; none without one. Nothing that is on its way to Meta."""
    if settings.MESSAGE_RETENTION_DAYS is None:
        return Message.objects.none()
    is_waiting = OutboxEntry.objects.filter(message=OuterRef("pk"), finished_at=None)
    first_kept = now - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    return Message.objects.filter(~Exists(is_waiting), created_at__lt=first_kept)


def dead_entries(now: datetime) -> QuerySet[OutboxEntry]:
    """Of messages of which nobody learnt what became of them."""
    return OutboxEntry.objects.filter(finished_at__lt=now - KEPT_ENTRIES)


def delete_messages(ids: list[UUID]) -> int:
    """With their files, a conversation at a time."""
    of_conversations = defaultdict[UUID, list[UUID]](list)
    for pk, conversation_id in Message.objects.filter(pk__in=ids).values_list("pk", "conversation_id"):
        of_conversations[conversation_id].append(pk)
    return sum(delete_some(conversation_id, some) for conversation_id, some in of_conversations.items())


@transaction.atomic(durable=True)
def delete_some(conversation_id: UUID, ids: list[UUID]) -> int:
    """Messages of one conversation, which counts what is left; those that were moved meanwhile stay."""
    conversation = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
    if conversation is None:
        return 0
    messages = Message.objects.filter(pk__in=ids, conversation=conversation)
    files = set(messages.exclude(media=None).values_list("media", flat=True))
    _, deleted = messages.delete()
    Media.objects.filter(pk__in=files, messages=None).delete()
    count = deleted.get("inbox.Message", 0)
    Conversation.objects.filter(pk=conversation.pk).update(
        message_count=F("message_count") - count, unread_count=unread_left(conversation)
    )
    return count


def unread_left(conversation: Conversation) -> int:
    came = Message.objects.filter(conversation=conversation, source=Message.Source.CUSTOMER)
    return came.exclude(type__in=NEVER_UNREAD)[: conversation.unread_count].count()
