"""A new secret for an endpoint by hand: the form, and what is shown of it, once."""

from datetime import UTC, timedelta
from uuid import UUID

from django.utils import timezone

from api.errors import ConflictError
from organizations.admin.cells import admin_url
from organizations.admin.once import Secret, Shown
from organizations.admin.rotating import RotationForm
from webhooks import services
from webhooks.models import SECRET_OVERLAP, OutgoingWebhook
from webhooks.signing import standard_webhooks_secret


class SecretForm(RotationForm):
    overlap = SECRET_OVERLAP


class EarlierSecretStillSignsError(ConflictError):
    """Its secret was changed of late."""


def refuse_third_secret(webhook_id: UUID, grace: timedelta) -> None:
    """Only two secrets sign: a third would take away the one that the customer may still check with.

    Called in the transaction of the rotation. Raises EarlierSecretStillSignsError.
    """
    webhook = services.lock_webhook(webhook_id)
    if grace and webhook.has_previous_secret(timezone.now()):
        raise EarlierSecretStillSignsError(
            f"It got a new secret of late, and the one before signs until {until(webhook)}. Another now "
            "would cut off a customer who has that one: wait, or say that the old one leaked."
        )


def until(webhook: OutgoingWebhook) -> str:
    at = webhook.previous_secret_until
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""


def shown(webhook: OutgoingWebhook) -> Shown:
    secret = str(webhook.secret)
    standard = standard_webhooks_secret(secret)
    return Shown(
        title="The new secret",
        url=admin_url(webhook),
        facts=[("Organization", webhook.organization.name), ("Endpoint", webhook.url)],
        secrets=[
            Secret("Secret", secret, "Signs what is sent there, from now on."),
            Secret("Standard Webhooks secret", standard, "The same, as the libraries take it."),
        ],
    )
