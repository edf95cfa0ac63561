"""The form of a new link, checked by the same serializer as the API's call."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from rest_framework.exceptions import ParseError

from api.errors import ApiError, flattened
from api.parsers import parsed_json
from onboarding.admin.making.prefill import TEXT, asking_fields, branding_fields, business_fields
from onboarding.models import OnboardingLink
from onboarding.serializers import LinkInput
from organizations.models import Organization
from webhooks.events import SUBSCRIBABLE

PREFILL = {"The business": business_fields, "The connection": asking_fields, "The page": branding_fields}


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections: dict[str, list[str]] = {"": list(self.fields)}
        for title, make in PREFILL.items():
            fields = make()
            self.sections[title] = list(fields)
            self.fields |= fields

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
        organization = self.cleaned_data.get("organization")
        if organization is None:
            return {}
        serializer = LinkInput(data=body_of(self.cleaned_data), context={"organization": organization})
        try:
            serializer.is_valid()
        except ApiError as not_now:  # the logo, which is fetched when all else is right
            self.refuse("branding.logoUrl", str(not_now))
            return {}
        for error in flattened(serializer.errors):
            self.refuse(error["field"], error["message"])
        return {"organization": organization, **serializer.validated_data}

    def refuse(self, name: str, message: str) -> None:
        """At the field, or at the one whose list has a wrong item. What the field itself refused stays."""
        field = name if name in self.fields else name.split(".", maxsplit=1)[0]
        if field not in self.fields:
            self.add_error(None, message)
        elif field not in self.errors:
            self.add_error(field, message)


def body_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The API's body: `business.name` is the name in the object `business`. What is empty is left out."""
    body: dict[str, Any] = {}
    for name, value in given.items():
        if name == "organization" or value in ("", None, []):
            continue
        outer, _, inner = name.rpartition(".")
        place = body.setdefault(outer, {}) if outer else body
        place[inner] = plain(name, value)
    return body


def plain(name: str, value: Any) -> Any:
    """A field's value as JSON has it."""
    if name == "registeredNumberId":
        return str(value.pk)
    return value == "true" if name == "landingPage" else value
