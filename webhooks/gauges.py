"""Setting the gauges of `webhooks.metrics` to what the database says, in whichever process is asked."""

from datetime import datetime
from math import nan

from webhooks.delivery import lanes
from webhooks.metrics import DUE, DUE_AGE, ENDPOINTS, FAST, IN_FLIGHT, SLOW
from webhooks.models import OutgoingWebhook, WebhookLane


def observe(now: datetime) -> None:
    """Sets the gauges, by queries of which none reads a backlog."""
    oldest = lanes.oldest_due(now)
    DUE_AGE.set((now - oldest).total_seconds() if oldest else 0)
    DUE.set(lanes.due_count(now))
    in_flight, slow = lanes.in_flight(now)
    IN_FLIGHT.labels(FAST).set(in_flight - slow)
    IN_FLIGHT.labels(SLOW).set(slow)
    active = WebhookLane.objects.filter(webhook__is_active=True, open_until__isnull=False)
    ENDPOINTS.labels("open").set(active.filter(open_until__gt=now).count())
    ENDPOINTS.labels("half_open").set(active.filter(open_until__lte=now).count())
    disabled = OutgoingWebhook.objects.filter(deleted_at=None, disabled_reason__isnull=False)
    ENDPOINTS.labels("disabled").set(disabled.count())


def forget() -> None:
    """The database does not answer: what it said last is no news."""
    for gauge in (DUE, DUE_AGE):
        gauge.set(nan)
    for kind in (FAST, SLOW):
        IN_FLIGHT.labels(kind).set(nan)
    for state in ("open", "half_open", "disabled"):
        ENDPOINTS.labels(state).set(nan)
