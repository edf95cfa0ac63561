"""Storing one message that Meta told of: its row, its file, what it changes, its conversation's counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from inbox.conversations import conversation_of, note_message
from inbox.models import Contact, Media, Message
from inbox.reading import moment
from inbox.receiving.changes import apply, change_target
from inbox.receiving.contents import File, Item, error_of, said, wamid
from inbox.receiving.errors import UnreadableError
from phones.models import PhoneNumber

# How long Meta keeps the file of a message that came by webhook.
FILE_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Origin:
    """Which way a message went, and how it came to be here."""

    direction: Message.Direction
    source: Message.Source
    status: Message.Status


FROM_CUSTOMER = Origin(Message.Direction.INBOUND, Message.Source.CUSTOMER, Message.Status.DELIVERED)
FROM_APP = Origin(Message.Direction.OUTBOUND, Message.Source.BUSINESS_APP, Message.Status.SENT)


def wamid_of(item: Item) -> str:
    """Raises UnreadableError."""
    found = wamid(item.get("id"))
    if found is None:
        raise UnreadableError("The message has no id.")
    return found


def is_here(phone: PhoneNumber, wamid: str) -> bool:
    """Whether the message was stored before: what comes again says nothing of anybody."""
    return Message.objects.filter(phone=phone, wamid=wamid).exists()


def store(
    *, phone: PhoneNumber, contact: Contact, item: Item, origin: Origin, at: datetime
) -> Message | None:
    """The new message of `contact`, whose row is locked; None for one that is here already."""
    message, file = unsaved(phone, item, origin, at)
    same_id = Q(wamid=message.wamid) | Q(target_wamid=message.wamid)
    akin = list(Message.objects.filter(same_id, phone=phone).order_by("pk"))
    if any(row.wamid == message.wamid for row in akin):
        return None
    message.conversation = conversation_of(contact)
    message.media = kept_file(phone, file, message.timestamp)
    name_target(message)
    message.save(force_insert=True)
    change_target(message)
    apply(message, akin)
    note_message(message.conversation, message)
    return message


def unsaved(phone: PhoneNumber, item: Item, origin: Origin, at: datetime) -> tuple[Message, File | None]:
    """The row without its conversation and file, and the file. Raises UnreadableError."""
    words = said(item)
    message = Message(
        phone=phone,
        direction=origin.direction,
        source=origin.source,
        type=words.type,
        content=words.content,
        context=words.context,
        wamid=wamid_of(item),
        reply_to_wamid=words.reply_to_wamid,
        target_wamid=words.target_wamid,
        status=origin.status,
        error=error_of(item),
        timestamp=moment(item.get("timestamp"), at),
    )
    setattr(message, f"{origin.status}_at", message.timestamp)
    return message, words.file


def kept_file(phone: PhoneNumber, file: File | None, at: datetime) -> Media | None:
    if file is None:
        return None
    media, _ = Media.objects.get_or_create(
        phone=phone, meta_media_id=file.meta_media_id, defaults=columns_of(file, at)
    )
    return media


def columns_of(file: File, at: datetime) -> dict[str, Any]:
    facts = {"mime_type": file.mime_type, "filename": file.filename, "sha256": file.sha256}
    return {**facts, "expires_at": at + FILE_LIFE}


def name_target(message: Message) -> None:
    """Adds our id of the message that this one is about; null where it is not here."""
    if message.target_wamid is None or "wamid" not in message.content:
        return
    of = Message.objects.filter(phone=message.phone, wamid=message.target_wamid)
    found = of.values_list("pk", flat=True).first()
    message.content["messageId"] = str(found) if found else None
