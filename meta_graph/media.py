"""Media: uploading a file, finding where Meta keeps one, and reading it from there piece by piece."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings

from meta_graph.answers import identifier, reading, text
from meta_graph.client import Token, call, node, note_call, session, unanswered
from meta_graph.errors import Broken, GraphError
from outbound.multipart import MultipartForm
from outbound.session import OutboundError
from outbound.streams import Stream, stream

DOWNLOAD, DOWNLOAD_SECONDS = "download_media", 3600.0
HOSTS = ("lookaside.fbsbx.com",)
DOMAINS = (".fbcdn.net", ".fbsbx.com", ".whatsapp.net")


@dataclass(frozen=True)
class MediaInfo:
    """A file at Meta. `url` lives for five minutes and takes the token; `file_size` is in bytes."""

    id: str
    url: str
    mime_type: str | None
    sha256: str | None
    file_size: int | None


@dataclass(frozen=True)
class Download:
    """A file on its way. `length` is in bytes where Meta says it; `chunks` may be read once.

    Reading raises GraphError: when it breaks off or stands still, and when it is longer than was allowed.
    """

    content_type: str | None
    length: int | None
    chunks: Iterator[bytes]


def upload(*, phone_number_id: str, content: BinaryIO, mime_type: str, filename: str, token: Token) -> str:
    """Uploads what a seekable stream holds, from where it stands; returns Meta's id, good for 30 days.

    Meta allows 5 MB for images, 16 MB for audio and video, 100 MB for documents, 100 KB (500 KB when it
    moves) for stickers. Raises GraphError, and ValueError for a MIME type that is none.
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
    """
    form = MultipartForm(
        {"messaging_product": "whatsapp", "type": mime_type},
        name="file",
        filename=filename,
        mime_type=mime_type,
        content=content,
        stall_seconds=float(settings.META_REQUEST_TIMEOUT),
    )
    answer = call("upload_media", "POST", node(phone_number_id, "media"), token=token, upload=form)
    with reading("upload_media"):
        return identifier(answer)


def read(*, media_id: str, phone_number_id: str, token: Token) -> MediaInfo:
    """Where the file is now. Ids from webhooks live for 7 days, those of uploads for 30.

    Raises GraphError: its cause is OBJECT_GONE for what Meta has deleted, or what is another number's.
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
    """
    answer = call(
        "read_media", "GET", node(media_id), token=token, params={"phone_number_id": phone_number_id}
    )
    with reading("read_media"):
        size = text(answer, "file_size")
        return MediaInfo(
            id=identifier(answer),
            url=identifier(answer, "url"),
            mime_type=text(answer, "mime_type"),
            sha256=text(answer, "sha256"),
            file_size=int(size) if size else None,
        )


@contextmanager
def download(*, url: str, token: Token, max_bytes: int) -> Iterator[Download]:
    """The file of a `MediaInfo.url`, while the block lasts; nothing of it is kept.

    The token goes to hosts of Meta's alone, and nothing is followed from there. The answer and each piece
    must come within META_REQUEST_TIMEOUT, all within an hour. Raises GraphError: with `http_status` 404 when
    the URL's five minutes are over or the file is gone, with code None where the URL is not Meta's.
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
    """
    _require_metas(url, token)
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            answer = _opened(stack, url, token, max_bytes)
            _require_file(answer, token, max_bytes)
        except GraphError as error:
            note_call(DOWNLOAD, error.http_status, error, started)
            raise
        note_call(DOWNLOAD, answer.status, None, started, trace_id=answer.headers.get("x-fb-trace-id"))
        yield Download(answer.headers.get("content-type"), answer.length, _chunks(answer, token))


def _opened(stack: ExitStack, url: str, token: Token, max_bytes: int) -> Stream:
    opening = stream(
        session(),
        url,
        headers={"Authorization": f"Bearer {token.value}"},
        seconds=float(settings.META_REQUEST_TIMEOUT),
        longest=DOWNLOAD_SECONDS,
        max_bytes=max_bytes,
    )
    try:
        return stack.enter_context(opening)
    except OutboundError as failure:
        raise unanswered(DOWNLOAD, token, failure) from None


def _chunks(answer: Stream, token: Token) -> Iterator[bytes]:
    try:
        yield from answer.pieces
    except OutboundError as failure:
        raise unanswered(DOWNLOAD, token, failure) from None


def _require_file(answer: Stream, token: Token, max_bytes: int) -> None:
    """Raises GraphError for what is no file, or too long a one; of an error page nothing is read."""
    if answer.status != 200:
        raise GraphError(
            call=DOWNLOAD,
            kind=token.kind,
            http_status=answer.status,
            broken=Broken.MALFORMED if answer.status < 500 else None,
            message=f"the file was answered with {answer.status}",
        )
    if answer.length is not None and answer.length > max_bytes:
        raise GraphError(
            call=DOWNLOAD, kind=token.kind, broken=Broken.MALFORMED, message=f"longer than {max_bytes} bytes"
        )


def _require_metas(url: str, token: Token) -> None:
    """Raises GraphError for a URL that is not Meta's: it would get the token."""
    try:
        asked = urlsplit(url)
        is_metas = asked.scheme == "https" and asked.port in (None, 443) and _is_host(asked.hostname or "")
        is_graphs = (asked.scheme, asked.netloc) == urlsplit(settings.META_GRAPH_URL)[:2]
    except ValueError:
        is_metas = is_graphs = False
    if not (is_metas or is_graphs) or re.search(r"[\x00-\x20\x7f\\@]", url):
        raise GraphError(
            call=DOWNLOAD,
            kind=token.kind,
            broken=Broken.MALFORMED,
            message="the file's URL is not Meta's",
            was_sent=False,
        )


def _is_host(host: str) -> bool:
    return host in HOSTS or host.endswith(DOMAINS)
