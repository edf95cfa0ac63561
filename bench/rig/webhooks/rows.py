"""Fifty customers of an engine, each with one endpoint, and deliveries that wait for it."""

from collections.abc import Sequence
from itertools import cycle, islice

from django.utils import timezone
from ulid import ULID

from bench.peers.webhooks.bodies import DATA, NAME
from organizations.models import Organization
from organizations.services import create_organization
from webhooks.events import body_of
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook
from webhooks.services import create_webhook, delete_webhook

OPEN = (Delivery.State.PENDING, Delivery.State.IN_FLIGHT)


class LostError(RuntimeError):
    """Not every delivery was made and written down: what was measured is something else."""


def make_endpoints(name: str, urls: Sequence[str], *, is_active: bool) -> list[OutgoingWebhook]:
    """One for each URL, each of an organization of its own."""
    return [
        create_webhook(
            organization=create_organization(name=f"{name} {number:02}"),
            url=url,
            events=["*"],
            is_active=is_active,
        )
        for number, url in enumerate(urls)
    ]


def moved(webhook: OutgoingWebhook, url: str) -> OutgoingWebhook:
    """A new endpoint of the same customer in the place of this one, whose deliveries are dropped."""
    delete_webhook(webhook=webhook)
    return create_webhook(organization=webhook.organization, url=url, events=["*"])


def store(endpoints: Sequence[OutgoingWebhook], count: int) -> set[str]:
    """So many deliveries, each of an event of its own, to the endpoints in turn: the ids of the events."""
    now = timezone.now()
    events = [event_of(one.organization) for one in islice(cycle(endpoints), count)]
    Event.objects.bulk_create(events)
    Delivery.objects.bulk_create(
        Delivery(event=event, webhook=one, next_attempt_at=now)
        for event, one in zip(events, cycle(endpoints), strict=False)
    )
    return {event.pk for event in events}


def event_of(organization: Organization) -> Event:
    ulid = ULID()
    return Event(
        id=f"evt_{ulid}",
        organization=organization,
        name=NAME,
        body=body_of(organization, NAME, DATA, ulid.datetime),
        created_at=ulid.datetime,
    )


def is_anything_open(endpoints: Sequence[OutgoingWebhook]) -> bool:
    return Delivery.objects.filter(webhook__in=endpoints, state__in=OPEN).exists()


def check_stored(events: set[str], arrived: dict[str, float], posts: int) -> None:
    """Each event came once, is delivered, and has its attempt in the log. Raises LostError."""
    delivered = Delivery.objects.filter(event__in=events, state=Delivery.State.SUCCEEDED).count()
    logged = Attempt.objects.filter(delivery__event__in=events, response_status=200).count()
    seen = {"events": len(events), "delivered": delivered, "logged": logged, "posts": posts}
    if set(seen.values()) != {len(events)} or arrived.keys() != events:
        raise LostError(str(seen))
