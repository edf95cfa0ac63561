"""What a request to Graph carries: JSON, a form, a form with a file, or a file alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outbound.multipart import MultipartForm


@dataclass(frozen=True)
class RawBody:
    """A file, from its first byte on, that is the whole body of a request.

    The Resumable Upload API takes the token in this form alone.
    https://developers.facebook.com/docs/graph-api/guides/upload
    """

    content: bytes = field(repr=False)

    def headers(self, token_value: str | None) -> dict[str, str]:
        authorization = {"Authorization": f"OAuth {token_value}"} if token_value is not None else {}
        return {**authorization, "file_offset": "0"}


@dataclass(frozen=True)
class Body:
    """One of the four, or nothing."""

    json: Mapping[str, Any] | None = field(repr=False)
    form: Mapping[str, str] | None = field(repr=False)
    upload: MultipartForm | None
    raw: RawBody | None

    @property
    def fields(self) -> Mapping[str, Any]:
        """What it says by name."""
        return self.json or self.form or {}

    @property
    def file(self) -> str:
        """What is to be said of the file in it."""
        if self.upload is not None:
            return f"{len(self.upload)} bytes"
        return f"{len(self.raw.content)} bytes" if self.raw else ""

    @property
    def data(self) -> MultipartForm | bytes | Mapping[str, str] | None:
        """The body where it is no JSON."""
        if self.upload is not None:
            return self.upload
        return self.raw.content if self.raw else self.form
