"""Reading JSON of Meta's of which nothing is believed, into what columns, jsonb and our events can hold."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

# From here on a time is in milliseconds: as seconds it would be the year 5138.
MILLISECONDS = 10**11
# Our clocks and Meta's may differ by less than this. What is later is no time at all.
AHEAD = timedelta(days=1)
# Nothing of Meta's nests so deep, and what is written down has to be read by others.
MAX_DEPTH = 24
MAX_INTEGER = 2**63 - 1


def text(value: Any, length: int | None = None) -> str | None:
    """The text, without NUL and half surrogate pairs, cut at `length`. A number is its digits; else None."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER:
        value = str(value)
    if not isinstance(value, str):
        return None
    return storable(value)[:length] or None


def ident(value: Any, length: int) -> str | None:
    """An id, whole or not at all: None for what would have to be changed or cut to be stored."""
    found = text(value)
    if found is None or len(found) > length or (isinstance(value, str) and found != value):
        return None
    return found


def storable(value: str) -> str:
    """What every database and every JSON parser takes."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "")


def inner(value: Any, name: str) -> Mapping[str, Any]:
    """The object under `name`; an empty one where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def rows(value: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of the list under `name`, without whatever else stands in it."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def moment(value: Any, otherwise: datetime) -> datetime:
    """Unix seconds or milliseconds, as a number or as text; `otherwise` for what cannot be a time."""
    digits = text(value)
    if digits is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 13:
        return otherwise
    seconds = int(digits)
    found = datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS else seconds, UTC)
    return found if found <= otherwise + AHEAD else otherwise


def clean(value: Any, depth: int = 1) -> Any:
    """The same JSON as PostgreSQL's jsonb and orjson take it.

    Infinities, NaN, integers of more than 64 bits and what nests too deep become null.
    """
    match value:
        case str():
            return storable(value)
        case bool() | None:
            return value
        case int():
            return value if abs(value) <= MAX_INTEGER else None
        case float():
            return value if isfinite(value) else None
        case Mapping() if depth <= MAX_DEPTH:
            return {storable(str(name)): clean(inside, depth + 1) for name, inside in value.items()}
        case list() if depth <= MAX_DEPTH:
            return [clean(inside, depth + 1) for inside in value]
        case _:
            return None
