"""What tests of the engine do: let events happen, let endpoints answer, open and close breakers."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from webhooks.delivery import Outcome, claim, settle
from webhooks.events import publish
from webhooks.models import Delivery, OutgoingWebhook, WebhookLane
from webhooks.services import create_webhook

NAME = "message.received"
SECOND = timedelta(seconds=1)


def endpoint(organization, name: str = "a", url: str | None = None) -> OutgoingWebhook:
    return create_webhook(organization=organization, url=url or f"https://{name}.example.com", events=["*"])


def happen(organization, times: int = 1) -> None:
    with transaction.atomic():
        for _ in range(times):
            publish(organization=organization, name=NAME, data={})


def answered(now: datetime, status: int | None = 500, error: str | None = None, *, limit: int = 100) -> int:
    """Claims what is due and settles it as if it had been answered so; how many that were."""
    claimed = claim(limit, now=now)
    code = error or (None if status == 200 else "http_status")
    outcomes = [Outcome(one, now, 20, status=None if error else status, error=code) for one in claimed]
    settle(outcomes, now=now)
    return len(claimed)


def states() -> dict[str, int]:
    return dict(Counter(Delivery.objects.values_list("state", flat=True)))


def the_lane() -> Any:
    return WebhookLane.objects.get()


def due_times(**narrowed: Any) -> list[Any]:
    return list(Delivery.objects.filter(**narrowed).values_list("next_attempt_at", flat=True))


def opened(organization, webhook, events: int = 30) -> tuple[WebhookLane, datetime]:
    """Lets an endpoint fail until its breaker opens; its lane, and a moment when it is half-open."""
    happen(organization, events)
    now = timezone.now()
    while not WebhookLane.objects.filter(webhook=webhook, open_until__isnull=False).exists():
        assert answered(now)
    lane = the_lane()
    return lane, lane.open_until + SECOND


def closed(organization, webhook, events: int = 30) -> datetime:
    """The same, and two probes that succeed; when the second did."""
    _, now = opened(organization, webhook, events)
    assert answered(now, 200) == answered(now, 200) == 1
    return now
