"""A new secret for an endpoint by hand: the form, and what is shown of it, once."""

from organizations.admin.cells import admin_url
from organizations.admin.once import Secret, Shown
from organizations.admin.rotating import RotationForm
from webhooks.models import SECRET_OVERLAP, OutgoingWebhook
from webhooks.signing import standard_webhooks_secret


class SecretForm(RotationForm):
    overlap = SECRET_OVERLAP


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
