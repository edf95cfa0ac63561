"""The contents of media, kept in memory while the sandbox runs; what Meta allows of each kind.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

KEPT = 512 * 1024 * 1024  # bytes of all files together
KIB, MIB = 1024, 1024 * 1024
DAY = 86400
UPLOADED_LIFE, RECEIVED_LIFE = 30 * DAY, 7 * DAY  # seconds
OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True)
class Kind:
    """What may be sent as one message type; `largest` in bytes."""

    mime_types: tuple[str, ...]
    largest: int


KINDS = {
    "image": Kind(("image/jpeg", "image/png"), 5 * MIB),
    "video": Kind(("video/mp4", "video/3gpp"), 16 * MIB),
    "audio": Kind(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MIB),
    "sticker": Kind(("image/webp",), 500 * KIB),
    "document": Kind(
        ("text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel",
         "application/vnd.ms-powerpoint", f"{OFFICE}.wordprocessingml.document",
         f"{OFFICE}.spreadsheetml.sheet", f"{OFFICE}.presentationml.presentation"), 100 * MIB
    ),
}  # fmt: skip
# What a person sends where a test names no file: bytes that begin as such a file does.
SAMPLES = {
    "image": ("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00 a picture of the sandbox"),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42 a film of the sandbox"),
    "audio": ("audio/mpeg", b"ID3\x04 a song of the sandbox"),
    "voice": ("audio/ogg; codecs=opus", b"OggS a voice in the sandbox"),
    "sticker": ("image/webp", b"RIFF\x24\x00\x00\x00WEBPVP8 a sticker of the sandbox"),
    "document": ("application/pdf", b"%PDF-1.4 a document of the sandbox"),
}


def plain(mime_type: str) -> str:
    """Without parameters: `audio/ogg; codecs=opus` is `audio/ogg`."""
    return mime_type.partition(";")[0].strip().lower()


def kind_of(mime_type: str) -> str | None:
    """The message type that such a file is sent as."""
    return next((name for name, kind in KINDS.items() if plain(mime_type) in kind.mime_types), None)


class Files:
    """Contents by media id; the oldest go when they are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put(self, identifier: str, content: bytes) -> None:
        with self._lock:
            self._contents[identifier] = content
            self._size += len(content)
            while self._size > KEPT:
                _, oldest = self._contents.popitem(last=False)
                self._size -= len(oldest)

    def get(self, identifier: str) -> bytes | None:
        with self._lock:
            return self._contents.get(identifier)

    def drop(self, identifier: str) -> None:
        with self._lock:
            self._size -= len(self._contents.pop(identifier, b""))
