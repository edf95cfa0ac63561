"""What nobody else takes up: leases that ran out, rows that were held too long or can go out again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from webhooks import metrics
from webhooks.delivery import lanes
from webhooks.delivery.resuming import spread
from webhooks.delivery.schedule import max_attempts
from webhooks.models import Attempt, Delivery

log = structlog.get_logger("webhooks.delivery")
State = Delivery.State
# The deliveries of an endpoint that is inactive, or whose breaker is open, wait for so long after they
# were due.
HELD_FOR = timedelta(hours=72)
BATCH = 500


def is_anything_due(now: datetime) -> bool:
    return lanes.is_anything_due(now, now - HELD_FOR)


def recover(now: datetime) -> None:
    reclaim(now)
    spread(now)
    expire_held(now)


def reclaim(now: datetime) -> None:
    """Deliveries whose worker died become due again, at once; nobody knows what came of the attempt."""
    with transaction.atomic(durable=True):
        lapsed = list(
            Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .filter(state=State.IN_FLIGHT, lease_expires_at__lte=now)
            .annotate(webhook_deleted_at=F("webhook__deleted_at"))
            .order_by("lease_expires_at")[:BATCH]
        )
        Attempt.objects.bulk_create(unknown(row) for row in lapsed)
        deleted = [row for row in lapsed if row.webhook_deleted_at is not None]
        over = [row for row in lapsed if row not in deleted and row.attempt_count >= max_attempts()]
        again = [row for row in lapsed if row not in deleted and row not in over]
        move(deleted, state=State.DISCARDED, next_attempt_at=None, finished_at=now)
        move(over, state=State.FAILED, next_attempt_at=None, finished_at=now)
        move(again, state=State.PENDING, next_attempt_at=now)
    metrics.LEASE_EXPIRIES.inc(len(lapsed))
    for row in lapsed:
        log.warning(
            "a lease ran out", delivery_id=str(row.pk), event_id=row.event_id, attempt=row.attempt_count
        )


def unknown(row: Any) -> Attempt:
    began = row.lease_expires_at - timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    return Attempt(
        delivery=row, webhook_id=row.webhook_id, number=row.attempt_count, at=began, error="unknown"
    )


def move(rows: Sequence[Delivery], **columns: object) -> None:
    if rows:
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            lease_token=None, lease_expires_at=None, last_error="unknown", **columns
        )


def expire_held(now: datetime) -> None:
    """Ends what an endpoint kept waiting for too long; its log says so."""
    for webhook_id in lanes.held_too_long(now - HELD_FOR):
        with transaction.atomic(durable=True):
            held = (
                Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                .filter(webhook=webhook_id, state=State.PENDING, next_attempt_at__lte=now - HELD_FOR)
                .values_list("pk", flat=True)[:BATCH]
            )
            Delivery.objects.filter(pk__in=list(held)).update(
                state=State.FAILED, next_attempt_at=None, finished_at=now, last_error="expired"
            )
