"""Reading a body of Meta: its envelope, its changes by their places, and what each is about.

Nothing is believed of its shape. What stands where it should not be makes one change malformed, never more.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings

from meta_events.items import MalformedError

WHATSAPP = "whatsapp_business_account"
# From here on a time is in milliseconds: as seconds it would be the year 5138.
MILLISECONDS = 10**11


class UnreadableError(ValueError):
    """The body is no JSON object with a list of entries."""


@dataclass(frozen=True)
class Envelope:
    object: str
    entries: list[Any]


@dataclass(frozen=True)
class Place:
    """Where a change stands: the entry's number, and the change's in it."""

    entry: int
    change: int


def opened(body: bytes) -> Envelope:
    """The body's envelope. Raises UnreadableError."""
    try:
        # Python's own: it takes half a surrogate pair and a byte order mark, where others refuse the whole.
        parsed = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise UnreadableError(f"{type(wrong).__name__}: {wrong}") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("entry"), list):
        raise UnreadableError("It is no object with a list of entries.")
    return Envelope(text(parsed.get("object")) or "", parsed["entry"])


def places(envelope: Envelope) -> Iterator[Place]:
    """Every change's place. An entry without a list of changes is one place, so that it is not lost."""
    for number, entry in enumerate(envelope.entries):
        changes = entry.get("changes") if isinstance(entry, dict) else None
        count = len(changes) if isinstance(changes, list) else 1
        yield from (Place(number, position) for position in range(count))


@dataclass(frozen=True)
class Found:
    """A change as it stands in the body."""

    object: str
    entry_id: str | None
    happened_at: datetime | None
    field: str
    value: dict[str, Any]

    @property
    def name(self) -> str:
        """The field; of another object than a WABA with the object's name before it."""
        return self.field if self.object == WHATSAPP else f"{self.object}: {self.field}"

    @property
    def event(self) -> str | None:
        return text(self.value.get("event"))

    @property
    def meta_waba_id(self) -> str | None:
        """The WABA as the value names it, else the entry's id, which may be our own portfolio's instead."""
        named = text(inner(self.value, "waba_info").get("waba_id"))
        if named or self.object != WHATSAPP:
            return named
        return None if self.entry_id == settings.META_BUSINESS_ID else self.entry_id

    @property
    def meta_phone_number_id(self) -> str | None:
        return text(inner(self.value, "metadata").get("phone_number_id"))

    @property
    def fingerprint(self) -> bytes | None:
        """The same for the same change in another body. None where nothing tells it from a later one."""
        if self.happened_at is None:
            return None
        said = [self.object, self.entry_id, self.happened_at.timestamp(), self.field, self.value]
        return sha256(json.dumps(said, sort_keys=True).encode()).digest()


def found(envelope: Envelope, place: Place) -> Found:
    """The change at its place. Raises MalformedError."""
    try:
        entry = envelope.entries[place.entry]
        change = entry["changes"][place.change]
        field, value = change["field"], change["value"]
    except (LookupError, TypeError) as missing:
        raise MalformedError("It has no field and value.") from missing
    if not isinstance(field, str) or not isinstance(value, dict):
        raise MalformedError("Its field is no text, or its value no object.")
    return Found(envelope.object, text(entry.get("id")), moment(entry.get("time")), field, value)


def text(value: Any) -> str | None:
    """Ids are strings, and numbers on some of Meta's pages."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


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
