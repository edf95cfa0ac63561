"""The catalogue of events, and how one is stored: its bytes once, and a delivery for each endpoint.

Rows only: who publishes rings when its transaction has committed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q
from ulid import ULID

from api.request_id import current_request_id
from api.times import timestamp
from organizations.models import Organization
from wabas.models import Waba
from webhooks.models import Delivery, Event, OutgoingWebhook

# PostgreSQL takes 65,535 parameters a statement, which Django does not watch.
BATCH = 1000
# Every event by name, in the order of the documentation.
EVENTS: dict[str, str] = {
    "phone_number.connected": "A phone number was connected through onboarding.",
    "message.received": "A contact wrote.",
    "message.sent": "Meta accepted a message.",
    "message.status_updated": "A message was delivered, read, played, or failed.",
    "phone_number.ready": "A capability of a phone number became true; or, with `changed` empty, there is a "
    "new warning.",
    "phone_number.not_ready": "A capability of a phone number became false; or, with `changed` empty, there "
    "is a new warning of one that can do nothing.",
    "phone_number.disconnected": "Access to a phone number is gone.",
    "onboarding_link.opened": "An onboarding link was opened.",
    "onboarding_link.abandoned": "A signup was left before its end.",
    "onboarding_link.failed": "A signup failed.",
    "onboarding_link.needs_action": "Somebody has to act before a link can go on.",
    "onboarding_link.completed": "A link was completed.",
    "onboarding_link.expired": "A link expired.",
    "contact.updated": "What is known of a contact changed.",
    "template.status_updated": "Meta decided on a message template.",
    "webhook.test": "The test call of one endpoint.",
    "webhook.disabled": "Another endpoint of the organization was disabled.",
}
ALL_EVENTS = "*"
# What an endpoint may ask for. `*` stands for all of them but webhook.test.
SUBSCRIBABLE = (*EVENTS, ALL_EVENTS)
CHOICES = (*EVENTS.items(), (ALL_EVENTS, "All of them but webhook.test."))


class UnknownEventError(ValueError):
    """An event that the catalogue does not have."""


class NotInTransactionError(RuntimeError):
    """An event is stored with the change that it tells of, or not at all."""


def publish(
    *,
    organization: Organization,
    name: str,
    data: dict[str, Any],
    waba: Waba | None = None,
    about: UUID | None = None,
    besides: OutgoingWebhook | None = None,
) -> Event:
    """Stores an event and a delivery to each endpoint that wants it; those of inactive ones are held.

    `about`: our id of the person of whom it tells; see webhooks.retention.erase_about. `besides`: the
    endpoint that is not told. Raises NotInTransactionError and UnknownEventError. The number
    of queries does not grow with the endpoints, up to a thousand.
    """
    event = store(organization=organization, name=name, data=data, waba=waba, about=about)
    deliveries = (
        Delivery(event=event, webhook=endpoint, next_attempt_at=event.created_at)
        for endpoint in endpoints_in_scope(event)
        if endpoint.wants(name) and endpoint != besides
    )
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)
    return event


def store(
    *,
    organization: Organization,
    name: str,
    data: dict[str, Any],
    waba: Waba | None = None,
    about: UUID | None = None,
) -> Event:
    """The event alone, without deliveries. Raises as `publish` does."""
    if name not in EVENTS:
        raise UnknownEventError(name)
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransactionError(name)
    ulid = ULID()
    return Event.objects.create(
        id=f"evt_{ulid}",
        organization=organization,
        waba=waba,
        name=name,
        body=body_of(organization, name, data, ulid.datetime),
        about=about,
        request_id=current_request_id(),
        created_at=ulid.datetime,
    )


def move_about(one: UUID, other: UUID) -> None:
    """What told of `one` tells of `other` now: two turned out to be the same person."""
    Event.objects.filter(about=one).update(about=other)


def body_of(organization: Organization, name: str, data: dict[str, Any], moment: datetime) -> bytes:
    """The bytes that every receiver gets: compact, UTF-8, keys in the order given."""
    envelope = {
        "event": name,
        "timestamp": timestamp(moment),
        "organizationId": str(organization.pk),
        "data": data,
    }
    return orjson.dumps(envelope, default=worded, option=orjson.OPT_PASSTHROUGH_DATETIME)


def worded(value: Any) -> str:
    """Times as the contract writes them."""
    if isinstance(value, datetime):
        return timestamp(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def endpoints_in_scope(event: Event) -> list[OutgoingWebhook]:
    """Those of the whole organization, and those of the event's WABA."""
    scope = Q(waba=None) if event.waba_id is None else Q(waba=None) | Q(waba=event.waba_id)
    return list(OutgoingWebhook.objects.for_organization(event.organization).filter(scope).only("events"))
