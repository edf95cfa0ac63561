"""A new secret for an endpoint by hand: the form, and what is shown of it, once."""

from datetime import timedelta
from typing import Any

from django import forms

from organizations.admin.cells import admin_url
from organizations.admin.once import Secret, Shown
from webhooks.models import SECRET_OVERLAP, OutgoingWebhook
from webhooks.signing import standard_webhooks_secret

MAKING_SECRETS = "organizations.make_secrets"


class RotationForm(forms.Form):
    """Why, and whether the secret that signs now may go on to sign beside the new one."""

    has_leaked = forms.BooleanField(
        required=False,
        label="The old one leaked",
        help_text="It signs nothing any more, at once. Else both sign for a day.",
    )
    reason = forms.CharField(
        min_length=3,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Such as the ticket, or who asked for it. It stays in the log.",
    )

    def clean(self) -> dict[str, Any]:
        grace = timedelta(0) if self.cleaned_data.get("has_leaked") else SECRET_OVERLAP
        return self.cleaned_data | {"grace": grace}


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
