"""What a link says of the business behind it, and how its page looks: as given, and as answered."""

from typing import Any

from rest_framework import serializers

from api.customer_url_fields import CustomerUrl
from api.fields import Choice, PhoneNumberText, PlainText
from api.serializers import Input, Output
from meta_graph.verticals import VERTICALS
from onboarding.serializers.fields import Country, Email, RegistrationId, UtcOffset
from organizations.branding.fields import LogoUrl
from organizations.branding.serializers import BUTTON_HELP, LOGO_HELP, WELCOME_HELP

OPTIONAL: dict[str, Any] = {"required": False}


class BusinessInput(Input):
    """What Meta's window is filled in with. The end-user can change all of it there."""

    name = PlainText(min_length=1, max_length=100, **OPTIONAL, help_text="Its official name.")
    email = Email(max_length=200, **OPTIONAL)
    website = CustomerUrl(**OPTIONAL, help_text="The landing page's address where this is left out.")
    registrationId = RegistrationId(
        **OPTIONAL, max_length=20, help_text="Digits. Shown on the landing page; never sent to Meta."
    )
    address = PlainText(
        lines=True, max_length=300, **OPTIONAL, help_text="The street line, or the whole address."
    )
    addressLine2 = PlainText(max_length=300, **OPTIONAL)
    city = PlainText(max_length=100, **OPTIONAL)
    state = PlainText(max_length=100, **OPTIONAL)
    postalCode = PlainText(max_length=20, **OPTIONAL)
    country = Country(**OPTIONAL, help_text="ISO 3166-1, two capital letters.")
    phoneNumber = PhoneNumberText(**OPTIONAL, help_text="Fills in the number that will be connected.")
    timezone = UtcOffset(**OPTIONAL, help_text="Such as `UTC-07:00`.")
    category = Choice(choices=VERTICALS, **OPTIONAL, help_text="Of the WhatsApp profile.")
    description = PlainText(lines=True, max_length=512, **OPTIONAL, help_text="Of the WhatsApp profile.")


class BrandingInput(Input):
    """How the link's page looks, over the organization's own."""

    logoUrl = LogoUrl(**OPTIONAL, help_text=LOGO_HELP)
    welcomeMessage = PlainText(max_length=200, **OPTIONAL, help_text=WELCOME_HELP)
    buttonText = PlainText(max_length=50, **OPTIONAL, help_text=BUTTON_HELP)
    successMessage = PlainText(max_length=200, **OPTIONAL)
    failureMessage = PlainText(max_length=200, **OPTIONAL)


class BusinessOutput(Output):
    """What the client said of the business. `website`: the landing page, where the client gave none."""

    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    website = serializers.URLField(allow_null=True)
    registrationId = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    addressLine2 = serializers.CharField(allow_null=True)
    city = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True)
    postalCode = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    phoneNumber = serializers.CharField(allow_null=True)
    timezone = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_null=True)


class BrandingOutput(Output):
    """As the client gave it: null is the organization's own, or ours."""

    logoUrl = serializers.URLField(allow_null=True)
    welcomeMessage = serializers.CharField(allow_null=True)
    buttonText = serializers.CharField(allow_null=True)
    successMessage = serializers.CharField(allow_null=True)
    failureMessage = serializers.CharField(allow_null=True)
