"""A file to Meta, and a file from Meta."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from api.errors import InvalidFieldError, NotFoundError
from inbox.files.kinds import LARGEST, mime_type_of
from inbox.files.places import places
from inbox.models import Media
from inbox.sending.senders import loaded, token_of
from meta_graph import media
from meta_graph.client import Token
from meta_graph.errors import Cause, GraphError
from meta_graph.media import Download, MediaInfo
from phones.models import PhoneNumber
from wabas.services import note_token_refused

# How long Meta keeps what was uploaded.
KEPT = timedelta(days=30)
# Received files may be a little larger than those that one may send.
MOST = LARGEST + 28 * 1024 * 1024
MAX_FILENAME = 240


class DeletedError(NotFoundError):
    message = (
        "Meta has deleted this file: what contacts send is kept there for 7 days, what was uploaded for 30."
    )


@dataclass
class OpenFile:
    """A file on its way from Meta. `close` ends that, whether or not it was read."""

    info: MediaInfo
    download: Download
    opened: ExitStack

    def close(self) -> None:
        self.opened.close()


def upload(*, phone: PhoneNumber, file: UploadedFile[Any]) -> Media:
    """Raises InvalidFieldError without a type, ConflictError for a number without access, GraphError."""
    mime_type = mime_type_of(file.content_type, file.name)
    if mime_type is None:
        raise InvalidFieldError(
            "file", "Its Content-Type is missing, and its name does not tell.", "mime_type"
        )
    current = loaded(phone.pk)
    token = token_of(current)
    filename = (file.name or "file")[-MAX_FILENAME:]
    try:
        meta_id = media.upload(
            phone_number_id=current.meta_phone_number_id,
            content=file,  # type: ignore[arg-type]
            mime_type=mime_type,
            filename=filename,
            token=token,
        )
    except GraphError as error:
        note_refusal(current, token, error)
        raise
    now = timezone.now()
    row, _ = Media.objects.update_or_create(
        phone=current,
        meta_media_id=meta_id,
        defaults={"mime_type": mime_type, "filename": filename, "size": file.size, "expires_at": now + KEPT},
    )
    return row


def open_file(*, file: Media) -> OpenFile:
    """Asks Meta where it is, and begins to read it.

    Raises DeletedError, ConflictError, GraphError, and BusyError where too many are read already.
    """
    phone = loaded(file.phone_id)
    token = token_of(phone)
    with ExitStack() as opened:
        places.take()
        opened.callback(places.give_back)
        try:
            info = media.read(
                media_id=file.meta_media_id, phone_number_id=phone.meta_phone_number_id, token=token
            )
            download = opened.enter_context(media.download(url=info.url, token=token, max_bytes=MOST))
        except GraphError as error:
            note_refusal(phone, token, error)
            if error.cause is Cause.OBJECT_GONE or error.http_status == 404:
                raise DeletedError from error
            raise
        return OpenFile(info, download, opened.pop_all())


def note_refusal(phone: PhoneNumber, token: Token, error: GraphError) -> None:
    if error.cause is Cause.TOKEN_INVALID:
        note_token_refused(waba=phone.waba, token_value=token.value)
