"""Rows that a message names: files, the message it answers, the message it reacts to."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from api.errors import InvalidFieldError
from inbox.models import Conversation, Media, Message
from phones.models import PhoneNumber


def media_of(phone: PhoneNumber, given: str, field: str) -> Media:
    """By our id or Meta's. One of Meta's that is new to us gets a row. Raises InvalidFieldError."""
    if given.isascii() and given.isdigit():
        return Media.objects.get_or_create(phone=phone, meta_media_id=given)[0]
    try:
        media = Media.objects.filter(phone=phone, pk=UUID(given)).first()
    except ValueError:
        media = None
    if media is None:
        raise InvalidFieldError(field, "There is no such file at this number.", "unknown")
    if media.expires_at and media.expires_at <= timezone.now():
        raise InvalidFieldError(field, "Meta has deleted this file. Upload it again.", "expired")
    return media


def with_metas_ids(phone: PhoneNumber, value: Any, field: str) -> Any:
    """A passed-on object in which each file of ours (`mediaId`, or `id` under a kind of media) is Meta's."""
    if isinstance(value, list):
        return [with_metas_ids(phone, inner, f"{field}.{place}") for place, inner in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {name: with_metas_ids(phone, inner, f"{field}.{name}") for name, inner in value.items()}
    for kind in ("image", "video", "document"):
        inner = made.get(kind)
        if isinstance(inner, dict) and is_uuid(inner.get("id")):
            made[kind] = inner | {"id": media_of(phone, inner["id"], f"{field}.{kind}.id").meta_media_id}
    if isinstance(made.get("mediaId"), str) and made["mediaId"]:
        made["mediaId"] = media_of(phone, made["mediaId"], f"{field}.mediaId").meta_media_id
    return made


def is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def wamid_of(conversation: Conversation, message_id: UUID, field: str) -> str:
    """What Meta calls a message of the same conversation. Raises InvalidFieldError."""
    found = Message.objects.filter(pk=message_id, conversation=conversation).values_list("wamid", flat=True)
    for wamid in found:
        if wamid is None:
            raise InvalidFieldError(field, "Meta has not accepted that message yet.", "pending")
        return wamid
    raise InvalidFieldError(
        field, "There is no such message in the conversation with this contact.", "unknown"
    )
