"""The line of messages to one person: who is next, and when Meta takes another one for this person.

The conversation is locked by whoever stands here: two that store and one that settles see the same line.
"""

from datetime import datetime
from typing import Any

from api.request_id import current_request_id
from inbox.models import Conversation, Message, OutboxEntry
from inbox.sending.rates import pair


def enqueue(
    *, conversation: Conversation, message: Message, body: dict[str, Any], now: datetime
) -> OutboxEntry:
    """Behind what waits for the same person already. In the transaction that stores the message."""
    is_first = not waiting(conversation).exists()
    return OutboxEntry.objects.create(
        message=message,
        phone_id=conversation.phone_id,
        contact_id=conversation.contact_id,
        body=body,
        due_at=taken_slot(conversation, now) if is_first else None,
        request_id=current_request_id(),
    )


def advance(conversation: Conversation, now: datetime) -> bool:
    """Lets the next one go, after one has ended; whether there is one."""
    head = waiting(conversation).order_by("pk").only("due_at").first()
    if head is None or head.due_at is not None:
        return False
    OutboxEntry.objects.filter(pk=head.pk).update(due_at=taken_slot(conversation, now))
    return True


def waiting(conversation: Conversation) -> Any:
    """What has not ended, the one that is on its way included."""
    return OutboxEntry.objects.filter(contact_id=conversation.contact_id, finished_at=None)


def taken_slot(conversation: Conversation, now: datetime) -> datetime:
    """When one more message to this person may begin; it counts from here on."""
    at = pair().free_at(conversation.next_free_at, now)
    keep(conversation, pair().after(conversation.next_free_at, at))
    return at


def empty(conversation: Conversation, until: datetime) -> None:
    """Meta counted more than we did: one may go then, and no burst after it."""
    keep(conversation, pair().emptied(until))


def keep(conversation: Conversation, next_free_at: datetime) -> None:
    conversation.next_free_at = next_free_at
    Conversation.objects.filter(pk=conversation.pk).update(next_free_at=next_free_at)
