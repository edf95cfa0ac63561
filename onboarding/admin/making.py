"""A link made by hand: the form, checked by the same serializer as the API's call."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from rest_framework.exceptions import ErrorDetail, ParseError

from api.parsers import parsed_json
from onboarding.models import OnboardingLink
from onboarding.next_action import hosted_url
from onboarding.serializers import LinkInput
from organizations.admin.cells import admin_url
from organizations.admin.once import Secret, Shown
from organizations.models import Organization
from webhooks.events import SUBSCRIBABLE
from webhooks.signing import standard_webhooks_secret

TEXT = {"class": "vTextField"}


class LinkForm(forms.Form):
    """The fields of `POST /v1/onboarding-links`, under their names there."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(),
        widget=AutocompleteSelect(OnboardingLink._meta.get_field("organization"), admin.site),
    )
    name = forms.CharField(
        widget=forms.TextInput(attrs=TEXT), help_text="The end-user sees it on the signup page."
    )
    externalId = forms.CharField(  # noqa: N815 -- the documentation's name
        required=False,
        label="externalId",
        widget=forms.TextInput(attrs=TEXT),
        help_text="The customer's own id of this end-user.",
    )
    mode = forms.ChoiceField(choices=OnboardingLink.Mode.choices)
    expectedPhoneNumber = forms.CharField(  # noqa: N815
        required=False,
        label="Expected number",
        widget=forms.TextInput(attrs={"class": "vTextField", "inputmode": "tel"}),
        help_text="In international form. A signup with another number fails and changes nothing.",
    )
    language = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs=TEXT),
        help_text="Of the page, such as es or pt-BR. Empty: the browser's.",
    )
    expiresAt = forms.CharField(  # noqa: N815
        required=False,
        label="Expires",
        widget=forms.TextInput(attrs={"class": "vTextField", "placeholder": "2026-12-31T23:59:00Z"}),
        help_text="A time with its zone. Empty: the deployment's default.",
    )
    redirectUrl = forms.CharField(  # noqa: N815
        required=False,
        label="Redirect to",
        widget=forms.URLInput(attrs=TEXT),
        help_text="Where the end-user's browser goes afterwards.",
    )
    webhookUrl = forms.CharField(  # noqa: N815
        required=False,
        label="Webhook address",
        widget=forms.URLInput(attrs=TEXT),
        help_text="Becomes a webhook of the new WABA when the number is connected.",
    )
    webhookEvents = forms.MultipleChoiceField(  # noqa: N815
        required=False,
        label="Webhook events",
        choices=[(name, name) for name in SUBSCRIBABLE],
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    webhookSecret = forms.CharField(  # noqa: N815
        required=False,
        label="Webhook secret",
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="16 to 256 characters. Empty: one is made.",
    )
    metadata = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4, "spellcheck": "false"}),
        help_text="A JSON object of the customer's. It is given back as it is.",
    )

    def clean_metadata(self) -> Any:
        given = self.cleaned_data["metadata"]
        if not given.strip():
            return None
        try:
            return parsed_json(given.encode())
        except ParseError as wrong:
            raise forms.ValidationError(str(wrong.detail).replace("The body", "It")) from wrong

    def clean(self) -> dict[str, Any]:
        """What create_link takes. The API's own errors stand at the fields that they name."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "organization"}
        body = {name: value for name, value in given.items() if value not in ("", None, [])}
        serializer = LinkInput(data=body)
        if not serializer.is_valid():
            for name, found in serializer.errors.items():
                self.refuse(name, found)
        return {"organization": self.cleaned_data.get("organization"), **serializer.validated_data}

    def refuse(self, name: str, found: Any) -> None:
        if name in self.errors:
            return
        texts = [str(one) for one in found if isinstance(one, ErrorDetail)] or ["It is not valid."]
        self.add_error(name if name in self.fields else None, texts)


def shown(link: OnboardingLink) -> Shown:
    facts = [
        ("Organization", link.organization.name),
        ("Name", link.name),
        ("Send this address", hosted_url(link)),
    ]
    return Shown("The new onboarding link", admin_url(link), facts, list(secrets_of(link)))


def secrets_of(link: OnboardingLink) -> Iterator[Secret]:
    if link.webhook_secret:
        secret = str(link.webhook_secret)
        standard = standard_webhooks_secret(secret)
        yield Secret("Webhook secret", secret, "Signs what is sent to the webhook, and the redirect.")
        yield Secret("Standard Webhooks secret", standard, "The same, as the libraries take it.")
