"""The queue's SQL: one lane an endpoint, so that a claim is fair and costs the same behind any backlog.

Partial indexes serve every look; states stand in the text because a prepared statement that has them as
parameters cannot use those indexes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

# So many attempts are on their way to one endpoint at most, whatever its backlog.
CAP = 4

# Steps from one endpoint with waiting rows to the next, and looks at the head of each. The full order of
# the index delivery_due and the scalar sub-selects leave the planner nothing to choose: with a choice it
# reads whole backlogs as soon as its statistics are behind.
HEADS = """
    WITH RECURSIVE lane (webhook_id) AS (
        SELECT (SELECT webhook_id FROM webhooks_delivery
                WHERE state = 'pending' ORDER BY webhook_id, next_attempt_at, id LIMIT 1)
        UNION ALL
        SELECT (SELECT webhook_id FROM webhooks_delivery
                WHERE state = 'pending' AND webhook_id > lane.webhook_id
                ORDER BY webhook_id, next_attempt_at, id LIMIT 1)
        FROM lane WHERE lane.webhook_id IS NOT NULL
    ),
    head (webhook_id, due_at, in_flight) AS MATERIALIZED (
        SELECT webhook_id,
               (SELECT next_attempt_at FROM webhooks_delivery
                WHERE webhook_id = lane.webhook_id AND state = 'pending'
                ORDER BY next_attempt_at, id LIMIT 1),
               (SELECT count(*) FROM webhooks_delivery
                WHERE webhook_id = lane.webhook_id AND state = 'in_flight')
        FROM lane WHERE webhook_id IS NOT NULL
    )
"""
FROM_HEADS = "FROM head JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = head.webhook_id"
IS_DUE = "endpoint.is_active AND head.due_at <= %(now)s AND head.in_flight < %(cap)s"
IS_HELD_TOO_LONG = "NOT endpoint.is_active AND head.due_at <= %(held_before)s"

DUE_LANES = f"{HEADS} SELECT endpoint.id {FROM_HEADS} WHERE {IS_DUE} ORDER BY head.due_at LIMIT %(limit)s"
# Not FOR UPDATE: that would wait for every transaction that is storing a delivery to this endpoint.
LOCKED_DUE_LANES = f"{DUE_LANES} FOR NO KEY UPDATE OF endpoint SKIP LOCKED"

# A statement of its own after the lock: its snapshot sees what other claimers of these lanes committed.
DUE_ROWS = """
    SELECT due.id
    FROM unnest(%(lanes)s::uuid[]) WITH ORDINALITY AS lane (webhook_id, place)
    CROSS JOIN LATERAL (
        SELECT %(cap)s - count(*) AS room FROM webhooks_delivery
        WHERE webhook_id = lane.webhook_id AND state = 'in_flight') AS gap
    CROSS JOIN LATERAL (
        SELECT id FROM webhooks_delivery
        WHERE webhook_id = lane.webhook_id AND state = 'pending' AND next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id LIMIT greatest(gap.room, 0)
        FOR NO KEY UPDATE SKIP LOCKED) AS due
    ORDER BY lane.place LIMIT %(limit)s
"""
# SQLite's: one lane at a time, in a transaction that is alone anyway.
DUE_ROWS_OF_A_LANE = """
    SELECT id FROM webhooks_delivery
    WHERE webhook_id = %(lane)s AND state = 'pending' AND next_attempt_at <= %(now)s
    ORDER BY next_attempt_at, id
    LIMIT max(0, %(cap)s - (SELECT count(*) FROM webhooks_delivery
                            WHERE webhook_id = %(lane)s AND state = 'in_flight'))
"""

ANYTHING_DUE = f"""
    {HEADS}
    SELECT EXISTS (SELECT 1 FROM webhooks_delivery
                   WHERE state = 'in_flight' AND lease_expires_at <= %(now)s)
        OR EXISTS (SELECT 1 {FROM_HEADS} WHERE ({IS_DUE}) OR ({IS_HELD_TOO_LONG}))
"""  # noqa: S608 - constants of this file


def lock_due_lanes(limit: int, now: datetime) -> list[Any]:
    """Endpoints with something due and room for it, the longest waiting first, locked for this claim."""
    statement = LOCKED_DUE_LANES if _has_locks() else DUE_LANES
    return [row[0] for row in _rows(statement, now=now, cap=CAP, limit=limit)]


def due_rows(lanes: list[Any], limit: int, now: datetime) -> list[UUID]:
    """Up to `limit` deliveries of these lanes, each lane's own order and cap kept."""
    if _has_locks():
        found = _rows(DUE_ROWS, lanes=lanes, now=now, cap=CAP, limit=limit)
        return [row[0] for row in found]
    found = [row for lane in lanes for row in _rows(DUE_ROWS_OF_A_LANE, lane=lane, now=now, cap=CAP)]
    return [UUID(row[0]) for row in found[:limit]]


def is_anything_due(now: datetime, held_before: datetime) -> bool:
    """One query: a row to claim, a lease that ran out, or a row that was held too long."""
    return bool(_rows(ANYTHING_DUE, now=now, held_before=held_before, cap=CAP)[0][0])


def _has_locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _rows(statement: str, **parameters: Any) -> list[Any]:
    """Rows as the driver gives them; times go in as the database keeps them."""
    adapted = {
        name: connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for name, value in parameters.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, adapted)
        return list(cursor.fetchall())
