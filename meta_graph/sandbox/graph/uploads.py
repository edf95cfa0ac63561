"""The Resumable Upload API: a session that names a file, the file itself, a handle for other calls.

https://developers.facebook.com/docs/graph-api/guides/upload
"""

import base64
import secrets
from typing import Any

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.state import State
from meta_graph.sandbox.wsgi import Json

MIME_TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")


def begin(call: Call) -> Json:
    """`POST /{app}/uploads`: the session's id, which is the path for the file, with a signature as query."""
    for name in ("file_name", "file_length", "file_type"):
        if not call.text(name):
            raise GraphError(100, f"(#100) The parameter {name} is required.")
    if call.text("file_type") not in MIME_TYPES:
        raise invalid_parameter(f"file_type must be one of {', '.join(MIME_TYPES)}")
    if not call.text("file_length").isdigit():
        raise invalid_parameter("file_length must be a number of bytes")
    session = call.state.add(
        "upload",
        file_name=call.text("file_name"),
        file_type=call.text("file_type"),
        file_length=int(call.text("file_length")),
        sig=f"ARZ{secrets.token_urlsafe(12)}",
        handle=None,
    )
    return {"id": f"upload:{session['id']}?sig={session['sig']}"}


def receive(call: Call) -> Json:
    """`POST /upload:{session}`: the file as the body, the token in the header in the form `OAuth ...`."""
    headers, content, session = call.request.headers, call.request.body, call.node
    if call.text("sig") != session["sig"]:
        raise GraphError(100, "(#100) HMAC check failed!")
    if not headers.get("authorization", "").startswith("OAuth "):
        raise GraphError(104, "An access token is required to request this resource.")
    if headers.get("file-offset") != "0" or len(content) != session["file_length"]:
        raise invalid_parameter("the file is not as long as the session says, or does not begin at 0")
    if session["file_type"] == "application/pdf" and not content.startswith(b"%PDF-"):
        raise invalid_parameter("the file is not of the session's type")
    kind = base64.b64encode(str(session["file_type"]).encode()).decode()
    session["handle"] = f"4::{kind}:{secrets.token_urlsafe(24)}"
    return {"h": session["handle"]}


def is_handle(state: State, value: Any) -> bool:
    """Whether a file was uploaded under that handle."""
    return isinstance(value, str) and next(state.of_kind("upload", handle=value), None) is not None
