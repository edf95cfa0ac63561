"""What a message says, as clients are shown it. Addresses are made here: nothing stored names a host."""

from typing import Any

from django.conf import settings

from inbox.models import Message

MEDIA_TYPES = frozenset({"image", "video", "audio", "document", "sticker"})


def shown_content(message: Message) -> dict[str, Any]:
    """`content` of the contract. A media message has its file's id and our address of it before the rest.

    Both are null where there is no file with us: one that was sent by its own URL, one of an old chat that
    never came, one that was revoked.
    """
    content: dict[str, Any] = message.content
    if message.type not in MEDIA_TYPES or "raw" in content or message.revoked_at:
        return content
    media_id = message.media_id
    file = {
        "mediaId": str(media_id) if media_id else None,
        "url": f"{settings.PUBLIC_BASE_URL}/v1/phones/{message.phone_id}/media/{media_id}"
        if media_id
        else None,
        "mimeType": None,
    }
    return file | content
