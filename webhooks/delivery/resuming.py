"""Letting out what was held: an endpoint starts anew, and its rows come due over a while, not at once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from webhooks.delivery import breaker
from webhooks.delivery.schedule import Jitter, uniform
from webhooks.models import Delivery, WebhookLane

# What was held comes due within the time that this many a second would take, and within ten minutes.
A_SECOND, LONGEST_RAMP = 10, timedelta(minutes=10)
BATCH, BATCHES = 500, 4
State = Delivery.State


def start_anew(webhook_id: UUID, now: datetime) -> None:
    """Forgets all troubles of an endpoint that its owner activated, or gave another address.

    Call it before the endpoint's row is changed: lanes are locked before endpoints.
    """
    lane = WebhookLane(pk=webhook_id)
    breaker.resume(lane, now)
    columns = [field.attname for field in lane._meta.concrete_fields if not field.primary_key]
    WebhookLane.objects.update_or_create(
        pk=webhook_id, defaults={name: getattr(lane, name) for name in columns}
    )


def spread(now: datetime, *, jitter: Jitter = uniform) -> None:
    """Gives what was held its times, some batches of each endpoint that resumed. What is left stays due."""
    for pk in WebhookLane.objects.filter(is_spreading=True).values_list("pk", flat=True):
        for _ in range(BATCHES):
            if not spread_batch(pk, now, jitter):
                break


def spread_batch(webhook_id: UUID, now: datetime, jitter: Jitter) -> bool:
    """Whether there may be more."""
    with transaction.atomic(durable=True):
        spreading = WebhookLane.objects.select_for_update(skip_locked=True, no_key=True)
        lane = spreading.filter(pk=webhook_id, is_spreading=True).first()
        if lane is None or lane.resumed_at is None:
            return False
        held = Delivery.objects.filter(
            webhook=webhook_id, state=State.PENDING, next_attempt_at__lte=lane.resumed_at
        )
        if lane.ramp_ends_at is None:
            most = int(LONGEST_RAMP.total_seconds() * A_SECOND)
            lane.ramp_ends_at = now + timedelta(seconds=held[:most].count() / A_SECOND)
        lasts = max(0.0, (lane.ramp_ends_at - now).total_seconds())
        rows = list(held.select_for_update(skip_locked=True, no_key=True).only("pk")[:BATCH])
        for row in rows:
            row.next_attempt_at = now + timedelta(seconds=jitter(0, lasts))
        Delivery.objects.bulk_update(rows, ["next_attempt_at"])
        lane.is_spreading = len(rows) == BATCH
        lane.save(update_fields=["ramp_ends_at", "is_spreading"])
        return lane.is_spreading
