"""Requests and responses: the thin layer between the WSGI environ and the rooms of the sandbox."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

MAX_BODY = 4 * 1024 * 1024
MAX_UPLOAD = 128 * 1024 * 1024

Json = dict[str, Any]


class ConnectionCut(Exception):  # noqa: N818 -- it is not an error of ours, it is what the caller asked to suffer
    """Raised to the server: reset the connection instead of answering."""


@dataclass(frozen=True)
class MultipartForm:
    """Text fields and one file; `content` is None where no file came."""

    fields: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    mime_type: str = ""
    filename: str = ""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    origin: str

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment) -> "Request":
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        longest = MAX_UPLOAD if "multipart/" in headers["content-type"] else MAX_BODY
        length = min(int(environ.get("CONTENT_LENGTH") or 0), longest)
        return cls(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            headers=headers,
            body=environ["wsgi.input"].read(length) if length else b"",
            origin=f"{environ.get('wsgi.url_scheme', 'http')}://{environ.get('HTTP_HOST', 'localhost')}",
        )

    @cached_property
    def body_fields(self) -> Json:
        """The body's fields, from JSON or a form; empty where it is neither."""
        if "json" in self.headers["content-type"]:
            try:
                decoded = json.loads(self.body or b"{}")
            except ValueError:
                return {}
            return decoded if isinstance(decoded, dict) else {}
        if "form-urlencoded" in self.headers["content-type"]:
            return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        return {}

    @cached_property
    def multipart(self) -> MultipartForm:
        """The parts of a form with a file; empty where the body is none."""
        _, _, boundary = self.headers["content-type"].partition("boundary=")
        form = MultipartForm()
        for part in self.body.split(f"--{boundary.strip()}".encode())[1:-1] if boundary else ():
            head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            named = dict(re.findall(r'(\w+)="([^"]*)"', head.decode("utf-8", "replace")))
            content = content.removesuffix(b"\r\n")
            if "filename" in named:
                typed = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
                mime_type = typed[1].decode("latin-1") if typed else ""
                form = replace(form, content=content, mime_type=mime_type, filename=named["filename"])
            else:
                form.fields[named.get("name", "")] = content.decode("utf-8", "replace")
        return form

    @property
    def fields(self) -> Json:
        """Query and body together, as Graph reads them."""
        return {**self.query, **self.body_fields}


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        phrase = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else "Unknown"
        start_response(
            f"{self.status} {phrase}",
            [
                ("Content-Type", self.content_type),
                ("Content-Length", str(len(self.body))),
                ("Cache-Control", "no-store"),
                *self.headers.items(),
            ],
        )
        return [self.body]


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with non-ASCII escaped, as Meta writes it."""
    return Response(status, json.dumps(data).encode(), "application/json; charset=UTF-8", headers or {})


def html_response(text: str, status: int = 200) -> Response:
    return Response(status, text.encode(), "text/html; charset=utf-8", {"Referrer-Policy": "no-referrer"})


def text_response(text: str, status: int = 200) -> Response:
    return Response(status, text.encode(), "text/plain; charset=utf-8")
