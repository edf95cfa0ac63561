"""What the page does: sending, once each, with who did it; and marking a conversation read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from api.errors import InvalidFieldError
from api.page_calls import checked
from inbox.models import Conversation, Message
from inbox.sending import services
from inbox.sending.serializers import input_for
from shared_inbox.models import Permission, SharedInboxAction, SharedInboxSession

Kind = SharedInboxAction.Kind
# A type that is not named here is advanced.
NEEDED = {
    "text": Permission.SEND_TEXT,
    "reaction": Permission.SEND_TEXT,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), Permission.SEND_MEDIA),
    "template": Permission.SEND_TEMPLATES,
}


class AlreadySentError(Exception):
    """The page sent the same message before, and did not learn that it had."""


def permission_for(body: Mapping[str, Any]) -> Permission:
    kind = body.get("type")
    return NEEDED.get(kind, Permission.SEND_ADVANCED) if isinstance(kind, str) else Permission.SEND_ADVANCED


def send(
    *,
    session: SharedInboxSession,
    conversation: Conversation,
    body: Mapping[str, Any],
    client_key: UUID,
    address: str | None,
) -> Message:
    """Sends the page's message to the conversation's contact; again with the same key it is the same one.

    `body` is as in the API, without `to`. Raises what `inbox.sending.services.send_message` raises.
    """
    for refused in ("to", "mediaUrl"):
        if refused in body:
            raise InvalidFieldError(refused, "Unknown field.", "unknown")
    whole = dict(body) | {"to": conversation.contact.reply_to}
    given = checked(input_for(whole), whole)

    def bind(message: Message) -> None:
        write_down(session, message, client_key, address)

    try:
        return services.send_message(phone=session.link.phone, given=given, bind=bind)
    except AlreadySentError:
        done = SharedInboxAction.objects.select_related("message").get(
            link=session.link, client_key=client_key
        )
        if done.message is None:
            raise InvalidFieldError("clientKey", "That message is not there any more.") from None
        return done.message


def write_down(session: SharedInboxSession, message: Message, client_key: UUID, address: str | None) -> None:
    """In the transaction that stores the message. Raises AlreadySentError, which undoes it."""
    try:
        with transaction.atomic():
            SharedInboxAction.objects.create(
                link=session.link,
                session_id=session.pk,
                kind=Kind.SENT,
                message=message,
                client_key=client_key,
                details=message.type,
                address=address,
            )
    except IntegrityError:
        raise AlreadySentError from None


def mark_read(*, session: SharedInboxSession, conversation: Conversation, address: str | None) -> bool:
    """Tells the contact that all was read; whether there was anything. Raises ConflictError, GraphError."""
    if not conversation.unread_count:
        return False
    inbound = Message.objects.filter(conversation=conversation, direction=Message.Direction.INBOUND)
    newest = inbound.exclude(type="system").order_by("-timestamp", "-created_at", "-id").first()
    if newest is not None:
        services.mark_read(message=newest, is_typing=False)
    SharedInboxAction.objects.create(
        link=session.link, session_id=session.pk, kind=Kind.MARKED_READ, message=newest, address=address
    )
    return True
