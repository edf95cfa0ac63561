"""Single values as Meta writes them: texts that may be numbers, times, and what a column can hold."""

from datetime import UTC, datetime
from typing import Any

# From here on a time is in milliseconds: as seconds it would be the year 5138.
MILLISECONDS = 10**11


def text(value: Any) -> str | None:
    """Ids are strings, and numbers on some of Meta's pages."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def ident(value: Any) -> str | None:
    """An id that a query may ask for: Meta's are digits, what a test sends may be anything."""
    return stored(text(value), 64) or None


def inner(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def moment(value: Any) -> datetime | None:
    """Unix seconds, as a number or as text; None for what is none."""
    digits = text(value)
    if digits is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 13:
        return None
    seconds = int(digits)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS else seconds, UTC)


def stored(value: str | None, length: int) -> str | None:
    """Text that every database takes: no NUL, no half of a surrogate pair, no longer than its column."""
    if value is None:
        return None
    return value.encode("utf-8", "replace").decode().replace("\x00", "")[:length]


def cleaned(document: Any) -> Any:
    """The same with texts that every database takes, and that can be written as JSON again."""
    if isinstance(document, str):
        return stored(document, len(document))
    if isinstance(document, dict):
        return {cleaned(name): cleaned(value) for name, value in document.items()}
    return [cleaned(value) for value in document] if isinstance(document, list) else document
