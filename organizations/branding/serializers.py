"""The branding that a body may have, and an organization as the contract shows it."""

from typing import Any

from rest_framework import serializers

from api.fields import PlainText, Timestamp
from api.serializers import Input, Output
from organizations.branding.fields import LogoUrl
from organizations.branding.logos import LogoError, Picture, fetched_logo, logo_url
from organizations.models import Logo, Organization

LOGO_HELP = (
    "Where we fetch the picture, once: PNG or JPEG, at most 1 MiB, 16x16 to 4096x4096 pixels, "
    "without redirects. It is shown in 200x60."
)
WELCOME_HELP = "Above the button, before the signup begins."
BUTTON_HELP = "What the button says."


class BrandingInput(Input):
    """A look: the logo's URL and four texts of one line each, counted in characters."""

    logoUrl = LogoUrl(source="logo_url", required=False, allow_null=True, help_text=LOGO_HELP)
    welcomeMessage = PlainText(
        source="welcome_message", required=False, allow_null=True, max_length=200, help_text=WELCOME_HELP
    )
    buttonText = PlainText(
        source="button_text", required=False, allow_null=True, max_length=50, help_text=BUTTON_HELP
    )
    successMessage = PlainText(source="success_message", required=False, allow_null=True, max_length=200)
    failureMessage = PlainText(source="failure_message", required=False, allow_null=True, max_length=200)


class OrganizationInput(BrandingInput):
    """What a PATCH changes. A new `logoUrl` is fetched here, while nothing is being changed."""

    name = PlainText(required=False, max_length=255)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`logo_url` becomes `picture`: what was found there, or None."""
        if "logo_url" not in attrs:
            return attrs
        url = attrs.pop("logo_url")
        return attrs | {"picture": self.fetched(url) if url else None}

    def fetched(self, url: str) -> Picture:
        try:
            return fetched_logo(organization=self.organization, url=url)
        except LogoError as refused:
            said = serializers.ErrorDetail(refused.message, refused.code)
            raise serializers.ValidationError({"logoUrl": [said]}) from None

    @property
    def organization(self) -> Organization:
        """The caller's, or the one whose form staff filled in."""
        chosen: Organization = self.context.get("organization") or self.context["request"].user
        return chosen


class LogoOutput(Output):
    """The picture as browsers get it from us."""

    url = serializers.URLField()
    width = serializers.IntegerField(help_text="Pixels, at most 600.")
    height = serializers.IntegerField(help_text="Pixels, at most 180.")

    def to_representation(self, instance: Logo) -> dict[str, Any]:
        return {"url": logo_url(instance), "width": instance.width, "height": instance.height}


class OrganizationOutput(Output):
    """Your organization, and how the hosted pages look where a link has no branding of its own."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    logoUrl = serializers.URLField(source="logo.source_url", allow_null=True, help_text="As you gave it.")
    logo = LogoOutput(allow_null=True)
    welcomeMessage = serializers.CharField(source="welcome_message", allow_null=True)
    buttonText = serializers.CharField(source="button_text", allow_null=True)
    successMessage = serializers.CharField(source="success_message", allow_null=True)
    failureMessage = serializers.CharField(source="failure_message", allow_null=True)
    createdAt = Timestamp(source="created_at")
