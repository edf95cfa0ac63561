"""The thread with a contact: found or made, and what a message changes in its counts."""

from typing import Any

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Greatest

from inbox.models import Contact, Conversation, Message

# What a person does to a message, and what Meta tells of a person: nothing that waits to be read.
NEVER_UNREAD = frozenset({"edit", "revoke", "reaction", "system"})
Direction, Source = Message.Direction, Message.Source


def conversation_of(contact: Contact) -> Conversation:
    """The contact's one conversation, made if need be; no query where it was read with a locked contact."""
    conversation: Conversation | None = getattr(contact, "conversation", None)
    if conversation is None:
        conversation, _ = Conversation.objects.get_or_create(
            contact=contact, defaults={"phone_id": contact.phone_id}
        )
    # Without another read: what is asked of it next is the contact.
    conversation.contact = contact
    return conversation


def note_message(conversation: Conversation, message: Message) -> None:
    """Counts a message that was stored just now, in its transaction. The row is locked from here on."""
    at = Value(message.timestamp)
    changes: dict[str, Any] = {
        "message_count": F("message_count") + 1,
        "last_message_at": Case(When(message_count=0, then=at), default=Greatest(F("last_message_at"), at)),
    }
    if opens_window(message):
        changes["last_inbound_at"] = Greatest(Coalesce(F("last_inbound_at"), at), at)
    if message.source == Source.CUSTOMER and message.type not in NEVER_UNREAD:
        changes["unread_count"] = F("unread_count") + 1
    if message.source == Source.BUSINESS_APP:
        # What came after the owner's answer was not read with it.
        is_late = When(last_inbound_at__gt=at, then=F("unread_count"))
        changes["unread_count"] = Case(is_late, default=Value(0))
    Conversation.objects.filter(pk=conversation.pk).update(**changes)


def opens_window(message: Message) -> bool:
    """Free-form messages are allowed for 24 hours after it. What Meta itself says is not the person."""
    return message.direction == Direction.INBOUND and message.type != "system"
