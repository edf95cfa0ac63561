"""What is deleted: old events with all that was sent of them, old endpoints, what tells of somebody erased.

In small transactions, oldest first: it may be stopped at any time and begun again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from ulid import ULID

from api.pruning import batches
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook

# As the documentation of GET /v1/events says. Deliveries and attempts go with their event: without its
# bytes there is nothing to send again.
KEPT = timedelta(days=30)
BATCH = 500
OPEN = (Delivery.State.PENDING, Delivery.State.IN_FLIGHT)


@dataclass(frozen=True)
class Pruned:
    """What one batch deleted, or would."""

    events: int = 0
    attempts: int = 0
    endpoints: int = 0

    def __str__(self) -> str:
        return f"{self.events} events, {self.attempts} attempts, {self.endpoints} endpoints"

    def __bool__(self) -> bool:
        return self != Pruned()

    def plus(self, other: "Pruned") -> "Pruned":
        return Pruned(
            self.events + other.events, self.attempts + other.attempts, self.endpoints + other.endpoints
        )


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[Pruned]:
    """Deletes a batch at a time and yields what it was. `is_dry`: deletes nothing, and yields all at once."""
    if is_dry:
        yield what_is_over(now)
        return
    yield from batches(lambda: prune_events(now))
    yield from batches(lambda: prune_endpoints(now))


def what_is_over(now: datetime) -> Pruned:
    events = outdated_events(now)
    attempts = Attempt.objects.filter(delivery__event__in=events)
    return Pruned(events.count(), attempts.count(), outdated_endpoints(now, besides=events).count())


def outdated_events(now: datetime) -> QuerySet[Event]:
    """By their ids, which hold their time: no index but that of the ids has to be kept. Not while a delivery
    waits."""
    first_kept = ULID.from_bytes(ULID.from_datetime(now - KEPT).bytes[:6] + bytes(10))
    is_open = Delivery.objects.filter(event=OuterRef("pk"), state__in=OPEN)
    return Event.objects.filter(~Exists(is_open), pk__lt=f"evt_{first_kept}")


def prune_events(now: datetime) -> Pruned:
    with transaction.atomic(durable=True):
        ids = lock_outdated(now)
        attempts = delete_events(ids)
    return Pruned(events=len(ids), attempts=attempts)


def erase_about(people: Iterable[UUID]) -> int:
    """Deletes up to a batch of the events that tell of `people`, sent or not; how many these were.

    What is on its way to an endpoint at this moment is not called back.
    """
    with transaction.atomic():
        rows = Event.objects.filter(about__in=list(people)).select_for_update().order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        # In the order in which senders lock them.
        list(
            Delivery.objects.select_for_update(of=("self",)).filter(event__in=ids).order_by("pk").values("pk")
        )
        delete_events(ids)
    return len(ids)


def delete_events(ids: list[str]) -> int:
    """Deletes them with their deliveries; the number of attempts."""
    attempts, _ = Attempt.objects.filter(delivery__event__in=ids).delete()
    Delivery.objects.filter(event__in=ids).delete()
    Event.objects.filter(pk__in=ids).delete()
    return attempts


def lock_outdated(now: datetime) -> list[str]:
    """A batch of events, locked with their deliveries: who sends one again was first and keeps it, or waits
    and finds nothing.

    The deliveries are looked at by a statement of their own: what was committed while the first one ran, it
    does not see.
    """
    outdated = outdated_events(now).select_for_update(skip_locked=True).order_by("pk")
    ids = list(outdated.values_list("pk", flat=True)[:BATCH])
    deliveries = Delivery.objects.select_for_update(of=("self",)).filter(event__in=ids).order_by("pk")
    states = deliveries.values_list("event_id", "state")
    sent_again = {event_id for event_id, state in states if state in OPEN}
    return [pk for pk in ids if pk not in sent_again]


def outdated_endpoints(now: datetime, besides: QuerySet[Event] | None = None) -> QuerySet[OutgoingWebhook]:
    """Those that their owner deleted long ago and that no delivery, but of the events `besides`, names."""
    named = Delivery.objects.filter(webhook=OuterRef("pk"))
    if besides is not None:
        named = named.exclude(event__in=besides)
    return OutgoingWebhook.objects.filter(~Exists(named), deleted_at__lt=now - KEPT)


def prune_endpoints(now: datetime) -> Pruned:
    with transaction.atomic(durable=True):
        ids = list(outdated_endpoints(now).order_by("pk").values_list("pk", flat=True)[:BATCH])
        OutgoingWebhook.objects.filter(pk__in=ids).delete()
    return Pruned(endpoints=len(ids))
