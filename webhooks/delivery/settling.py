"""Writing down what came of attempts, and what is next for their deliveries."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from webhooks import metrics
from webhooks.delivery import batches, lanes, standing
from webhooks.delivery.batches import Standing
from webhooks.delivery.lines import write_line
from webhooks.delivery.schedule import delay_after, is_retried, is_success, max_attempts
from webhooks.delivery.sending import Outcome
from webhooks.models import Attempt, Delivery

State = Delivery.State
OPEN = (State.PENDING, State.IN_FLIGHT)
NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_expires_at": None}


def settle(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Logs each attempt and moves each delivery on, in one transaction.

    An attempt whose lease somebody else has taken over moves nothing but by a 2xx: that is a fact.
    """
    began = time.monotonic()
    with transaction.atomic(durable=True):
        lanes.read_by_index()
        rows = batches.lock([outcome.claimed.delivery_id for outcome in outcomes])
        known = [outcome for outcome in outcomes if outcome.claimed.delivery_id in rows]
        Attempt.objects.bulk_create(attempt_of(outcome) for outcome in known)
        moves = [(outcome, changes_of(outcome, rows[outcome.claimed.delivery_id], now)) for outcome in known]
        write(moves, now)
        telling = [one for one, changes in moves if changes and is_of(one, rows[one.claimed.delivery_id])]
        troubled = {one.claimed.webhook_id for one in telling if rows[one.claimed.delivery_id].is_troubled}
        standing.note(telling, troubled, now)
    metrics.SETTLE_SECONDS.observe(time.monotonic() - began)
    for outcome, changes in moves:
        note_attempt(outcome, changes)


def is_of(outcome: Outcome, row: Standing) -> bool:
    """Whether it says something of the endpoint as it is now: neither deleted nor at another address."""
    return not row.is_deleted and row.url == outcome.claimed.url


def attempt_of(outcome: Outcome) -> Attempt:
    return Attempt(
        delivery_id=outcome.claimed.delivery_id,
        webhook_id=outcome.claimed.webhook_id,
        number=outcome.claimed.attempt,
        at=outcome.at,
        duration_ms=outcome.duration_ms,
        response_status=outcome.status,
        response_body=outcome.body,
        error=outcome.error,
    )


def changes_of(outcome: Outcome, row: Standing, now: datetime) -> dict[str, Any] | None:
    """The columns that this outcome changes; None when it changes nothing any more."""
    if is_success(outcome.status):
        return finished(State.SUCCEEDED, None, now) if row.state in OPEN else None
    if row.state != State.IN_FLIGHT or row.lease_token != outcome.claimed.lease_token:
        return None
    if row.is_deleted:
        return finished(State.DISCARDED, outcome.error, now)
    if not is_retried(outcome.status, outcome.error) or outcome.claimed.attempt >= max_attempts():
        return finished(State.FAILED, outcome.error, now)
    delay = delay_after(outcome.claimed.attempt, retry_after=outcome.retry_after)
    again = {"state": State.PENDING, "next_attempt_at": outcome.ended_at + delay}
    return NO_LEASE | again | {"last_error": outcome.error}


def finished(state: str, error: str | None, now: datetime) -> dict[str, Any]:
    return NO_LEASE | {"state": state, "next_attempt_at": None, "finished_at": now, "last_error": error}


def write(moves: Sequence[tuple[Outcome, dict[str, Any] | None]], now: datetime) -> None:
    """Failures one by one, for each has its own next time; then the successes, the many, in one update."""
    delivered = []
    for outcome, changes in moves:
        if changes is None:
            continue
        if changes["state"] == State.SUCCEEDED:
            delivered.append(outcome.claimed.delivery_id)
            continue
        Delivery.objects.filter(pk=outcome.claimed.delivery_id).update(**changes)
    if delivered:
        batches.succeed(delivered, now)


def note_attempt(outcome: Outcome, changes: dict[str, Any] | None) -> None:
    metrics.OUTCOMES.labels("succeeded" if is_success(outcome.status) else outcome.error).inc()
    if changes is None:
        metrics.LATE_RESULTS.inc()
    write_line(outcome, str(changes["state"]) if changes else "late")
