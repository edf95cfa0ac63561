"""Reading a body of Meta: its envelope, what stands in it by its place, and what each is about.

Nothing is believed of its shape. What stands where it should not be makes one place malformed, never more.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.conf import settings

from meta_events.elements import event_of, meaning, standing
from meta_events.items import MalformedError
from meta_events.texts import ident, inner, moment, text

WHATSAPP = "whatsapp_business_account"


class UnreadableError(ValueError):
    """The body is no JSON object with a list of entries."""


@dataclass(frozen=True)
class Envelope:
    object: str
    entries: list[Any]


@dataclass(frozen=True)
class Place:
    """An entry, a change in it, and of a change that is taken apart the list and the element in it."""

    entry: int
    change: int
    part: str = ""
    number: int = 0


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
    """Every place. An entry without a list of changes is one place, so that it is not lost."""
    for number, entry in enumerate(envelope.entries):
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for position, change in enumerate(changes if isinstance(changes, list) else [None]):
            elements = standing(change) if envelope.object == WHATSAPP else iter([("", 0)])
            yield from (Place(number, position, *element) for element in elements)


@dataclass(frozen=True)
class Found:
    """What stands at a place: a change, or an element in it. `element` of a whole change is its `value`."""

    object: str
    entry_id: str | None
    told_at: datetime | None
    field: str
    value: dict[str, Any]
    part: str
    element: dict[str, Any]

    @property
    def name(self) -> str:
        """The field; of another object than a WABA with the object's name before it."""
        return self.field if self.object == WHATSAPP else f"{self.object}: {self.field}"

    @property
    def event(self) -> str | None:
        return event_of(self.part, self.element)

    @cached_property
    def happened_at(self) -> datetime | None:
        """As the element says, else as the entry does, which is when Meta told of it."""
        own = moment(self.element.get("timestamp")) if self.part else None
        return own or self.told_at

    @property
    def meta_waba_id(self) -> str | None:
        """The WABA as the value names it, else the entry's id, which may be our own portfolio's instead."""
        named = ident(inner(self.value, "waba_info").get("waba_id"))
        if named or self.object != WHATSAPP:
            return named
        return None if self.entry_id == settings.META_BUSINESS_ID else self.entry_id

    @property
    def meta_phone_number_id(self) -> str | None:
        return ident(inner(self.value, "metadata").get("phone_number_id"))

    @property
    def fingerprint(self) -> bytes | None:
        """The same for the same in another body. None where nothing tells it from a later one."""
        said = meaning(self.part, self.meta_phone_number_id, self.element)
        if said is None and self.told_at is None:
            return None
        said = said or [self.object, self.entry_id, self.told_at and self.told_at.timestamp(), self.field,
                        *([self.part] if self.part else []), self.element]  # fmt: skip
        return sha256(json.dumps(said, sort_keys=True).encode()).digest()


def found(envelope: Envelope, place: Place) -> Found:
    """What stands at the place. Raises MalformedError."""
    try:
        entry = envelope.entries[place.entry]
        change = entry["changes"][place.change]
        field, value = change["field"], change["value"]
    except (LookupError, TypeError) as missing:
        raise MalformedError("It has no field and value.") from missing
    if not isinstance(field, str) or not isinstance(value, dict):
        raise MalformedError("Its field is no text, or its value no object.")
    entry_id, told_at = ident(entry.get("id")), moment(entry.get("time"))
    return Found(envelope.object, entry_id, told_at, field, value, place.part, element_at(value, place))


def element_at(value: dict[str, Any], place: Place) -> dict[str, Any]:
    """Raises MalformedError."""
    if not place.part:
        return value
    listed = value.get(place.part)
    element = listed[place.number] if isinstance(listed, list) and place.number < len(listed) else None
    if not isinstance(element, dict):
        raise MalformedError(f"Number {place.number} of its {place.part} is no object.")
    return element
