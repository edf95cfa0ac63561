"""A file as an answer: streamed, named, and unable to do anything in a browser."""

import mimetypes
from collections.abc import Iterator

import structlog
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from inbox.files.kinds import MIME_TYPE, UNKNOWN, Kind, kind_of
from inbox.files.services import OpenFile
from inbox.models import Media
from meta_graph.errors import GraphError

log = structlog.get_logger("inbox.files")
# Whatever is in the file: no script of it runs, and nothing else is loaded by it.
POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"
SHOWN = frozenset({Kind.IMAGE, Kind.STICKER, Kind.AUDIO, Kind.VIDEO})
NEVER_SHOWN = frozenset({"image/svg+xml"})


class Pieces:
    """What is read is written at once. Django closes it when the client has it, or has gone."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.file.download.chunks
        except GraphError as error:
            # The head is sent: a body that ends too early is all that can be said.
            log.warning("a file broke off", error=str(error))
            raise
        finally:
            self.close()

    def close(self) -> None:
        self.file.close()


def file_answer(row: Media, file: OpenFile) -> StreamingHttpResponse:
    mime_type = mime_type_of_file(row, file)
    length = file.download.length
    if length is None:
        length = file.info.file_size
    response = StreamingHttpResponse(Pieces(file), content_type=mime_type)
    if length is not None:
        response["Content-Length"] = str(length)
    is_shown = kind_of(mime_type) in SHOWN and mime_type not in NEVER_SHOWN
    response["Content-Disposition"] = content_disposition_header(not is_shown, name_of(row, mime_type)) or ""
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def mime_type_of_file(row: Media, file: OpenFile) -> str:
    for told in (file.info.mime_type, file.download.content_type, row.mime_type):
        plain = (told or "").partition(";")[0].strip().lower()
        if MIME_TYPE.fullmatch(plain):
            return plain
    return UNKNOWN


def name_of(row: Media, mime_type: str) -> str:
    if row.filename:
        return row.filename
    return f"{row.pk}{mimetypes.guess_extension(mime_type) or ''}"
