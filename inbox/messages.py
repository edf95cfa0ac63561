"""A message as an event tells of it, and the three events of a message. Each in the message's transaction."""

from typing import Any

from inbox.contact_events import contact_data
from inbox.content import shown_content
from inbox.models import Message
from inbox.replies import replied_to
from webhooks.events import publish


def message_data(message: Message) -> dict[str, Any]:
    """The data of all three. Without a query where phone, conversation and contact are loaded."""
    phone, contact = message.phone, message.conversation.contact
    return {
        "messageId": str(message.pk),
        "conversationId": str(message.conversation_id),
        "phoneNumberId": str(phone.pk),
        "phoneNumber": phone.phone_number,
        "direction": message.direction,
        "type": message.type,
        "content": shown_content(message),
        "wamid": message.wamid,
        "status": message.status,
        "externalId": phone.external_id,
        "error": message.error,
        **contact_data(contact),
        "timestamp": message.timestamp,
        "replyTo": replied_to(message),
        "context": message.context,
    }


def publish_received(message: Message) -> None:
    told(message, "message.received")


def publish_sent(message: Message) -> None:
    """Once, by whoever took the message out of `pending` because Meta accepted it."""
    told(message, "message.sent")


def publish_status(message: Message) -> None:
    """`status` and `error` are new."""
    told(message, "message.status_updated")


def told(message: Message, name: str) -> None:
    phone = message.phone
    publish(
        organization=phone.organization,
        waba=phone.waba,
        name=name,
        data=message_data(message),
        about=message.conversation.contact_id,
    )
