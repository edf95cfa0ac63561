"""JSON documents that clients store with us and get back as they wrote them.

Stored as text: key order, case and the way numbers are written survive.
"""

import json
from typing import Any

from api.parsers import JsonFloat, JsonInt, JsonObject, NotJson

MAX_BYTES, MAX_DEPTH = 16 * 1024, 32


class DocumentError(ValueError):
    """Why a document cannot be stored."""


def checked(value: Any, depth: int = 1) -> None:
    """Refuses what has no single meaning in JSON or no place in a database."""
    if depth > MAX_DEPTH and isinstance(value, dict | list):
        raise DocumentError(f"It is nested deeper than {MAX_DEPTH} levels.")
    match value:
        case NotJson():
            raise DocumentError(f"{value.literal} is not JSON.")
        case str():
            check_text(value)
        case list():
            for inner in value:
                checked(inner, depth + 1)
        case dict():
            if isinstance(value, JsonObject) and value.duplicate is not None:
                raise DocumentError("A key comes twice in one object.")
            for key, inner in value.items():
                check_text(key)
                checked(inner, depth + 1)


def check_text(text: str) -> None:
    if "\x00" in text:
        raise DocumentError("NUL characters are not allowed.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DocumentError("Lone surrogates are not allowed.")


def written(value: Any) -> str:
    """Compact JSON in which each number stands as it came."""
    match value:
        case JsonInt() | JsonFloat():
            return value.literal
        case dict():
            return "{" + ",".join(f"{quoted(key)}:{written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case _:
            return quoted(value)


def quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def stored(value: dict[str, Any]) -> str:
    """The text to store. Raises DocumentError."""
    checked(value)
    text = written(value)
    if len(text.encode()) > MAX_BYTES:
        raise DocumentError(f"It is larger than {MAX_BYTES // 1024} KiB.")
    return text
