"""A message as a client gave it: stored as pending, in the line to its contact, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from api.errors import InvalidFieldError
from inbox.contacts import UnknownRecipientError, contact_for_sending
from inbox.conversations import conversation_of, note_message
from inbox.models import Conversation, Message, OutboxEntry, SendingLane
from inbox.sending.bodies import body_of, said
from inbox.sending.queueing import enqueue
from inbox.sending.references import wamid_of
from phones.models import PhoneNumber


@transaction.atomic(durable=True)
def store(
    *, phone: PhoneNumber, given: dict[str, Any], bind: Callable[[Message], None], now: datetime
) -> OutboxEntry:
    """Raises InvalidFieldError, and what `bind` raises; then nothing is stored."""
    try:
        contact = contact_for_sending(phone=phone, to=given["to"])
    except UnknownRecipientError:
        raise InvalidFieldError("to", "No number, and no contact is known by it.", "unknown") from None
    # Locked from here on: messages to one person stand in line as their transactions came.
    conversation = Conversation.objects.select_for_update(no_key=True).get(pk=conversation_of(contact).pk)
    answered = given.get("reply_to")
    reply_to = wamid_of(conversation, answered, "replyTo") if answered else None
    words = said(phone, conversation, given)
    message = Message.objects.create(
        phone=phone,
        conversation=conversation,
        direction=Message.Direction.OUTBOUND,
        source=Message.Source.API,
        type=given["type"],
        content=words.content,
        media=words.media,
        reply_to_wamid=reply_to,
        status=Message.Status.PENDING,
        timestamp=now,
    )
    note_message(conversation, message)
    bind(message)
    SendingLane.objects.get_or_create(phone=phone)
    body = body_of(contact, message.type, words.object, opaque=str(message.pk), reply_to=reply_to)
    return enqueue(conversation=conversation, message=message, body=body, now=now)
