"""The lists in a change that are taken apart, a row an element, and by what an element is known again."""

from collections.abc import Iterator, Mapping
from typing import Any

from meta_events.texts import text

MESSAGES, STATUSES, ERRORS, ECHOES = "messages", "statuses", "errors", "message_echoes"
# The lists of a field: they may hold a thousand messages, and one broken element is one broken row.
PARTS: dict[str, tuple[str, ...]] = {
    "messages": (MESSAGES, STATUSES, ERRORS, ECHOES),
    "smb_message_echoes": (ECHOES, ERRORS),
    "message_echoes": (ECHOES, ERRORS),
    "user_preferences": ("user_preferences",),
    "user_id_update": ("user_id_update",),
}
# Where an element says in a word what it is.
WORDS = {MESSAGES: "type", ECHOES: "type", STATUSES: "status", ERRORS: "code", "user_preferences": "value"}
# Thousands of messages or contacts in one change, stored together: handled beside everything else.
BULK = frozenset({"history", "smb_app_state_sync"})


def standing(change: Any) -> Iterator[tuple[str, int]]:
    """The elements of a change as (list, number), or ("", 0) where it is not taken apart.

    What should be a list and is none is one element, which is found malformed later.
    """
    field, value = (change.get("field"), change.get("value")) if isinstance(change, dict) else (None, None)
    counts: dict[str, int] = {}
    if isinstance(field, str) and isinstance(value, dict):
        counts = {part: count_of(value[part]) for part in PARTS.get(field, ()) if value.get(part) is not None}
    if not any(counts.values()):
        yield "", 0
    for part, count in counts.items():
        yield from ((part, number) for number in range(count))


def count_of(listed: Any) -> int:
    return len(listed) if isinstance(listed, list) else 1


def event_of(part: str, element: Mapping[str, Any]) -> str | None:
    """One word on it for the admin: a message's type, a status, an error's code, an event, a decision."""
    return text(element.get(WORDS.get(part, "event"))) or (None if part else text(element.get("decision")))


def meaning(part: str, phone: str | None, element: Mapping[str, Any]) -> list[Any] | None:
    """What is the same whenever Meta tells the same, in whatever body; None where the element has no such.

    Meta names messages by ids that are unique in the world, and repeats and regroups what it sends.
    """
    wamid, at = text(element.get("id")), text(element.get("timestamp"))
    if part in {MESSAGES, ECHOES} and wamid:
        return [part, phone, wamid]
    if part == STATUSES and wamid and at:
        names = ("recipient_id", "recipient_user_id", "recipient_participant_id")
        return [
            part,
            phone,
            wamid,
            text(element.get("status")),
            at,
            [text(element.get(one)) for one in names],
        ]
    return [part, phone, element] if part and at else None
