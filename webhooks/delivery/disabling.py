"""Disabling an endpoint: what is for it is held, and the organization's others are told."""

from datetime import datetime

import structlog

from webhooks.delivery.claiming import Claimed
from webhooks.events import publish
from webhooks.models import OutgoingWebhook

log = structlog.get_logger("webhooks.delivery")


def disable(claimed: Claimed, reason: str, now: datetime) -> None:
    """Holds an endpoint's deliveries from now on and tells the organization's others, once.

    Not when its URL was changed since: it was another one that answered.
    """
    active = OutgoingWebhook.objects.filter(pk=claimed.webhook_id, url=claimed.url, is_active=True)
    if not active.update(is_active=False, disabled_reason=reason, disabled_at=now, updated_at=now):
        return
    log.warning("endpoint disabled", webhook_id=str(claimed.webhook_id), reason=str(reason))
    rows = OutgoingWebhook.objects.without_secrets().select_related("organization")
    webhook = rows.get(pk=claimed.webhook_id)
    publish(
        organization=webhook.organization,
        waba=webhook.waba,
        name="webhook.disabled",
        data={"webhookId": str(webhook.pk), "reason": str(reason)},
        besides=webhook,
    )
