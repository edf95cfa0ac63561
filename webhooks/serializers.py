"""Outgoing webhooks and their deliveries as the contract shows them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.customer_url_fields import ReceiverUrl
from api.fields import Choice, Flag, Text, Timestamp
from api.serializers import Input, Output, Query
from api.times import timestamp
from wabas.models import Waba
from webhooks.delivery import Outcome
from webhooks.delivery.schedule import is_success
from webhooks.events import EVENTS
from webhooks.fields import EventNames, Number, SecretText
from webhooks.models import Delivery, OutgoingWebhook
from webhooks.retention import KEPT
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


class TestOutput(Output):
    delivered = serializers.SerializerMethodField(help_text="Whether it answered 2xx, within 10 s.")
    responseStatus = serializers.IntegerField(source="status", allow_null=True)
    durationMs = serializers.IntegerField(source="duration_ms")
    error = serializers.CharField(
        allow_null=True, help_text="Null for a 2xx, else a code such as `http_status` or `connect_timeout`."
    )

    def get_delivered(self, outcome: Outcome) -> bool:
        return is_success(outcome.status)


HELD = "held"
STATUSES = (
    (Delivery.State.PENDING, "Waits for `nextAttemptAt`."),
    (HELD, "Waits for the endpoint, which is inactive."),
    (Delivery.State.IN_FLIGHT, "An attempt is under way."),
    (Delivery.State.SUCCEEDED, "The endpoint answered 2xx."),
    (Delivery.State.FAILED, "No attempt is left, the answer was a final one, or it was held for too long."),
    (Delivery.State.DISCARDED, "The endpoint was deleted."),
)
OUTCOMES = (Delivery.State.FAILED, Delivery.State.SUCCEEDED)


class DeliveryQuery(Query):
    status = Choice(choices=STATUSES, required=False, help_text="Deliveries in this state.")
    event = Choice(choices=tuple(EVENTS.items()), required=False, help_text="Deliveries of this event.")
    createdAfter = Timestamp(required=False, help_text="Made after this time.")
    createdBefore = Timestamp(required=False, help_text="Made before this time.")


class AttemptOutput(Output):
    number = serializers.IntegerField(help_text="From 1.")
    at = Timestamp()
    durationMs = serializers.IntegerField(source="duration_ms", allow_null=True)
    responseStatus = serializers.IntegerField(source="response_status", allow_null=True)
    responseBody = serializers.CharField(source="response_body", help_text="The first KiB.")
    error = serializers.CharField(
        allow_null=True, help_text="Null for a 2xx, else a code such as `http_status` or `connect_timeout`."
    )


class DeliveryOutput(Output):
    id = serializers.UUIDField()
    eventId = serializers.CharField(source="event_id", help_text="The `webhook-id` header.")
    event = serializers.ChoiceField(source="event.name", choices=tuple(EVENTS.items()))
    status = serializers.SerializerMethodField()
    attempts = AttemptOutput(many=True)
    nextAttemptAt = serializers.SerializerMethodField(help_text="While it is `pending`.")
    lastError = serializers.CharField(
        source="last_error", allow_null=True, help_text="`expired` for one that was held for 72 hours."
    )
    replayOf = serializers.UUIDField(
        source="replay_of_id",
        allow_null=True,
        help_text="The first delivery of this event, when this one repeats it.",
    )
    createdAt = Timestamp(source="created_at")
    finishedAt = Timestamp(source="finished_at", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATUSES))
    def get_status(self, delivery: Delivery) -> str:
        is_held = delivery.state == Delivery.State.PENDING and not delivery.webhook.is_active
        return HELD if is_held else delivery.state

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_nextAttemptAt(self, delivery: Delivery) -> str | None:
        if delivery.next_attempt_at is None or self.get_status(delivery) != Delivery.State.PENDING:
            return None
        return timestamp(delivery.next_attempt_at)


class ReplayInput(Input):
    since = Timestamp(help_text="Events from this time on: at most the last 30 days, in which they are kept.")
    status = Choice(
        choices=[(one.value, f"Only what has {one.value}.") for one in OUTCOMES],
        required=False,
        help_text="What came of the event here, redeliveries included; both when left out.",
    )

    def validate_since(self, since: datetime) -> datetime:
        now = timezone.now()
        if since > now:
            raise serializers.ValidationError("This time is in the future.")
        if since < now - KEPT:
            raise serializers.ValidationError("Events are kept for 30 days.")
        return since


class ReplayOutput(Output):
    count = serializers.IntegerField(help_text="Redeliveries that were made.")
