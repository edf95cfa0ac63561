"""Sending again: one delivery, or what went to an endpoint since a time. Each is a row of its own."""

from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Max, QuerySet
from django.utils import timezone

from api.errors import ConflictError, NotFoundError
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook
from webhooks.services import lock_webhook
from webhooks.tasks import ring_on_commit

State, Trigger = Delivery.State, Delivery.Trigger
OPEN = (State.PENDING, State.IN_FLIGHT)
BATCH = 1000
# What was sent again successfully within this time a second replay leaves out, so that a double click doubles
# nothing.
JUST_NOW = timedelta(minutes=10)
# The time between two redeliveries of a replay, in seconds: the shortest, the longest, and for an endpoint
# that was never called.
SHORTEST_GAP, LONGEST_GAP, UNKNOWN_GAP = 0.02, 1.0, 0.1
RECENT_ATTEMPTS = 100


class InactiveError(ConflictError):
    message = "The endpoint is inactive: activate it first."


class AlreadyWaitingError(ConflictError):
    message = "This event is already being sent to this endpoint again."


@transaction.atomic
def redeliver(*, delivery: Delivery) -> Delivery:
    """Sends one delivery's event again, now. Raises InactiveError, AlreadyWaitingError and NotFoundError.

    The new one repeats the first one of that event, even where `delivery` is a redelivery itself.
    """
    webhook, first = lock_active(delivery.webhook_id), delivery.replay_of_id or delivery.pk
    if Delivery.objects.filter(replay_of=first, state__in=OPEN).exists():
        raise AlreadyWaitingError
    if not locked_events([delivery]):
        raise NotFoundError
    ring_on_commit()
    return Delivery.objects.create(
        event_id=delivery.event_id, webhook=webhook, replay_of_id=first, trigger=Trigger.MANUAL
    )


@dataclass(frozen=True)
class Batch:
    """How many ended deliveries were looked at, and how many of them are sent again."""

    seen: int
    added: int


def replay(*, webhook: OutgoingWebhook, since: datetime, status: str | None = None) -> int:
    """Sends again what went there since then, each event once, and says how many that are.

    Raises InactiveError and NotFoundError.
    """
    return sum(batch.added for batch in replay_in_batches(webhook=webhook, since=since, status=status))


def replay_in_batches(
    *, webhook: OutgoingWebhook, since: datetime, status: str | None = None
) -> Generator[Batch]:
    """`replay`, a batch at a time, each committed when it is told of.

    May be stopped and begun again: what waits already is left out.
    """
    begun = timezone.now()
    rows = page = ended(webhook=webhook, since=since, status=status).filter(created_at__lt=begun)
    times = times_for(webhook, begun)
    while True:
        with transaction.atomic():
            current = lock_active(webhook.pk)
            batch = list(page[:BATCH])
            wanted = replayable(batch, status, begun)
            kept = locked_events(wanted)
            wanted = [row for row in wanted if row.event_id in kept]
            add(current, wanted, times)
        yield Batch(len(batch), len(wanted))
        if len(batch) < BATCH:
            return
        last = batch[-1]
        page = rows.filter(created_at__gte=last.created_at).exclude(
            created_at=last.created_at, pk__lte=last.pk
        )


def ended(*, webhook: OutgoingWebhook, since: datetime, status: str | None = None) -> QuerySet[Delivery]:
    """The deliveries that a replay looks at: one an event, oldest first."""
    states = (State.FAILED,) if status == State.FAILED else (State.FAILED, State.SUCCEEDED)
    rows = Delivery.objects.filter(
        webhook=webhook, trigger=Trigger.EVENT, state__in=states, created_at__gte=since
    )
    return rows.only("event_id", "state", "created_at").order_by("created_at", "pk")


def replayable(batch: list[Delivery], status: str | None, now: datetime) -> list[Delivery]:
    """Those of `batch` to send again."""
    again: dict[UUID | None, list[Delivery]] = defaultdict(list)
    for row in Delivery.objects.filter(replay_of__in=batch).only("replay_of", "state", "finished_at"):
        again[row.replay_of_id].append(row)
    return [row for row in batch if is_replayed(row, again[row.pk], status, now)]


def is_replayed(row: Delivery, again: list[Delivery], status: str | None, now: datetime) -> bool:
    """Whether a delivery that was repeated by `again` is repeated once more."""
    if any(is_fresh(one, now) for one in again):
        return False
    has_arrived = any(one.state == State.SUCCEEDED for one in (row, *again))
    return status is None or has_arrived == (status == State.SUCCEEDED)


def is_fresh(row: Delivery, now: datetime) -> bool:
    """Whether it waits, is under way, or has just arrived."""
    if row.state in OPEN:
        return True
    return row.state == State.SUCCEEDED and row.finished_at is not None and row.finished_at > now - JUST_NOW


def lock_active(pk: Any) -> OutgoingWebhook:
    webhook = lock_webhook(pk)
    if not webhook.is_active:
        raise InactiveError
    return webhook


def locked_events(rows: list[Delivery]) -> set[str]:
    """The events of these that are still there. They are not pruned before the transaction ends."""
    events = Event.objects.select_for_update(no_key=True).filter(pk__in={row.event_id for row in rows})
    return set(events.order_by("pk").values_list("pk", flat=True))


def add(webhook: OutgoingWebhook, wanted: list[Delivery], times: Iterator[datetime]) -> None:
    Delivery.objects.bulk_create(
        Delivery(
            event_id=row.event_id,
            webhook=webhook,
            replay_of=row,
            trigger=Trigger.MANUAL,
            next_attempt_at=due_at,
        )
        for row, due_at in zip(wanted, times, strict=False)
    )
    ring_on_commit()


def times_for(webhook: OutgoingWebhook, now: datetime) -> Iterator[datetime]:
    """When the redeliveries are due: one after another behind those that wait, so that new events come in
    between."""
    gap = timedelta(seconds=gap_of(webhook))
    first_tries = Delivery.objects.filter(webhook=webhook, state=State.PENDING, attempt_count=0)
    last = first_tries.filter(trigger=Trigger.MANUAL).aggregate(at=Max("next_attempt_at"))["at"]
    first = now if last is None else max(now, last + gap)
    return (first + place * gap for place in count())


def gap_of(webhook: OutgoingWebhook) -> float:
    """Seconds that the endpoint took of late for an attempt. It is sent several at once: most of what it can
    take is left to new events."""
    recent = Attempt.objects.filter(webhook=webhook, duration_ms__isnull=False).order_by("-at")
    took = recent[:RECENT_ATTEMPTS].aggregate(ms=Avg("duration_ms"))["ms"]
    return UNKNOWN_GAP if took is None else min(max(took / 1000, SHORTEST_GAP), LONGEST_GAP)
