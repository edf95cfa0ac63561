"""A form with one file, sent piece by piece: the file is never in memory as a whole."""

from __future__ import annotations

import io
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from outbound.deadline import current

PIECE = 64 * 1024
NAME = r"[A-Za-z0-9!#$&^_.+-]+"
MIME_TYPE = re.compile(rf"{NAME}/{NAME}(; ?{NAME}={NAME})*")


class MultipartForm:
    """The body of a `multipart/form-data` request: text fields, then one file from a seekable stream.

    The file is read from where the stream stands to its end. While it moves, each piece renews the deadline
    that the thread is under to `stall_seconds`. Raises ValueError for a MIME type that is none.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        name: str,
        filename: str,
        mime_type: str,
        content: BinaryIO,
        stall_seconds: float,
    ) -> None:
        if not MIME_TYPE.fullmatch(mime_type):
            raise ValueError("not a MIME type")
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._stall_seconds = stall_seconds
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; '
        head += f'filename="{_quoted(filename)}"\r\nContent-Type: {mime_type}\r\n\r\n'
        tail = f"\r\n--{boundary}--\r\n"
        self._parts: list[BinaryIO] = [io.BytesIO(head.encode()), content, io.BytesIO(tail.encode())]
        self._length = len(head.encode()) + _rest(content) + len(tail.encode())

    def __len__(self) -> int:
        """Bytes of the whole body."""
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(PIECE):
            yield piece

    def read(self, size: int = PIECE) -> bytes:
        """The next piece, empty at the end."""
        ends = current()
        if ends is not None:
            ends.renew(self._stall_seconds)
        while self._parts:
            if piece := self._parts[0].read(size):
                return piece
            self._parts.pop(0)
        return b""


def _quoted(text: str) -> str:
    """As browsers write names and file names: what would end the header or the quotes is escaped."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _rest(content: BinaryIO) -> int:
    at = content.tell()
    length = content.seek(0, os.SEEK_END) - at
    content.seek(at)
    return length
