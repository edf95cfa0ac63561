"""The templates that a link asks for, as its column keeps them and as the API shows them.

A row: `template` (ours), `name` and `languageCode` (at Meta, from just before it is handed in),
`metaTemplateId`, `status` (Meta's word; None until it is handed in), `reason` (why Meta rejected it, or why
it is not handed in yet), `decidedAt` (Meta's time of that status, None where the hand-in answered it),
`isTold` (that answer's status went out as an event, which Meta's own webhook would repeat).
"""

from collections.abc import Collection, Iterable
from typing import Any

Row = dict[str, Any]

NAMES = ("start_conversation", "welcome", "send_file")
PUBLISHED = ("template", "name", "languageCode", "status", "reason")
UNTOUCHED: Row = {
    "name": None,
    "languageCode": None,
    "metaTemplateId": None,
    "status": None,
    "reason": None,
    "decidedAt": None,
    "isTold": False,
}


def asked(names: Collection[str]) -> list[Row]:
    """The column of a new link: each of `names` once, in our order. Raises ValueError for another name."""
    if unknown := set(names) - set(NAMES):
        raise ValueError(f"no starter templates: {', '.join(sorted(unknown))}")
    return [{"template": name, **UNTOUCHED} for name in NAMES if name in names]


def published(rows: Iterable[Row]) -> list[Row]:
    """The link's `starterTemplates`."""
    return [{key: row.get(key) for key in PUBLISHED} for row in rows]
