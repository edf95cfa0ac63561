"""A batch's rows: leased, read, locked to be settled, and done with.

By statements whose text is made once. Asked through the ORM these few take a process longer to word than the
database to answer, and there is one of each for every batch of every turn.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from webhooks.delivery.lanes import as_time, as_uuid, has_locks, rows_of, run

LEASE = """
    UPDATE webhooks_delivery
    SET state = 'in_flight', attempt_count = attempt_count + 1, lease_token = %(token)s,
        lease_expires_at = %(until)s
    WHERE id {among}
"""
WORK = """
    SELECT delivery.id, delivery.webhook_id, delivery.event_id, delivery.attempt_count,
           delivery.next_attempt_at, event.name, event.body, endpoint.url, endpoint.secret,
           endpoint.previous_secret, endpoint.previous_secret_until, event.request_id
    FROM {rows} delivery
    JOIN webhooks_event event ON event.id = delivery.event_id
    JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = delivery.webhook_id
"""
READ = WORK.replace("{rows}", "webhooks_delivery") + " WHERE delivery.id {among}"
# PostgreSQL does both at once; SQLite returns no columns of other tables.
LEASE_AND_READ = (
    f"WITH leased AS ({LEASE} RETURNING id, webhook_id, event_id, attempt_count, next_attempt_at)"
    + WORK.replace("{rows}", "leased")
)
# Their endpoints are only read: what is written of these is written by `standing`, under their lanes' lock.
LOCK = """
    SELECT delivery.id, delivery.state, delivery.lease_token, endpoint.deleted_at IS NOT NULL, endpoint.url,
           COALESCE(lane.open_until IS NOT NULL OR lane.first_failure_at IS NOT NULL
                    OR lane.refused_at IS NOT NULL OR lane.slow_until IS NOT NULL
                    OR lane.is_slow OR lane.latency_ms <> 0, FALSE)
    FROM webhooks_delivery delivery
    JOIN webhooks_outgoingwebhook endpoint ON endpoint.id = delivery.webhook_id
    LEFT JOIN webhooks_webhooklane lane ON lane.webhook_id = endpoint.id
    WHERE delivery.id {among} ORDER BY delivery.id
"""
SUCCEED = """
    UPDATE webhooks_delivery
    SET state = 'succeeded', next_attempt_at = NULL, finished_at = %(now)s, last_error = NULL,
        lease_token = NULL, lease_expires_at = NULL
    WHERE id {among}
"""


class Work(NamedTuple):
    """What an attempt needs, of the row, its event and its endpoint. The secrets are encrypted."""

    delivery_id: UUID
    webhook_id: UUID
    event_id: str
    attempt: int
    due_at: datetime
    event_name: str
    body: bytes
    url: str
    sealed: str
    sealed_before: str | None
    sealed_before_until: datetime | None
    request_id: str


class Standing(NamedTuple):
    """How a row stands that is to be settled. `is_troubled`: its lane has to be told of successes too."""

    state: str
    lease_token: UUID | None
    is_deleted: bool
    url: str
    is_troubled: bool


def lease(ids: Collection[UUID], token: UUID, until: datetime) -> dict[UUID, Work]:
    """From here on they are under way; what sending them needs."""
    if has_locks():
        rows = _rows(LEASE_AND_READ, ids, token=token, until=until)
    else:
        _run(LEASE, ids, token=token.hex, until=until)
        rows = _rows(READ, ids)
    return {as_uuid(row[0]): _work(row) for row in rows}


def lock(ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The rows, locked in one order. Those whose endpoint was erased in the meantime are not there."""
    statement = f"{LOCK} FOR NO KEY UPDATE OF delivery" if has_locks() else LOCK
    return {
        as_uuid(pk): Standing(state, as_uuid(token) if token else None, bool(deleted), url, bool(troubled))
        for pk, state, token, deleted, url, troubled in _rows(statement, ids)
    }


def succeed(ids: Collection[UUID], now: datetime) -> None:
    _run(SUCCEED, ids, now=now)


def _work(row: Iterable[Any]) -> Work:
    pk, webhook_id, event_id, attempt, due_at, name, body, url, sealed, before, until, request_id = row
    return Work(
        *(as_uuid(pk), as_uuid(webhook_id), event_id, attempt, as_time(due_at), name, bytes(body)),
        *(url, sealed, before, as_time(until) if until else None, request_id),
    )


def _rows(statement: str, ids: Collection[UUID], **parameters: Any) -> list[Any]:
    return rows_of(_worded(statement), ids=_among(ids), **parameters)


def _run(statement: str, ids: Collection[UUID], **parameters: Any) -> None:
    run(_worded(statement), ids=_among(ids), **parameters)


def _worded(statement: str) -> str:
    among = "= ANY(%(ids)s)" if has_locks() else "IN (SELECT value FROM json_each(%(ids)s))"
    return statement.replace("{among}", among)


def _among(ids: Collection[UUID]) -> Any:
    return list(ids) if has_locks() else json.dumps([one.hex for one in ids])
