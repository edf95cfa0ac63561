"""The kinds of file that WhatsApp knows, and how large each may be.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media (supported media types)
"""

import mimetypes
import re
from enum import StrEnum

MIB = 1024 * 1024
MIME_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}", re.ASCII)
UNKNOWN = "application/octet-stream"


class Kind(StrEnum):
    IMAGE = "image"
    STICKER = "sticker"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


# Bytes.
LIMITS = {
    Kind.IMAGE: 5 * MIB,
    Kind.STICKER: 500 * 1024,
    Kind.AUDIO: 16 * MIB,
    Kind.VIDEO: 16 * MIB,
    Kind.DOCUMENT: 100 * MIB,
}
LARGEST = max(LIMITS.values())


def kind_of(mime_type: str) -> Kind:
    """Stickers are the one use of WebP."""
    if mime_type == "image/webp":
        return Kind.STICKER
    first = mime_type.partition("/")[0]
    return Kind(first) if first in {Kind.IMAGE, Kind.AUDIO, Kind.VIDEO} else Kind.DOCUMENT


def mime_type_of(declared: str | None, filename: str | None) -> str | None:
    """What the part of the form says of itself, else what its name says; None when neither does."""
    told = (declared or "").partition(";")[0].strip().lower()
    if MIME_TYPE.fullmatch(told) and told != UNKNOWN:
        return told
    return mimetypes.guess_type(filename or "")[0]


def limit_of(mime_type: str | None) -> int:
    return LIMITS[kind_of(mime_type)] if mime_type else LARGEST


def in_words(size: int) -> str:
    return f"{size // MIB} MB" if size >= MIB else f"{size // 1024} KB"
