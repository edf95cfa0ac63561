"""The form's fields of what is known of the end-user's business, and of the page's look.

A field of an object is named as the API's errors name it: `business.country`.
"""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect

from meta_graph.verticals import VERTICALS
from onboarding.countries import COUNTRIES
from onboarding.models import OnboardingLink, RegisteredNumber
from onboarding.starter_templates.rows import NAMES
from organizations.admin.cells import worded

TEXT = {"class": "vTextField"}
NOTHING = ("", "---------")


def text(label: str, hint: str = "", **attrs: str) -> forms.Field:
    widget = forms.TextInput(attrs=TEXT | attrs)
    return forms.CharField(required=False, label=label, widget=widget, help_text=hint)


def lines(label: str, hint: str = "") -> forms.Field:
    widget = forms.Textarea(attrs={"class": "vLargeTextField", "rows": 3})
    return forms.CharField(required=False, label=label, widget=widget, help_text=hint)


def choice(label: str, choices: list[tuple[str, str]], hint: str = "") -> forms.Field:
    return forms.ChoiceField(required=False, label=label, choices=[NOTHING, *choices], help_text=hint)


def business_fields() -> dict[str, forms.Field]:
    fields = {
        "name": text("Business name", "Its official name."),
        "registrationId": text("Registration id", "Digits. For the landing page; never sent to Meta."),
        "address": lines("Address", "The street line, or the whole address."),
        "addressLine2": text("Address, line 2"),
        "city": text("City"),
        "state": text("State"),
        "postalCode": text("Postal code"),
        "country": choice("Country", [(code, f"{name} ({code})") for code, name in COUNTRIES.items()]),
        "email": text("E-mail", inputmode="email"),
        "website": text("Website", "Empty: the landing page, where there is one.", inputmode="url"),
        "phoneNumber": text("Phone number", "Fills in the number to be connected.", inputmode="tel"),
        "timezone": text("Time zone", "Such as UTC-07:00."),
        "category": choice("Category", [(one, worded(one)) for one in VERTICALS]),
        "description": lines("Description", "Of the WhatsApp profile."),
    }
    return {f"business.{name}": field for name, field in fields.items()}


def asking_fields() -> dict[str, forms.Field]:
    numbers = OnboardingLink._meta.get_field("registered_number")
    return {
        "displayName": text("Display name", "Of the WhatsApp profile."),
        "registeredNumberId": forms.ModelChoiceField(
            RegisteredNumber.objects.all(),
            required=False,
            label="Registered number",
            widget=AutocompleteSelect(numbers, admin.site),
            help_text="Verified, of the same organization: the end-user types no number and no code.",
        ),
        "starterTemplates": forms.MultipleChoiceField(
            required=False,
            label="Starter templates",
            choices=[(name, worded(name)) for name in NAMES],
            widget=forms.SelectMultiple(attrs={"size": len(NAMES)}),
        ),
        "landingPage": choice(
            "Landing page",
            [("true", "Make it"), ("false", "Do not make it")],
            "Empty: it is made where there is a name, an address and a registration id.",
        ),
    }


def branding_fields() -> dict[str, forms.Field]:
    fields = {
        "logoUrl": text("Logo", "Address of a png or jpg, which is fetched now.", inputmode="url"),
        "welcomeMessage": text("Welcome text"),
        "buttonText": text("Text of the button"),
        "successMessage": text("Text after the end"),
        "failureMessage": text("Text after a failure"),
    }
    return {f"branding.{name}": field for name, field in fields.items()}
