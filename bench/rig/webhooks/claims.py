"""What a claim costs while one dead endpoint has a great many rows waiting. No worker runs meanwhile."""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from bench.rig.webhooks.rows import event_of, store
from webhooks.delivery import claim, release
from webhooks.models import Delivery, OutgoingWebhook

ROWS = 64
DUE_EACH = 10
BATCH = 5000
TIMES = 60


def make_due(endpoints: Sequence[OutgoingWebhook]) -> None:
    store(endpoints, DUE_EACH * len(endpoints))


def pile_up(dead: OutgoingWebhook, rows: int) -> None:
    """So many rows that were due before all others."""
    event = event_of(dead.organization)
    event.save()
    due_at = timezone.now() - timedelta(hours=1)
    Delivery.objects.bulk_create(
        (
            Delivery(event=event, webhook=dead, trigger=Delivery.Trigger.MANUAL, next_attempt_at=due_at)
            for _ in range(rows)
        ),
        batch_size=BATCH,
    )


def fill_up(dead: OutgoingWebhook, cap: int, now: datetime) -> None:
    """It is not held any more, and has as many attempts on their way as it may."""
    OutgoingWebhook.objects.filter(pk=dead.pk).update(is_active=True)
    waiting = Delivery.objects.filter(webhook=dead, state=Delivery.State.PENDING)
    Delivery.objects.filter(pk__in=list(waiting.values_list("pk", flat=True)[:cap])).update(
        state=Delivery.State.IN_FLIGHT,
        attempt_count=1,
        lease_token=uuid.uuid4(),
        lease_expires_at=now + timedelta(hours=1),
    )


def claims(slow_rows: int = 0) -> list[float]:
    """Milliseconds of each of sixty claims of 64 rows; what was claimed is given back in between.

    Of the slow class none, as most of the pump's claims: every half a second one looks there too.
    """
    return [claimed_once(slow_rows) for _ in range(TIMES)]


def claimed_once(slow_rows: int) -> float:
    began = time.perf_counter()
    found = claim(ROWS, slow_rows, now=timezone.now())
    lasted = time.perf_counter() - began
    assert len(found) == ROWS
    release(found)
    return lasted * 1000
