"""Files that stay at Meta for its own use, such as the sample of a template: the Resumable Upload API."""

from __future__ import annotations

import re

from django.conf import settings

from meta_graph.answers import identifier, reading
from meta_graph.bodies import RawBody
from meta_graph.client import Token, call, node

# As Meta writes it, base64 and signed: it goes back unchanged, or its signature does not fit.
SESSION = re.compile(r"upload:[A-Za-z0-9+/=_-]+(\?[A-Za-z0-9=&_~-]+)?", re.ASCII)


def upload(*, content: bytes, mime_type: str, filename: str, token: Token) -> str:
    """Uploads a small file whole; returns its handle, which other calls take as `header_handle`.

    `mime_type` is application/pdf, image/jpeg, image/png or video/mp4. What breaks off begins anew: a session
    that was not filled is nothing.
    https://developers.facebook.com/docs/graph-api/guides/upload
    """
    session = begin(length=len(content), mime_type=mime_type, filename=filename, token=token)
    answer = call("upload_file", "POST", session, token=token, raw=RawBody(content))
    with reading("upload_file"):
        return identifier(answer, "h")


def begin(*, length: int, mime_type: str, filename: str, token: Token) -> str:
    """An upload session's id, which is the path to send the file to, its signature included."""
    params = {"file_name": filename, "file_length": str(length), "file_type": mime_type}
    answer = call("begin_upload", "POST", node(settings.META_APP_ID, "uploads"), token=token, params=params)
    with reading("begin_upload"):
        session = identifier(answer)
        if not SESSION.fullmatch(session):
            raise ValueError("id")
        return session
