"""Phone numbers and their health as the contract shows them."""

import re
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.fields import Choice, EitherId, Metadata, PhoneNumberText, Text, Timestamp
from api.serializers import Input, Output, Query
from phones.health import Capabilities, SyncStatus, assess
from phones.models import PhoneNumber
from phones.reasons import Actor, Capability
from wabas.serializers import ConnectedAccountOutput
from wabas.tokens import TokenStatus

SIX_DIGITS = re.compile("[0-9]{6}", re.ASCII)


class WabaId(EitherId):
    """Finds the phones of a WABA."""

    code, ours, metas = "waba_id", "waba_id", "waba__meta_waba_id"


class PhoneFilters(Query):
    wabaId = WabaId(source="waba", required=False, help_text="Our id of the WABA, or Meta's.")
    externalId = Text(source="external_id", required=False, max_length=255)
    phoneNumber = PhoneNumberText(source="phone_number", required=False)
    isRegistered = Choice(source="is_registered", choices=["true", "false"], required=False)


class PhoneInput(Input):
    metadata = Metadata(required=False, allow_null=True, help_text="Replaces the whole; null clears it.")
    externalId = Text(
        source="external_id", required=False, allow_null=True, max_length=255, help_text="null clears it."
    )


class Pin(Text):
    """Six digits, as text: the first may be 0."""

    request_schema = {"pattern": "^[0-9]{6}$"}
    default_error_messages = {"pin": "The PIN has six digits."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        given = super().to_internal_value(data)
        if not SIX_DIGITS.fullmatch(given):
            self.fail("pin")
        return given


class RegisterInput(Input):
    pin = Pin(
        required=False,
        help_text="The number's own two-step PIN; where it has none, this becomes it. Absent: the one that "
        "was made or given before.",
    )


class PinInput(Input):
    pin = Pin()


class CapabilitiesOutput(Output):
    canReceiveMessages = serializers.BooleanField(source="can_receive_messages")
    canSendMessages = serializers.BooleanField(source="can_send_messages")
    canSendTemplates = serializers.BooleanField(source="can_send_templates")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        is_phone = isinstance(instance, PhoneNumber)
        judged: Capabilities = assess(instance, timezone.now()).capabilities if is_phone else instance
        return super().to_representation(judged)


class PhoneFields(Output):
    """What list and detail share; `createdAt` comes last in both."""

    id = serializers.UUIDField()
    phoneNumberId = Text(source="meta_phone_number_id", help_text="Meta's id of the number.")
    phoneNumber = Text(source="phone_number")
    displayName = Text(source="display_name", allow_null=True)
    verifiedName = Text(source="verified_name", allow_null=True)
    isRegistered = serializers.BooleanField(source="is_registered")
    isCoexistence = serializers.BooleanField(source="is_coexistence")
    status = Text(allow_null=True, help_text="As Meta calls it; CONNECTED is needed to message.")
    qualityRating = Text(source="quality_rating", allow_null=True)
    codeVerificationStatus = Text(source="code_verification_status", allow_null=True)
    nameStatus = Text(source="name_status", allow_null=True)
    platformType = Text(source="platform_type", allow_null=True)
    throughputLevel = Text(source="throughput_level", allow_null=True)
    externalId = Text(source="external_id", allow_null=True)
    metadata = Metadata(allow_null=True)
    capabilities = CapabilitiesOutput(source="*")
    wabaId = serializers.UUIDField(source="waba_id")
    metaWabaId = Text(source="waba.meta_waba_id")


class PhoneOutput(PhoneFields):
    createdAt = Timestamp(source="created_at")


class PhoneDetailOutput(PhoneFields):
    connectedAccount = ConnectedAccountOutput(source="waba")
    createdAt = Timestamp(source="created_at")


class IssueOutput(Output):
    entity = Text(help_text="PHONE_NUMBER, WABA, BUSINESS or APP.")
    code = Text(help_text="Ours in words, such as NOT_CHECKED; Meta's error code as digits.")
    message = Text()
    solution = Text()
    capability = Choice(
        choices=list(Capability), allow_null=True, help_text="What it turns off; null where nothing is off."
    )


class SubscriptionOutput(Output):
    isSubscribed = serializers.BooleanField(
        source="phone.waba.is_subscribed", allow_null=True, help_text="null before the first check."
    )


class NextActionOutput(Output):
    """`url` and `deadline` are there where they are known."""

    actor = Choice(choices=list(Actor))
    code = Text()
    message = Text()
    url = Text(required=False)
    deadline = Timestamp(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}


class HealthOutput(Output):
    phoneId = serializers.UUIDField(source="phone.id")
    isRegistered = serializers.BooleanField(source="phone.is_registered")
    capabilities = CapabilitiesOutput(source="health.capabilities")
    issues = IssueOutput(source="health.issues", many=True)
    subscription = SubscriptionOutput(source="*")
    tokenStatus = Choice(source="token_status", choices=list(TokenStatus))
    syncedAt = Timestamp(source="phone.synced_at", allow_null=True)
    syncStatus = Choice(
        source="sync_status",
        choices=list(SyncStatus),
        help_text="fresh: Meta answered within the last 5 minutes. syncing: older, and a check is under way. "
        "stale: older, and none is.",
    )
    nextAction = NextActionOutput(source="next_action", allow_null=True)
