"""Links as the API shows them."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.fields import Metadata, Timestamp
from api.serializers import Output
from onboarding.link_json import link_json, progress_json, with_secret
from onboarding.models import OnboardingLink, StepRun
from onboarding.pipeline import ALL_STEPS
from onboarding.serializers.prefill import BrandingOutput, BusinessOutput
from onboarding.starter_templates.rows import NAMES

STATUSES = [*OnboardingLink.Status.values, "expired"]
NEXT_ACTION_CODES = (
    "`OPEN_LINK`, `SIGN_UP_AGAIN`, `ENTER_PIN`, `ADD_NUMBER`, `VERIFY_NUMBER`, `RECONNECT`, `CHECK_ACCOUNT`, "
    "`UNSUPPORTED_CURRENCY`, `LINK_EXPIRED`, `WAIT`, `CREDIT_REFUSED`, `CREDIT_NOT_VERIFIED`, "
    "`UNKNOWN_OWNER`, or what `lastError.code` can be. More may come: `actor` says who has to move."
)
LAST_ERROR_CODES = (
    "`CODE_EXPIRED`, `CODE_USED`, `CANCELLED`, `META_REPORTED_ERROR`, `PERMISSION_MISSING`, `WRONG_NUMBER`, "
    "`NO_PHONE_NUMBER`, `WABA_MISMATCH`, `ALREADY_CONNECTED`, `META_UNAVAILABLE`, `CONFIGURATION`, "
    "`LINK_EXPIRED`"
)


class ActionOutput(Output):
    """Who has to move now."""

    actor = serializers.ChoiceField(choices=["end_user", "customer", "platform", "meta"])
    code = serializers.CharField(help_text=NEXT_ACTION_CODES)
    message = serializers.CharField()
    url = serializers.URLField(required=False)
    deadline = Timestamp(required=False)


class MetaErrorOutput(Output):
    """What Meta said."""

    code = serializers.IntegerField(allow_null=True)
    subcode = serializers.IntegerField(allow_null=True)
    traceId = serializers.CharField(allow_null=True)


class LinkErrorOutput(Output):
    """Why the last signup did not complete the link."""

    code = serializers.CharField(help_text=LAST_ERROR_CODES)
    message = serializers.CharField()
    step = serializers.CharField(allow_null=True)
    actor = serializers.ChoiceField(choices=["end_user", "customer", "platform", "meta"])
    at = Timestamp()


class StepErrorOutput(Output):
    code = serializers.CharField()
    message = serializers.CharField()
    meta = MetaErrorOutput(allow_null=True)


class StepOutput(Output):
    """One step of the running or last signup. `skipped`: it does not apply here."""

    step = serializers.CharField(help_text=", ".join(f"`{step.name}`" for step in ALL_STEPS))
    status = serializers.ChoiceField(choices=StepRun.Status.choices)
    attempts = serializers.IntegerField()
    startedAt = Timestamp(allow_null=True)
    finishedAt = Timestamp(allow_null=True)
    error = StepErrorOutput(allow_null=True)


class LinkWebhookOutput(Output):
    """The outgoing webhook that was made from the link."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    events = serializers.ListField(child=serializers.CharField())


class StarterTemplateOutput(Output):
    """A template that is made once the link is completed."""

    template = serializers.ChoiceField(choices=NAMES)
    name = serializers.CharField(allow_null=True, help_text="Its name at Meta.")
    languageCode = serializers.CharField(allow_null=True)
    status = serializers.CharField(
        allow_null=True,
        help_text="Meta's: `PENDING`, `APPROVED`, `REJECTED` or another; null: not handed in.",
    )
    reason = serializers.CharField(allow_null=True, help_text="Why it was rejected, or is not handed in.")


class LinkOutput(Output):
    """A link. `webhookEvents` is absent once completed; `webhookUrl` is then the phone's inbound URL here."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    externalId = serializers.CharField(allow_null=True)
    metadata = Metadata(allow_null=True)
    redirectUrl = serializers.URLField(allow_null=True)
    hostedUrl = serializers.URLField()
    previewUrl = serializers.URLField(help_text="The hosted page to look at. Nothing can be started from it.")
    phoneNumberId = serializers.UUIDField(allow_null=True, help_text="Our id of the phone.")
    phoneNumber = serializers.CharField(allow_null=True)
    wabaId = serializers.UUIDField(allow_null=True, help_text="Our id of the WABA.")
    isPhoneRegistered = serializers.BooleanField(allow_null=True)
    webhookUrl = serializers.URLField(allow_null=True)
    webhookEvents = serializers.ListField(child=serializers.CharField(), required=False)
    outgoingWebhook = LinkWebhookOutput(allow_null=True)
    mode = serializers.ChoiceField(choices=OnboardingLink.Mode.choices)
    expectedPhoneNumber = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    business = BusinessOutput(allow_null=True)
    displayName = serializers.CharField(allow_null=True)
    branding = BrandingOutput(allow_null=True)
    registeredNumberId = serializers.UUIDField(allow_null=True)
    landingPageUrl = serializers.URLField(
        allow_null=True, help_text="The public page that was made of `business`."
    )
    starterTemplates = StarterTemplateOutput(many=True)
    expiresAt = Timestamp(allow_null=True)
    createdAt = Timestamp()
    completedAt = Timestamp(allow_null=True)
    lastError = LinkErrorOutput(allow_null=True)
    nextAction = ActionOutput(allow_null=True)

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return link_json(instance, timezone.now())


class LinkDetailOutput(LinkOutput):
    """A link with the steps of its running or last signup."""

    progress = StepOutput(many=True)

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return link_json(instance, timezone.now()) | {"progress": progress_json(instance)}


class NewLinkOutput(LinkDetailOutput):
    """The answer to a create: the only one with the secret."""

    webhookSecret = serializers.CharField(allow_null=True)
    standardWebhooksSecret = serializers.CharField(
        allow_null=True, help_text="The same secret in the form that Standard Webhooks libraries take."
    )

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return with_secret(super().to_representation(instance), str(instance.webhook_secret or "") or None)
