"""The rows of the inbox."""

from inbox.models.contacts import Contact, ContactAlias, Erasure
from inbox.models.conversations import Conversation, Message
from inbox.models.media import Media
from inbox.models.outbox import OutboxEntry, SendingLane

__all__ = [
    "Contact",
    "ContactAlias",
    "Conversation",
    "Erasure",
    "Media",
    "Message",
    "OutboxEntry",
    "SendingLane",
]
