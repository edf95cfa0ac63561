"""What a request asks under its key: the header, and a fingerprint of everything that it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.request import Request

from api.errors import InvalidFieldError
from api.parsers import RAW_BODY
from organizations.models import ApiKey, Organization, Scope

HEADER, META_NAME = "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"
MAX_LENGTH = 255


@dataclass(frozen=True)
class Asked:
    """One organization's key, known by its hash, and what was asked with it."""

    organization: Organization
    key_hash: str
    fingerprint: str = field(repr=False)


def has_key(request: Request) -> bool:
    return META_NAME in request.META


def key_of(request: Request) -> str:
    """The client's key. Raises InvalidFieldError."""
    key: str = request.META[META_NAME].strip(" \t")
    if not (0 < len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidFieldError(HEADER, f"It must be 1 to {MAX_LENGTH} printable ASCII characters.")
    return key


def asked_by(request: Request, scope: str) -> Asked:
    """Reads the body; raises what its parser does, and InvalidFieldError."""
    key = key_of(request)
    api_key: ApiKey = request.auth  # type: ignore[assignment]
    # What a call for API keys answers is shown to the key that made it, and to no other.
    caller = str(api_key.pk) if scope == Scope.KEYS else ""
    said = digest([request.method or "", request.path, caller, body_digest(request)])
    organization = api_key.organization
    return Asked(organization, digest([str(organization.pk), key]), said)


def body_digest(request: Request) -> str:
    """Of the bytes; of a form's parts, for the boundary between them is another each time."""
    if isinstance(request.data, QueryDict):
        return digest(pieces(request.data))
    return hashlib.sha256(request.parser_context.get(RAW_BODY, b"")).hexdigest()


def pieces(form: QueryDict) -> Iterator[str]:
    for name, values in form.lists():
        for value in values:
            yield name
            yield from file_pieces(value) if isinstance(value, UploadedFile) else ("text", str(value))


def file_pieces(file: UploadedFile[Any]) -> Iterator[str]:
    """Read in chunks, from the disk where it is large, and left as it was."""
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    yield from ("file", file.name or "", file.content_type or "", content.hexdigest())


def digest(texts: Any) -> str:
    """Of several texts, so that no two lists of them have the same."""
    whole = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        whole.update(len(encoded).to_bytes(8) + encoded)
    return whole.hexdigest()
