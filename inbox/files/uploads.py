"""Reading an uploaded file: to the disk piece by piece, and no further than its kind may be large."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler
from rest_framework.parsers import MultiPartParser

from api.errors import PayloadTooLargeError
from inbox.files.kinds import LARGEST, in_words, kind_of, limit_of, mime_type_of

# What the form is besides its file.
MARGIN = 64 * 1024


class TooLargeError(PayloadTooLargeError):
    def __init__(self, mime_type: str | None) -> None:
        what = f"A file of the kind {kind_of(mime_type)}" if mime_type else "A file"
        super().__init__(f"{what} may have {in_words(limit_of(mime_type))} at most.")


class LimitedFile(TemporaryFileUploadHandler):
    """A file on the disk; the upload ends as soon as it is larger than WhatsApp takes."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.mime_type, self.came = mime_type_of(self.content_type, self.file_name), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.came += len(raw_data)
        if self.came > limit_of(self.mime_type):
            self.file.close()
            raise TooLargeError(self.mime_type)
        return super().receive_data_chunk(raw_data, start)


class UploadParser(MultiPartParser):
    """`multipart/form-data`. A body that says it is larger than any file may be is not read at all."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        length = request.META.get("CONTENT_LENGTH") or "0"
        # In chunks there is none, and config/wsgi.py writes one without meaning.
        is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
        if not is_chunked and length.isdigit() and int(length) > LARGEST + MARGIN:
            raise TooLargeError(None)
        request._request.upload_handlers = [LimitedFile()]
        return super().parse(stream, media_type, parser_context)
