"""Taking due deliveries: a lease, a token that proves it, and everything that sending needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from webhooks.delivery.lanes import due_rows, lock_due_lanes
from webhooks.models import Delivery, Event, OutgoingWebhook


@dataclass(frozen=True)
class Claimed:
    """One attempt that this process alone may make, until its lease runs out.

    `sealed`: the secrets that sign it, still encrypted, the current one first.
    """

    delivery_id: UUID
    webhook_id: UUID
    event_id: str
    event_name: str
    body: bytes
    url: str
    sealed: tuple[str, ...]
    attempt: int
    lease_token: UUID
    lease_expires_at: datetime


def claim(limit: int, *, now: datetime) -> list[Claimed]:
    """Up to `limit` due deliveries of active endpoints, a few from each. One short transaction.

    The attempt counts from here on, so that a body which kills its worker each time comes to an end too.
    """
    token, until = uuid4(), now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    with transaction.atomic(durable=True):
        lanes = lock_due_lanes(limit, now)
        ids = due_rows(lanes, limit, now) if lanes else []
        if not ids:
            return []
        Delivery.objects.filter(pk__in=ids).update(
            state=Delivery.State.IN_FLIGHT,
            attempt_count=F("attempt_count") + 1,
            lease_token=token,
            lease_expires_at=until,
        )
        return loaded(ids, now)


def loaded(ids: list[UUID], now: datetime) -> list[Claimed]:
    """The claimed rows in the order of `ids`, each event and each endpoint read once."""
    rows = Delivery.objects.in_bulk(ids)
    events = Event.objects.only("name", "body").in_bulk({row.event_id for row in rows.values()})
    endpoints = OutgoingWebhook.objects.without_secrets().annotate(
        sealed=Cast("secret", TextField()), previous_sealed=Cast("previous_secret", TextField())
    )
    webhooks = endpoints.in_bulk({row.webhook_id for row in rows.values()})
    return [claimed(rows[pk], events[rows[pk].event_id], webhooks[rows[pk].webhook_id], now) for pk in ids]


def claimed(row: Any, event: Event, webhook: Any, now: datetime) -> Claimed:
    """`row` has its lease, `webhook` its secrets as they are stored."""
    sealed = [webhook.sealed]
    if webhook.has_previous_secret(now):
        sealed.append(webhook.previous_sealed)
    return Claimed(
        delivery_id=row.pk,
        webhook_id=webhook.pk,
        event_id=event.pk,
        event_name=event.name,
        body=bytes(event.body),
        url=webhook.url,
        sealed=tuple(sealed),
        attempt=row.attempt_count,
        lease_token=row.lease_token,
        lease_expires_at=row.lease_expires_at,
    )


def release(unsent: list[Claimed]) -> None:
    """Gives back what was claimed and never begun, as if it had not been claimed."""
    with transaction.atomic(durable=True):
        Delivery.objects.filter(
            pk__in=[one.delivery_id for one in unsent],
            lease_token__in={one.lease_token for one in unsent},
            state=Delivery.State.IN_FLIGHT,
        ).update(
            state=Delivery.State.PENDING,
            attempt_count=F("attempt_count") - 1,
            lease_token=None,
            lease_expires_at=None,
        )
