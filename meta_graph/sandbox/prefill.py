"""What the popup was filled in with: each field of `extras.setup` beside what Meta documents of it.

https://developers.facebook.com/docs/whatsapp/embedded-signup/pre-filled-data
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from meta_graph.sandbox.wsgi import Json

VERTICALS = frozenset(
    {
        "OTHER", "AUTO", "BEAUTY", "APPAREL", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE", "GROCERY", "GOVT",
        "HOTEL", "HEALTH", "NONPROFIT", "PROF_SERVICES", "RETAIL", "TRAVEL", "RESTAURANT", "ALCOHOL",
        "ONLINE_GAMBLING", "PHYSICAL_GAMBLING", "OTC_DRUGS",
    }
)  # fmt: skip
# Without all four of them Meta creates no portfolio from what was given.
FOR_PORTFOLIO = ("business.name", "business.email", "business.website", "business.address.country")


@dataclass(frozen=True)
class Documented:
    """`wanted` completes the sentence "Meta documents ..."."""

    wanted: str
    is_right: Callable[[Any], bool]


@dataclass(frozen=True)
class Received:
    """A value at its path. `problem` is empty where it is as Meta documents it."""

    path: str
    value: Any
    problem: str = ""


def text(longest: int | None = None, pattern: str = "") -> Callable[[Any], bool]:
    def is_right(value: Any) -> bool:
        is_text = isinstance(value, str) and value.strip() != ""
        return is_text and len(value) <= (longest or len(value)) and bool(re.search(pattern, value))

    return is_right


def integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(text(pattern=r"^\d+$")(one) for one in value)


TEXT = Documented("a text", text())
IDS = Documented("an array of ids, each of them a string", ids)
SETUP = {
    "business.id": Documented("an integer or null", lambda value: value is None or integer(value)),
    "business.name": Documented("a text of at most 100 characters", text(100)),
    "business.email": Documented("an e-mail address", text(pattern=r"^[^@\s]+@[^@\s]+$")),
    "business.website": Documented("a URL", text(pattern=r"^https?://[^/\s]+")),
    "business.address.streetAddress1": TEXT,
    "business.address.streetAddress2": TEXT,
    "business.address.city": TEXT,
    "business.address.state": TEXT,
    "business.address.zipPostal": TEXT,
    "business.address.country": Documented("two capital letters of ISO 3166-1", text(pattern=r"^[A-Z]{2}$")),
    "business.phone.code": Documented("the calling code as an integer", integer),
    "business.phone.number": Documented("digits without the calling code", text(pattern=r"^[\d() -]+$")),
    "business.timezone": Documented("the form UTC-07:00", text(pattern=r"^UTC[+-]\d\d:\d\d$")),
    "preVerifiedPhone.ids": IDS,
    "phone.displayName": TEXT,
    "phone.category": Documented("a vertical of the WhatsApp profile", lambda value: value in VERTICALS),
    "phone.description": Documented("a text of at most 512 characters", text(512)),
    "whatsAppBusinessAccount.ids": IDS,
    "whatsAppBusinessAccount.id": TEXT,
    "solutionID": TEXT,
}


def setup_of(extras: Json) -> Json:
    setup = extras.get("setup")
    return setup if isinstance(setup, dict) else {}


def received(extras: Json) -> list[Received]:
    """Every value of the setup, in the order in which it came."""
    return [Received(path, value, problem_of(path, value)) for path, value in leaves(setup_of(extras))]


def leaves(node: Json, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def problem_of(path: str, value: Any) -> str:
    documented = SETUP.get(path)
    if documented is None:
        return "Meta documents no such field."
    return "" if documented.is_right(value) else f"Meta documents {documented.wanted}."


def lacking(extras: Json) -> list[str]:
    """What Meta would need besides to create a portfolio of what was given."""
    given = {one.path for one in received(extras) if not one.problem}
    return [path for path in FOR_PORTFOLIO if path not in given]


def at(extras: Json, path: str) -> str:
    """The text at a path of the setup; empty where there is none."""
    return next((str(one.value) for one in received(extras) if one.path == path), "")


def address_of(extras: Json) -> str:
    """One line, in the order in which addresses are written."""
    parts = ("streetAddress1", "streetAddress2", "city", "state", "zipPostal", "country")
    return ", ".join(filter(None, (at(extras, f"business.address.{part}") for part in parts)))
