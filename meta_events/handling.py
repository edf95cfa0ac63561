"""Handling one claimed change: its effects and its new state are one commit, or neither is there."""

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from inbox.receiving import TooEarlyError
from meta_events.bodies import Envelope, Place, found
from meta_events.claiming import max_attempts
from meta_events.dispatch import dispatch
from meta_events.failures import traced, worded
from meta_events.items import Item, MalformedError, Verdict
from meta_events.metrics import CHANGES
from meta_events.models import Change, Notification
from meta_events.numbers import Numbers

log = structlog.get_logger("meta_events.handling")
Status = Change.Status
# Up to this part of a pause is added to it, so that what failed together is not tried together again.
SPREAD = 0.2
# Our clocks and Meta's may differ by less than this.
AHEAD = timedelta(days=1)
# Between the tries of what came before the thing that it is about, in seconds.
EARLY_PAUSES = (1, 5, 15, 40)
uniform = SystemRandom().uniform


class LeaseLostError(RuntimeError):
    """Somebody else has the change now: what was done here must not stay."""


def handle(
    change: Change, token: UUID, row: Notification, envelope: Envelope, numbers: Numbers, now: datetime
) -> bool:
    """Handles a change that `token` was given for; whether something was done. A failure becomes its state.

    Raises django.db.Error when not even that can be written: the lease runs out by itself then.
    """
    try:
        with transaction.atomic(durable=True):
            verdict = dispatch(item_of(change, row, envelope, numbers))
            end(change, token, verdict.value, now)
    except LeaseLostError:
        CHANGES.labels("late").inc()
        log.warning("lost its lease", change=change.pk, field=change.field)
        return False
    except TooEarlyError as early:
        put_off_early(change, token, early, now)
        return False
    except MalformedError as wrong:
        failed(change, token, wrong, now, is_final=True)
        return False
    except Exception as failure:  # noqa: BLE001 - its end is written down, whatever it is
        log.error("not handled", change=change.pk, field=change.field, told=change.event, **traced(failure))
        failed(change, token, failure, now, is_final=change.attempts >= max_attempts())
        return False
    CHANGES.labels(verdict.value).inc()
    return verdict is Verdict.DONE


def place_of(change: Change) -> Place:
    return Place(change.entry_position, change.position, change.part, change.number)


def item_of(change: Change, row: Notification, envelope: Envelope, numbers: Numbers) -> Item:
    """Raises MalformedError. What is said to happen long after it came is of no time."""
    said = found(envelope, place_of(change))
    at = said.happened_at
    return Item(
        change_id=change.pk,
        field=said.name,
        value=said.value,
        part=said.part,
        element=said.element,
        entry_id=said.entry_id,
        meta_waba_id=said.meta_waba_id,
        meta_phone_number_id=said.meta_phone_number_id,
        phone_id=row.phone_id,
        at=at if at and at <= row.received_at + AHEAD else row.received_at,
        received_at=row.received_at,
        numbers=numbers,
    )


def end(change: Change, token: UUID, status: str, now: datetime, **columns: Any) -> None:
    """Writes the change's last state for now. Raises LeaseLostError."""
    settled = {"status": status, "due_at": None, "error": None, "finished_at": now} | columns
    owned = Change.objects.filter(pk=change.pk, lease_token=token, status=Status.RUNNING)
    if not owned.update(lease_token=None, **settled):
        raise LeaseLostError(str(change.pk))


def failed(change: Change, token: UUID, failure: Exception, now: datetime, *, is_final: bool) -> None:
    """Puts the change off, or ends it. Nothing happens when somebody else has it by now."""
    error = worded(failure)
    CHANGES.labels("failed" if is_final else "put off").inc()
    try:
        if is_final:
            end(change, token, Status.FAILED, now, error=error)
        else:
            again = now + delay_after(change.attempts)
            end(change, token, Status.WAITING, now, error=error, due_at=again, finished_at=None)
    except LeaseLostError:
        log.warning("lost its lease", change=change.pk, field=change.field)


def put_off_early(change: Change, token: UUID, early: TooEarlyError, now: datetime) -> None:
    """What it is about may come within a minute; what never comes is another software's."""
    CHANGES.labels("early").inc()
    error = worded(early)
    try:
        if change.attempts > len(EARLY_PAUSES):
            end(change, token, Status.SKIPPED, now, error=error)
        else:
            again = now + timedelta(seconds=EARLY_PAUSES[change.attempts - 1])
            end(change, token, Status.WAITING, now, error=error, due_at=again, finished_at=None)
    except LeaseLostError:
        log.warning("lost its lease", change=change.pk, field=change.field)


def delay_after(attempt: int) -> timedelta:
    seconds: float = settings.META_EVENT_BACKOFF_SECONDS[attempt - 1]
    return timedelta(seconds=seconds * (1 + uniform(0, SPREAD)))
