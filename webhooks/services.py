"""Making, changing and deleting a customer's endpoints, and giving them new secrets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from api.errors import NotFoundError
from organizations.models import Organization
from wabas.models import Waba
from webhooks.delivery.resuming import start_anew
from webhooks.models import SECRET_OVERLAP, Delivery, OutgoingWebhook
from webhooks.signing import generate_secret
from webhooks.tasks import ring_on_commit


@transaction.atomic
def create_webhook(
    *,
    organization: Organization,
    url: str,
    events: Sequence[str],
    secret: str | None = None,
    waba: Waba | None = None,
    description: str | None = None,
    is_active: bool = True,
) -> OutgoingWebhook:
    """A new endpoint; without a secret it gets one. `secret` on the result is in clear."""
    return OutgoingWebhook.objects.create(
        organization=organization,
        waba=waba,
        url=url,
        events=united(events),
        description=description,
        is_active=is_active,
        secret=secret or generate_secret(),
    )


@transaction.atomic
def update_webhook(*, webhook: OutgoingWebhook, changes: Mapping[str, Any]) -> OutgoingWebhook:
    """Sets the columns of `changes`. Who is activated is no longer disabled, and gets what was held."""
    changes = dict(changes)
    if "events" in changes:
        changes["events"] = united(changes["events"])
    if changes.get("is_active"):
        changes |= {"disabled_reason": None, "disabled_at": None}
        ring_on_commit()
    if starts_anew(webhook, changes):
        start_anew(webhook.pk, timezone.now())
    for column, value in changes.items():
        setattr(webhook, column, value)
    webhook.save(update_fields=[*changes, "updated_at"])
    return webhook


@transaction.atomic
def delete_webhook(*, webhook: OutgoingWebhook) -> None:
    """Nothing is sent any more but what is on its way. The log stays until it is pruned."""
    now = timezone.now()
    OutgoingWebhook.objects.filter(pk=webhook.pk, deleted_at=None).update(
        deleted_at=now, is_active=False, secret="", previous_secret=None, previous_secret_until=None
    )
    Delivery.objects.filter(webhook=webhook, state=Delivery.State.PENDING).update(
        state=Delivery.State.DISCARDED, next_attempt_at=None, finished_at=now
    )


@transaction.atomic
def rotate_secret(
    *, webhook: OutgoingWebhook, secret: str | None = None, grace: timedelta = SECRET_OVERLAP
) -> OutgoingWebhook:
    """A new secret, given or generated, in clear on the result; the one before signs too for `grace`.

    Without grace the one before signs nothing any more. The secret that is there already, given again, is no
    new one: a call may be repeated. Raises NotFoundError when the endpoint was deleted in the meantime.
    """
    current = lock_webhook(webhook.pk)
    if secret is None or secret != current.secret:
        current.take_over(secret or generate_secret(), timezone.now())
        current.previous_secret_until = timezone.now() + grace
    if not grace:
        current.previous_secret = current.previous_secret_until = None
    current.save(update_fields=["secret", "previous_secret", "previous_secret_until", "updated_at"])
    return current


def lock_webhook(pk: UUID) -> OutgoingWebhook:
    """The endpoint as it is now, locked until the transaction ends. A deleted one raises NotFoundError."""
    rows = OutgoingWebhook.objects.select_for_update(no_key=True, of=("self",))
    webhook = rows.filter(pk=pk, deleted_at=None).first()
    if webhook is None:
        raise NotFoundError
    return webhook


@transaction.atomic
def connect_link_webhook(
    *, organization: Organization, waba: Waba, url: str, events: Sequence[str], secret: str
) -> OutgoingWebhook:
    """The endpoint of a completed link: the active one with this WABA and URL, or a new one.

    One that is there gets the events of both; a newer secret takes over and the earlier one signs too
    for a while.
    """
    # Of two links that complete at once on one WABA the second finds the first one's endpoint.
    Waba.objects.select_for_update(no_key=True).only("pk").get(pk=waba.pk)
    webhook = (
        OutgoingWebhook.objects.for_organization(organization)
        .select_for_update(no_key=True)
        .filter(waba=waba, url=url, is_active=True)
        .order_by("created_at", "id")
        .first()
    )
    if webhook is None:
        return create_webhook(organization=organization, waba=waba, url=url, events=events, secret=secret)
    webhook.events = united(webhook.events, events)
    if webhook.secret != secret:
        webhook.take_over(secret, timezone.now())
    webhook.save(update_fields=["events", "secret", "previous_secret", "previous_secret_until", "updated_at"])
    return webhook


def united(*events: Iterable[str]) -> list[str]:
    """Every name once, in the order given."""
    return list(dict.fromkeys(name for names in events for name in names))


def starts_anew(webhook: OutgoingWebhook, changes: Mapping[str, Any]) -> bool:
    """Whether what is known of the endpoint's troubles does not hold any more."""
    is_activated = changes.get("is_active") and not webhook.is_active
    return bool(is_activated) or changes.get("url", webhook.url) != webhook.url
