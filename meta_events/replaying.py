"""Handling again what Meta told: for an operator, and after an update that knows more of it.

Nothing is told to customers twice: messages, statuses and contacts are known again by their keys, account
changes by the latest word on each matter. What has no such key is left alone once it is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from meta_events.dispatch import HANDLERS, TOLD_ONCE
from meta_events.models import Change, Notification

Status = Change.Status
BATCH = 100


@dataclass(frozen=True)
class Chosen:
    """Which notifications: received in a time, of one number, or those with what was unknown until now."""

    since: datetime | None = None
    until: datetime | None = None
    meta_phone_number_id: str | None = None
    is_unknown: bool = False

    def notifications(self) -> QuerySet[Notification]:
        rows = Notification.objects.exclude(status=Notification.Status.RECEIVED)
        if self.since:
            rows = rows.filter(received_at__gte=self.since)
        if self.until:
            rows = rows.filter(received_at__lt=self.until)
        if self.meta_phone_number_id or self.is_unknown:
            rows = rows.filter(pk__in=self.changes().values("notification_id"))
        return rows.order_by("pk")

    def changes(self) -> QuerySet[Change]:
        """What is handled again, but for what a worker has just now."""
        done_once = Q(status=Status.DONE, field__in=TOLD_ONCE)
        rows = Change.objects.exclude(done_once).exclude(status__in=[Status.RUNNING, Status.WAITING])
        if self.meta_phone_number_id:
            rows = rows.filter(meta_phone_number_id=self.meta_phone_number_id)
        # Of a field that nobody handles still the same would come.
        return rows.filter(status=Status.UNKNOWN, field__in=HANDLERS) if self.is_unknown else rows


@dataclass(frozen=True)
class Batch:
    """Notifications that are taken apart again, and changes of theirs that are handled again."""

    notifications: int = 0
    changes: int = 0

    def plus(self, other: "Batch") -> "Batch":
        return Batch(self.notifications + other.notifications, self.changes + other.changes)


def replay(chosen: Chosen, now: datetime) -> Iterator[Batch]:
    """Makes them due, a batch a transaction. It may be stopped at any time, and begun again.

    They are handled as what is bulky, one by one beside what comes in meanwhile.
    """
    last = 0
    while ids := list(chosen.notifications().filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield begun_anew(chosen, ids, now)
        last = ids[-1]


@transaction.atomic(durable=True)
def begun_anew(chosen: Chosen, ids: list[int], now: datetime) -> Batch:
    again = chosen.changes().filter(notification__in=ids)
    changes = again.update(
        status=Status.WAITING,
        attempts=0,
        due_at=now,
        is_bulk=True,
        error=None,
        finished_at=None,
        handed_out_at=None,
    )
    # An update may find more in a body than the version before did; what it found has its row.
    rows = Notification.objects.filter(pk__in=ids)
    return Batch(rows.update(status=Notification.Status.RECEIVED, split_at=None, error=None), changes)
