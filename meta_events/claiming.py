"""Taking due changes: a lease, and a token that proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from meta_events.models import Change, Notification

log = structlog.get_logger("meta_events.claiming")
Status = Change.Status
BATCH = 50


@dataclass(frozen=True)
class Claim:
    """Changes that this process alone may handle until the lease runs out."""

    token: UUID
    changes: Sequence[Change]
    expires_at: datetime


def claim(now: datetime) -> Claim:
    """Takes some due changes, the longest waiting first. One short transaction.

    A try counts from here on, so that a change which kills its worker each time comes to an end too.
    """
    token, until = uuid4(), now + lease()
    with transaction.atomic(durable=True):
        rows = due(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
        taken = together(list(rows[:BATCH]))
        spent = [row for row in taken if row.attempts >= max_attempts()]
        give_up(spent, now)
        changes = [row for row in taken if row not in spent]
        Change.objects.filter(pk__in=[row.pk for row in changes]).update(
            status=Status.RUNNING, attempts=F("attempts") + 1, lease_token=token, due_at=until
        )
    for row in changes:
        row.attempts += 1
    return Claim(token, changes, until)


def together(rows: list[Change]) -> list[Change]:
    """Those that were never tried are taken together, the others one by one.

    One of them may have killed a worker that had all of them in its hands.
    """
    return list(takewhile(lambda row: not row.attempts, rows)) or rows[:1]


def due(now: datetime) -> QuerySet[Change]:
    return Change.objects.filter(due_at__lte=now).order_by("due_at", "pk")


def give_up(rows: Sequence[Change], now: datetime) -> None:
    """Ends changes of which no worker told the end as often as they may be tried."""
    if not rows:
        return
    log.error("given up: no worker lived to its end", changes=[row.pk for row in rows])
    Change.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Status.FAILED,
        due_at=None,
        lease_token=None,
        error="No worker lived to its end.",
        finished_at=now,
    )


def renewed(claim: Claim, now: datetime) -> Claim:
    """The claim with a new lease on what it still has."""
    until = now + lease()
    Change.objects.filter(
        pk__in=[row.pk for row in claim.changes], lease_token=claim.token, status=Status.RUNNING
    ).update(due_at=until)
    return Claim(claim.token, claim.changes, until)


def release(claim: Claim, unbegun: Sequence[Change], now: datetime) -> None:
    """Gives back what was claimed and never begun, as if it had not been claimed."""
    Change.objects.filter(
        pk__in=[row.pk for row in unbegun], lease_token=claim.token, status=Status.RUNNING
    ).update(status=Status.WAITING, attempts=F("attempts") - 1, lease_token=None, due_at=now)


def is_anything_due(now: datetime) -> bool:
    received = Notification.objects.filter(split_at=None)
    return received.exists() or due(now).exists()


def lease() -> timedelta:
    return timedelta(seconds=settings.META_EVENT_LEASE_SECONDS)


def max_attempts() -> int:
    return len(settings.META_EVENT_BACKOFF_SECONDS) + 1
