"""What a handler is given, and what it may say: the words between dispatch and those who handle a field."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from meta_events.models import Change
from meta_events.numbers import Numbers


class Verdict(Enum):
    """What came of a change that was handled without an error."""

    DONE = Change.Status.DONE
    # It is kept to be read by people: nothing of ours follows from it.
    NOTED = Change.Status.NOTED
    # There was nothing to do: what it speaks of is not there any more.
    SKIPPED = Change.Status.SKIPPED
    # Its WABA or its number is not connected. It is handed out again when it is, and at no other time.
    HELD = Change.Status.HELD
    UNKNOWN = Change.Status.UNKNOWN


class MalformedError(ValueError):
    """The change is not as Meta says that they are. Another try would find the same bytes: there is none."""


@dataclass(frozen=True)
class Item:
    """One change, or one element of it. `meta_waba_id` is what it is about, as far as it says so itself.

    `element`: the element of the list `part`; where `part` is empty the whole `value`.

    `at`: when it happened as Meta says, else when it came. `phone_id`: of our phone to whose own address it
    came. A handler runs in a transaction that is committed together with the change's new state, so it calls
    nobody over the network; it may get the same change, and the same meaning, more than once.
    """

    change_id: int
    field: str
    value: dict[str, Any]
    part: str
    element: dict[str, Any]
    entry_id: str | None
    meta_waba_id: str | None
    meta_phone_number_id: str | None
    phone_id: UUID | None
    at: datetime
    received_at: datetime
    numbers: Numbers
