"""What a client asks of a number: sending a message, and telling its writer that one was read."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from api.errors import ConflictError
from inbox.conversations import NEVER_UNREAD
from inbox.models import Conversation, Message
from inbox.sending.calling import Call
from inbox.sending.outcomes import Refused
from inbox.sending.prompt import send_now
from inbox.sending.refusals import refusal
from inbox.sending.senders import loaded, sending_token_of, token_of
from inbox.sending.storing import store
from meta_graph import messages
from phones.models import PhoneNumber


class NotInboundError(ConflictError):
    message = "Only a message that the contact wrote can be marked as read."


def send_message(*, phone: PhoneNumber, given: dict[str, Any], bind: Callable[[Message], None]) -> Message:
    """`given` is a validated body. `bind` is called in the transaction that stores the message.

    Stored before Meta is asked, and never sent twice. Raises ConflictError for a number that cannot send,
    InvalidFieldError, and MetaRefusedError where Meta says no within the request: the message is failed then.
    """
    current = loaded(phone.pk)
    token = sending_token_of(current)
    entry = store(phone=current, given=given, bind=bind, now=timezone.now())
    outcome = send_now(entry, Call(current.meta_phone_number_id, entry.body, token))
    message = Message.objects.get(pk=entry.message_id)
    if isinstance(outcome, Refused) and outcome.error:
        raise refusal(outcome.error, message)
    return message


def mark_read(*, message: Message, is_typing: bool) -> None:
    """Shows the writer that the message was read, and those before it. Raises ConflictError, GraphError."""
    if message.direction != Message.Direction.INBOUND or message.wamid is None:
        raise NotInboundError
    phone = loaded(message.phone_id)
    messages.mark_read(
        phone_number_id=phone.meta_phone_number_id,
        wamid=message.wamid,
        token=token_of(phone),
        is_typing=is_typing,
    )
    note_read(message)


@transaction.atomic
def note_read(message: Message) -> None:
    """What came after the message is all that is unread now."""
    conversations = Conversation.objects.select_for_update(no_key=True).filter(pk=message.conversation_id)
    conversation = conversations.first()
    if conversation is None:
        # Erased, or joined to another: there it is unread still.
        return
    # Meta's times are whole seconds.
    is_later = Q(timestamp__gt=message.timestamp) | Q(
        timestamp=message.timestamp, created_at__gt=message.created_at
    )
    newer = Message.objects.filter(
        is_later, conversation=conversation, source=Message.Source.CUSTOMER
    ).exclude(type__in=NEVER_UNREAD)
    unread = newer[: conversation.unread_count].count()
    Conversation.objects.filter(pk=conversation.pk).update(unread_count=unread)
