"""The body of a create, and the filters of the list."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.customer_url_fields import CustomerUrl, ReceiverUrl
from api.fields import Choice, Flag, Metadata, PhoneNumberText, PlainText, Text, Timestamp
from api.serializers import Input, Query
from onboarding.landing import NEEDED
from onboarding.models import OnboardingLink
from onboarding.serializers.answers import STATUSES
from onboarding.serializers.fields import LanguageTag, Reference, StarterTemplates
from onboarding.serializers.prefill import BrandingInput, BusinessInput
from organizations.branding.logos import LogoError, checked_logo
from organizations.models import Organization
from webhooks.fields import EventNames, SecretText

COEXISTENCE = OnboardingLink.Mode.COEXISTENCE
TEXTS = {"type": "object", "required": list(NEEDED), "properties": {n: {"type": "string"} for n in NEEDED}}


class LinkInput(Input):
    """The body of a create."""

    together = ("webhookUrl", "webhookEvents")
    rules = (
        {
            "if": {"required": ["landingPage"], "properties": {"landingPage": {"const": True}}},
            "then": {"required": ["business"], "properties": {"business": TEXTS}},
        },
        {
            "if": {"required": ["mode"], "properties": {"mode": {"const": COEXISTENCE.value}}},
            "then": {"properties": {"registeredNumberId": {"type": "null"}}},
        },
    )

    name = Text(min_length=1, max_length=255)
    externalId = Text(source="external_id", required=False, max_length=255)
    metadata = Metadata(required=False)
    redirectUrl = CustomerUrl(source="redirect_url", required=False)
    webhookUrl = ReceiverUrl(source="webhook_url", required=False)
    webhookSecret = SecretText(source="webhook_secret", required=False)
    webhookEvents = EventNames(source="webhook_events", required=False)
    expiresAt = Timestamp(source="expires_at", required=False)
    mode = Choice(choices=OnboardingLink.Mode.choices, required=False)
    expectedPhoneNumber = PhoneNumberText(source="expected_phone_number", required=False)
    language = LanguageTag(required=False, max_length=35)
    business = BusinessInput(required=False)
    displayName = PlainText(
        source="display_name", required=False, max_length=50, help_text="Of the WhatsApp profile."
    )
    branding = BrandingInput(required=False)
    registeredNumberId = Reference(
        source="registered_number_id",
        required=False,
        help_text="A verified number of yours: the end-user types no number and no code.",
    )
    starterTemplates = StarterTemplates(
        source="starter_templates",
        required=False,
        help_text="`true` for all, or some by name: made once the link is completed.",
    )
    landingPage = Flag(
        source="landing_page",
        required=False,
        help_text="Left out: it is made where `business` has a name, an address and a registrationId.",
    )

    def validate_expiresAt(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError("It must be in the future.", code="past")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The fields beside each other; at the very end the logo, which is fetched."""
        of_business = lacking_for_landing(attrs) | another_number(attrs)
        refused = useless_number(attrs) | ({"business": of_business} if of_business else {})
        if refused:
            raise ValidationError(refused)
        url = attrs.get("branding", {}).get("logoUrl")
        return attrs | ({"picture": self.fetched(url)} if url else {})

    def fetched(self, url: str) -> Any:
        try:
            return checked_logo(organization=self.organization, url=url)
        except LogoError as wrong:
            refused = [ErrorDetail(wrong.message, code=wrong.code)]
            raise ValidationError({"branding": {"logoUrl": refused}}) from wrong

    @property
    def organization(self) -> Organization:
        """Of whoever makes the link: the caller's, or what staff chose."""
        chosen: Organization = self.context.get("organization") or self.context["request"].user
        return chosen


def lacking_for_landing(given: dict[str, Any]) -> dict[str, Any]:
    """Errors of the fields of `business` that a landing page was asked for without."""
    lacking = [name for name in NEEDED if name not in given.get("business", {})]
    if not given.get("landing_page") or not lacking:
        return {}
    needed = [ErrorDetail("Needed for the landing page.", code="required")]
    return dict.fromkeys(lacking, needed)


def another_number(given: dict[str, Any]) -> dict[str, Any]:
    """The error of a number of the business that is not the expected one: whoever takes it over fails."""
    number, expected = given.get("business", {}).get("phoneNumber"), given.get("expected_phone_number")
    if not number or expected in {None, number}:
        return {}
    message = "expectedPhoneNumber is another one, and no other can be connected: give it here, or nothing."
    return {"phoneNumber": [ErrorDetail(message, code="invalid")]}


def useless_number(given: dict[str, Any]) -> dict[str, Any]:
    """The error of a registered number beside coexistence: that number is on the app of its owner."""
    if "registered_number_id" not in given or given.get("mode") != COEXISTENCE:
        return {}
    message = "A number of the WhatsApp Business app cannot be a registered one."
    return {"registeredNumberId": [ErrorDetail(message, code="invalid")]}


class LinkQuery(Query):
    """The list's filters."""

    status = Choice(choices=STATUSES, required=False)
    externalId = Text(required=False, max_length=255)
    phoneNumber = PhoneNumberText(required=False)
    createdAfter = Timestamp(required=False)
    createdBefore = Timestamp(required=False)
