"""Links: the body of a create, the filters of the list, and the shapes of the answers."""

import re
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.customer_url_fields import CustomerUrl, ReceiverUrl
from api.fields import Choice, Metadata, PhoneNumberText, Text, Timestamp
from api.serializers import Input, Output, Query
from onboarding.link_json import link_json, progress_json, with_secret
from onboarding.models import OnboardingLink, StepRun
from onboarding.pipeline import ALL_STEPS
from webhooks.fields import EventNames, SecretText

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
BCP_47 = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


class LanguageTag(Text):
    """BCP 47, as far as languages, scripts and regions go."""

    default_error_messages = {"language": "A language tag such as en, pt-BR or he is needed."}
    request_schema = {"pattern": f"^{BCP_47.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        tag = super().to_internal_value(data)
        if not BCP_47.fullmatch(tag):
            self.fail("language")
        return tag


class LinkInput(Input):
    """The body of a create."""

    together = ("webhookUrl", "webhookEvents")

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

    def validate_expiresAt(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError("It must be in the future.", code="past")
        return value


class LinkQuery(Query):
    """The list's filters."""

    status = Choice(choices=STATUSES, required=False)
    externalId = Text(required=False, max_length=255)
    phoneNumber = PhoneNumberText(required=False)
    createdAfter = Timestamp(required=False)
    createdBefore = Timestamp(required=False)


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


class LinkOutput(Output):
    """A link. `webhookEvents` is absent once completed; `webhookUrl` is then the phone's inbound URL here."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    externalId = serializers.CharField(allow_null=True)
    metadata = Metadata(allow_null=True)
    redirectUrl = serializers.URLField(allow_null=True)
    hostedUrl = serializers.URLField()
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
