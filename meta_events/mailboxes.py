"""Whose turn it is: each number's waiting changes are a mailbox, and mailboxes are served in turn.

So a number with ten thousand of them delays no other number's message. The mailboxes are found by jumping
from one to the next along the index, however much is in each.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from meta_events.models import Change
from webhooks.delivery.lanes import as_time, has_locks, rows_of

WITH_WORK = """
    WITH RECURSIVE kept(mailbox) AS (
        SELECT (SELECT min(mailbox) FROM meta_events_change
                WHERE due_at IS NOT NULL AND is_bulk = %(is_bulk)s)
        UNION ALL
        SELECT (SELECT min(mailbox) FROM meta_events_change
                WHERE due_at IS NOT NULL AND is_bulk = %(is_bulk)s AND mailbox > kept.mailbox)
        FROM kept WHERE kept.mailbox IS NOT NULL
    )
    SELECT mailbox, (SELECT min(due_at) FROM meta_events_change
                     WHERE due_at IS NOT NULL AND is_bulk = %(is_bulk)s AND mailbox = kept.mailbox)
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


def with_work(now: datetime, *, is_bulk: bool) -> dict[str, datetime]:
    """The mailboxes in which something is due, by name, and since when."""
    found = {box: as_time(since) for box, since in rows_of(WITH_WORK, is_bulk=is_bulk)}
    return {box: since for box, since in sorted(found.items()) if since <= now}


def oldest(now: datetime) -> datetime | None:
    """Since when what is due the longest waits."""
    since = [at for is_bulk in (False, True) for at in with_work(now, is_bulk=is_bulk).values()]
    return min(since, default=None)


def in_turn(now: datetime, after: str, limit: int, *, is_bulk: bool) -> list[Change]:
    """Up to `limit` due rows, locked: one of each mailbox that comes behind `after`, then the next of each.

    They stand in that order; the last mailbox among the first ones is where the next turn begins.
    """
    boxes = list(with_work(now, is_bulk=is_bulk))
    boxes = [*(box for box in boxes if box > after), *(box for box in boxes if box <= after)][:limit]
    if not boxes:
        return []
    ids = ids_in_turn(boxes, -(-limit // len(boxes)), now, is_bulk=is_bulk)[:limit]
    rows = Change.objects.in_bulk(ids)
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
