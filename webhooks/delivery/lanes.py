"""Asking the queue: which endpoints may be sent something, what is under way, and which rows are due."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from webhooks.delivery import statements

# So many attempts are on their way to one endpoint at most, whatever its backlog.
CAP = 4
# After an outage an endpoint gets one at a time for so long, then two for as long again.
RAMP_STEP = timedelta(seconds=10)
# Slow work may take one part in so many of what an organization has under way.
SLOW_PART = 2


@dataclass(frozen=True)
class Lane:
    """An endpoint that may be sent something now: its rows that are new, or those that were tried before.

    The ids are texts: as keys they cost a tenth of what UUIDs do.
    """

    webhook_id: str
    again: int
    cap: int
    organization_id: str


class Load:
    """What is under way, and how much more may be."""

    def __init__(self, rows: Iterable[Sequence[Any]], *, is_slow: bool) -> None:
        self.of_webhook, self.of_organization, self.slow = Counter[str](), Counter[str](), Counter[str]()
        self.is_slow = is_slow
        for webhook_id, organization_id, in_flight, slow in rows:
            self.of_webhook[webhook_id] += in_flight
            self.of_organization[organization_id] += in_flight
            self.slow[organization_id] += slow

    def room(self, lane: Lane) -> int:
        whole: int = settings.DELIVERY_ORGANIZATION_CAP
        rooms: list[int] = [
            lane.cap - self.of_webhook[lane.webhook_id],
            whole - self.of_organization[lane.organization_id],
        ]
        if self.is_slow:
            rooms.append(slow_cap() - self.slow[lane.organization_id])
        return max(0, min(rooms))

    def add(self, lane: Lane) -> None:
        self.of_webhook[lane.webhook_id] += 1
        self.of_organization[lane.organization_id] += 1
        self.slow[lane.organization_id] += self.is_slow


def lock_due_lanes(limit: int, now: datetime, *, is_slow: bool, besides: Collection[UUID]) -> list[Lane]:
    """The endpoints of a class with something due and room for it, locked for this claim."""
    asked: dict[str, Any] = _gates(now) | {"limit": limit, "slow_cap": slow_cap()}
    asked["organization_cap"] = settings.DELIVERY_ORGANIZATION_CAP
    if has_locks():
        statement = f"{statements.SLOW_LANES if is_slow else statements.FAST_LANES} {statements.LOCKED}"
        asked["besides"] = list(besides)
    else:
        statement = statements.SLOW_LANES_JSON if is_slow else statements.FAST_LANES_JSON
        asked["besides"] = json.dumps([one.hex for one in besides])
    return [Lane(*row) for row in rows_of(statement, **asked)]


def load_now(now: datetime, *, is_slow: bool) -> Load:
    return Load(rows_of(statements.LOAD_NOW, now=now), is_slow=is_slow)


def due_rows(lanes: Sequence[tuple[Lane, int]], now: datetime) -> list[tuple[Any, Any, int]]:
    """Due deliveries of these lanes, up to so many of each: (what sorts by time, id, place of its lane)."""
    if not has_locks():
        asked = [
            {"webhook": lane.webhook_id, "again": lane.again, "room": room, "place": place}
            for place, (lane, room) in enumerate(lanes)
        ]
        return [tuple(row) for one in asked for row in rows_of(statements.DUE_ROWS_OF_A_LANE, now=now, **one)]
    webhooks, agains, rooms = zip(*((lane.webhook_id, lane.again, room) for lane, room in lanes), strict=True)
    found = rows_of(
        statements.DUE_ROWS, webhooks=list(webhooks), agains=list(agains), rooms=list(rooms), now=now
    )
    return [tuple(row) for row in found]


def is_anything_due(now: datetime, held_before: datetime) -> bool:
    """One query: a row to claim, one that was held too long or has to be spread, or a lease that ran out."""
    return bool(rows_of(statements.ANYTHING_DUE, held_before=held_before, **_gates(now))[0][0])


def held_too_long(held_before: datetime) -> list[UUID]:
    """Endpoints that hold rows which were due before then."""
    return [as_uuid(row[0]) for row in rows_of(statements.HELD_TOO_LONG, held_before=held_before)]


def oldest_due(now: datetime) -> datetime | None:
    """Since when the delivery waits that is due the longest and that nothing holds."""
    found = rows_of(statements.OLDEST_DUE, now=now)[0][0]
    return as_time(found) if found else None


def due_count(now: datetime) -> int:
    """How many deliveries to active endpoints are due, a thousand of each endpoint at most."""
    return int(rows_of(statements.DUE_COUNT, now=now)[0][0])


def in_flight(now: datetime) -> tuple[int, int]:
    """How many deliveries are under way, and how many of these are slow ones."""
    rows = rows_of(statements.LOAD_NOW, now=now)
    return sum(row[2] for row in rows), sum(row[3] for row in rows)


def as_time(value: datetime | str) -> datetime:
    """SQLite gives text, or a time without its zone, which is UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def slow_cap() -> int:
    whole: int = settings.DELIVERY_ORGANIZATION_CAP
    return max(1, whole // SLOW_PART)


def as_uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def has_locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _gates(now: datetime) -> dict[str, Any]:
    return {"now": now, "cap": CAP, "ramp_1": now - RAMP_STEP, "ramp_2": now - 2 * RAMP_STEP}


def read_by_index() -> None:
    """For this transaction. Every look of the engine has its index; with a choice, and a plan or statistics
    from when there was little, PostgreSQL reads the whole table for a batch's few rows."""
    if has_locks():
        run("SET LOCAL enable_seqscan = off")


def rows_of(statement: str, **parameters: Any) -> list[Any]:
    """Rows as the driver gives them; times go in as the database keeps them."""
    with connection.cursor() as cursor:
        cursor.execute(statement, adapted(parameters))
        return list(cursor.fetchall())


def run(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, adapted(parameters))


def adapted(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for name, value in parameters.items()
    }
