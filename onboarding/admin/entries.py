"""What a time line consists of, and the facts of an entry: labels and values, from what was stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from organizations.admin.cells import Tone, worded

# Folded entries that are shown unfolded.
MOST_OPEN = 6
Facts = tuple[tuple[str, str], ...]
# Of what the browser brought: these and no others. It is unsigned, and anybody can send anything.
SESSION = {
    "waba_id": "Meta's WABA id",
    "phone_number_id": "Meta's phone id",
    "business_id": "Meta's business id",
    "page_ids": "Pages",
    "dataset_ids": "datasets",
    "catalog_ids": "catalogs",
    "instagram_account_ids": "Instagram accounts",
    "ad_account_ids": "ad accounts",
    "current_step": "left at",
    "error_code": "Meta's error code",
    "error_id": "Meta's error id",
    "error_message": "Meta said",
    "session_id": "Meta's session id",
}
META = {"code": "Meta's code", "subcode": "subcode", "traceId": "trace id", "sessionId": "Meta's session id"}


@dataclass(frozen=True)
class Entry:
    """`word` is the badge's; `said` a sentence; `facts` are labels and values to copy; `url` leads on.

    `inside` is folded away under `inside_title` until somebody opens it, or something in it failed.
    """

    title: str
    tone: Tone
    at: datetime | None = None
    word: str = ""
    said: str = ""
    facts: Facts = ()
    url: str = ""
    inside: "tuple[Entry, ...]" = ()
    inside_title: str = ""

    @property
    def is_open(self) -> bool:
        """What failed is not hidden, unless it is so much that it would hide the rest."""
        return len(self.inside) <= MOST_OPEN and any(one.tone == Tone.BAD for one in self.inside)


@dataclass(frozen=True)
class Chapter:
    title: str
    entries: tuple[Entry, ...]
    tone: Tone = Tone.IDLE
    word: str = ""
    facts: Facts = ()


def error_facts(error: Mapping[str, Any] | None) -> Facts:
    if not error:
        return ()
    own = (("code", str(error.get("code") or "")), ("who has to move", worded(str(error.get("actor") or ""))))
    return filled((*own, *named(error.get("meta") or {}, META)))


def words_of(error: Mapping[str, Any] | None) -> str:
    return str(error.get("message") or "") if error else ""


def named(values: Mapping[str, Any], names: Mapping[str, str]) -> Facts:
    """Those of `values` that have a name, in the order of the names."""
    return filled((words, text_of(values.get(name))) for name, words in names.items())


def filled(facts: Iterable[tuple[str, str]]) -> Facts:
    return tuple((label, value) for label, value in facts if value)


def text_of(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


def clock(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


def took(began: datetime | None, ended: datetime | None) -> str:
    """`820 ms`, `3.2 s`, `4 min`."""
    if not began or not ended or ended < began:
        return ""
    seconds = (ended - began).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
