"""Outgoing webhooks as the contract shows them."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from api.fields import Flag, Text, Timestamp
from api.serializers import Input, Output
from wabas.models import Waba
from webhooks.fields import EventNames, Number, ReceiverUrl, SecretText
from webhooks.models import OutgoingWebhook
from webhooks.signing import standard_webhooks_secret


class WabaReference(Text):
    """A WABA of the calling organization, by our id or Meta's."""

    default_error_messages = {"not_found": "There is no such WABA in your organization."}

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        wabas = Waba.objects.for_organization(self.context["request"].user)
        is_meta_id = given.isascii() and given.isdigit()
        found_by = (
            {"meta_waba_id": given} if is_meta_id else {"pk": serializers.UUIDField().run_validation(given)}
        )
        waba = wabas.filter(**found_by).first()
        if waba is None:
            self.fail("not_found")
        return waba


class OutgoingWebhookPatch(Input):
    url = ReceiverUrl(help_text="Where events are posted.")
    events = EventNames(help_text="Event names, or `*` for all of them but `webhook.test`.")
    isActive = Flag(source="is_active", required=False, help_text="False holds deliveries, for 72 hours.")
    wabaId = WabaReference(
        source="waba",
        required=False,
        allow_null=True,
        help_text="Only events of this WABA. Ours or Meta's id.",
    )
    description = Text(required=False, allow_null=True, max_length=255)


class OutgoingWebhookInput(OutgoingWebhookPatch):
    secret = SecretText(required=False, help_text="Without one a secret is generated.")


class RotationInput(Input):
    secret = SecretText(required=False, help_text="Without one a secret is generated.")
    gracePeriodHours = Number(
        source="grace",
        required=False,
        min_value=0,
        max_value=168,
        help_text="For so long the secret before signs too: 24 when left out. 0 is for one that leaked.",
    )

    def validate_gracePeriodHours(self, hours: int) -> timedelta:
        return timedelta(hours=hours)


class OutgoingWebhookOutput(Output):
    id = serializers.UUIDField()
    url = serializers.CharField()
    events = EventNames()
    isActive = serializers.BooleanField(source="is_active")
    wabaId = serializers.UUIDField(source="waba_id", allow_null=True)
    hasSecret = serializers.SerializerMethodField(help_text="Always true: every delivery is signed.")
    disabledReason = serializers.ChoiceField(
        source="disabled_reason", choices=OutgoingWebhook.DisabledReason.values, allow_null=True
    )
    description = serializers.CharField(allow_null=True)
    createdAt = Timestamp(source="created_at")
    updatedAt = Timestamp(source="updated_at")

    def get_hasSecret(self, webhook: OutgoingWebhook) -> bool:
        return True


class CreatedOutgoingWebhookOutput(OutgoingWebhookOutput):
    secret = serializers.CharField(help_text="Shown this once.")
    standardWebhooksSecret = serializers.SerializerMethodField(
        help_text="The secret for the verifier libraries of Standard Webhooks. Shown this once."
    )

    def get_standardWebhooksSecret(self, webhook: OutgoingWebhook) -> str:
        return standard_webhooks_secret(webhook.secret)
