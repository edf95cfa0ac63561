"""Taking due changes: a lease, and a token that proves it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from meta_events import mailboxes
from meta_events.models import Change, Notification
from webhooks.delivery.lanes import read_by_index

log = structlog.get_logger("meta_events.claiming")
Status = Change.Status
# So many are claimed together: what one worker has, no other one can take meanwhile.
BATCH = 8


@dataclass(frozen=True)
class Claim:
    """Changes that this process alone may handle until the lease runs out."""

    token: UUID
    changes: Sequence[Change]
    expires_at: datetime
    last_mailbox: str = ""
    is_bulk_due: bool = False


def claim(now: datetime, *, after: str = "", is_bulk: bool = False) -> Claim:
    """Takes some due changes, of each mailbox the longest waiting, beginning behind the mailbox `after`.

    One short transaction. Bulky ones are asked for apart, and come one by one. A try counts from here on, so
    that a change which kills its worker each time comes to an end too.
    """
    token, until = uuid4(), now + lease()
    with transaction.atomic(durable=True):
        read_by_index()
        work = mailboxes.with_work(now)
        boxes, limit = (work.bulky, 1) if is_bulk else (work.usual, BATCH)
        taken = together(mailboxes.in_turn(now, boxes, after, limit, is_bulk=is_bulk))
        # What waits was ended by its worker each time, and says itself when it is tried no more.
        spent = [row for row in taken if row.status == Status.RUNNING and row.attempts >= max_attempts()]
        give_up(spent, now)
        changes = [row for row in taken if row not in spent]
        if changes:
            Change.objects.filter(pk__in=[row.pk for row in changes]).update(
                status=Status.RUNNING, attempts=F("attempts") + 1, lease_token=token, due_at=until
            )
    for row in changes:
        row.attempts += 1
    return Claim(token, changes, until, taken[-1].mailbox if taken else after, bool(work.bulky))


def together(rows: list[Change]) -> list[Change]:
    """Those whose worker died are taken one by one, the others together.

    One of them may have killed a worker that had all of them in its hands.
    """
    return list(takewhile(lambda row: row.status != Status.RUNNING, rows)) or rows[:1]


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
    return replace(claim, expires_at=until)


def release(claim: Claim, unbegun: Sequence[Change], now: datetime) -> None:
    """Gives back what was claimed and never begun, as if it had not been claimed."""
    Change.objects.filter(
        pk__in=[row.pk for row in unbegun], lease_token=claim.token, status=Status.RUNNING
    ).update(status=Status.WAITING, attempts=F("attempts") - 1, lease_token=None, due_at=now)


def is_anything_due(now: datetime) -> bool:
    received = Notification.objects.filter(split_at=None)
    return received.exists() or mailboxes.with_work(now).since is not None


def lease() -> timedelta:
    return timedelta(seconds=settings.META_EVENT_LEASE_SECONDS)


def max_attempts() -> int:
    return len(settings.META_EVENT_BACKOFF_SECONDS) + 1
