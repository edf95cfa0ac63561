"""Whose turn it is: each number's waiting changes are a mailbox, and mailboxes are served in turn.

So a number with ten thousand of them delays no other number's message. The mailboxes are found by jumping
from one to the next along the index, however much is in each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from meta_events.models import Change
from webhooks.delivery.lanes import as_time, has_locks, rows_of

WITH_WORK = """
    WITH RECURSIVE kept(is_bulk, mailbox) AS (
        SELECT lanes.is_bulk, (SELECT min(mailbox) FROM meta_events_change c
                               WHERE due_at IS NOT NULL AND c.is_bulk = lanes.is_bulk)
        FROM (SELECT false AS is_bulk UNION ALL SELECT true) AS lanes
        UNION ALL
        SELECT kept.is_bulk, (SELECT min(mailbox) FROM meta_events_change c WHERE due_at IS NOT NULL
                              AND c.is_bulk = kept.is_bulk AND mailbox > kept.mailbox)
        FROM kept WHERE kept.mailbox IS NOT NULL
    )
    SELECT is_bulk, mailbox,
        (SELECT min(due_at) FROM meta_events_change c
         WHERE due_at IS NOT NULL AND c.is_bulk = kept.is_bulk AND c.mailbox = kept.mailbox)
    FROM kept WHERE mailbox IS NOT NULL
"""
FIRST_OF_EACH = """
    SELECT found.id, asked.place FROM unnest(%(mailboxes)s::text[]) WITH ORDINALITY AS asked(mailbox, place)
    CROSS JOIN LATERAL (
        SELECT id FROM meta_events_change
        WHERE due_at <= %(now)s AND due_at IS NOT NULL AND is_bulk = %(is_bulk)s AND mailbox = asked.mailbox
        ORDER BY due_at, id LIMIT %(share)s FOR NO KEY UPDATE SKIP LOCKED
    ) AS found
"""


@dataclass(frozen=True)
class Work:
    """The mailboxes in which something is due, in order, and since when: usual ones, and bulky ones."""

    usual: dict[str, datetime] = field(default_factory=dict)
    bulky: dict[str, datetime] = field(default_factory=dict)

    @property
    def since(self) -> datetime | None:
        return min((*self.usual.values(), *self.bulky.values()), default=None)


def with_work(now: datetime) -> Work:
    """One query, whose cost grows with the mailboxes and not with what is in them."""
    work = Work()
    for is_bulk, box, since in sorted(rows_of(WITH_WORK)):
        if as_time(since) <= now:
            (work.bulky if is_bulk else work.usual)[box] = as_time(since)
    return work


def in_turn(now: datetime, found: Iterable[str], after: str, limit: int, *, is_bulk: bool) -> list[Change]:
    """Up to `limit` due rows, locked: one of each mailbox from behind `after` on, then the next of each."""
    boxes = list(found)
    boxes = [*(box for box in boxes if box > after), *(box for box in boxes if box <= after)][:limit]
    if not boxes:
        return []
    ids = ids_in_turn(boxes, -(-limit // len(boxes)), now, is_bulk=is_bulk)[:limit]
    rows = Change.objects.defer("fingerprint").in_bulk(ids)
    return [rows[pk] for pk in ids]


def ids_in_turn(boxes: Sequence[str], share: int, now: datetime, *, is_bulk: bool) -> list[int]:
    if not has_locks():
        due = [list(due_in(box, now, is_bulk=is_bulk)[:share]) for box in boxes]
        return [ids[turn] for turn in range(share) for ids in due if turn < len(ids)]
    asked = {"mailboxes": list(boxes), "share": share, "now": now, "is_bulk": is_bulk}
    turns, queue = dict.fromkeys(range(1, len(boxes) + 1), 0), []
    for pk, place in rows_of(FIRST_OF_EACH, **asked):
        queue.append((turns[place], place, pk))
        turns[place] += 1
    return [pk for _, _, pk in sorted(queue)]


def due_in(box: str, now: datetime, *, is_bulk: bool) -> "QuerySet[Change, int]":
    rows = Change.objects.filter(mailbox=box, is_bulk=is_bulk, due_at__lte=now)
    return rows.order_by("due_at", "pk").values_list("pk", flat=True)
