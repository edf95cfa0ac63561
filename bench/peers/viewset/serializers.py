"""The contract's link as ModelSerializers: declared fields, sources, and methods for what is computed."""

import json
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from api.times import timestamp
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.next_action import published_action
from webhooks.models import OutgoingWebhook


class MomentField(serializers.DateTimeField):
    """Milliseconds and `Z`, which DRF's own format cannot say."""

    def to_representation(self, value: Any) -> str:
        return timestamp(value)


class WebhookSerializer(serializers.ModelSerializer[OutgoingWebhook]):
    class Meta:
        model = OutgoingWebhook
        fields = ["id", "url", "events"]


class StepSerializer(serializers.ModelSerializer[StepRun]):
    startedAt = MomentField(source="started_at")
    finishedAt = MomentField(source="finished_at")
    error = serializers.SerializerMethodField()

    class Meta:
        model = StepRun
        fields = ["step", "status", "attempts", "startedAt", "finishedAt", "error"]

    def get_error(self, run: StepRun) -> dict[str, Any] | None:
        return {name: run.error.get(name) for name in ("code", "message", "meta")} if run.error else None


class LinkSerializer(serializers.ModelSerializer[OnboardingLink]):
    status = serializers.SerializerMethodField()
    externalId = serializers.CharField(source="external_id")
    metadata = serializers.SerializerMethodField()
    redirectUrl = serializers.CharField(source="redirect_url")
    hostedUrl = serializers.SerializerMethodField()
    phoneNumberId = serializers.UUIDField(source="phone_id")
    phoneNumber = serializers.CharField(source="phone.phone_number", default=None)
    wabaId = serializers.UUIDField(source="waba_id")
    isPhoneRegistered = serializers.BooleanField(source="phone.is_registered", default=None)
    webhookUrl = serializers.SerializerMethodField()
    webhookEvents = serializers.ListField(source="webhook_events")
    outgoingWebhook = WebhookSerializer(source="outgoing_webhook")
    expectedPhoneNumber = serializers.CharField(source="expected_phone_number")
    expiresAt = MomentField(source="expires_at")
    createdAt = MomentField(source="created_at")
    completedAt = MomentField(source="completed_at")
    lastError = serializers.SerializerMethodField()
    nextAction = serializers.SerializerMethodField()

    class Meta:
        model = OnboardingLink
        fields = [
            "id",
            "name",
            "status",
            "externalId",
            "metadata",
            "redirectUrl",
            "hostedUrl",
            "phoneNumberId",
            "phoneNumber",
            "wabaId",
            "isPhoneRegistered",
            "webhookUrl",
            "webhookEvents",
            "outgoingWebhook",
            "mode",
            "expectedPhoneNumber",
            "language",
            "expiresAt",
            "createdAt",
            "completedAt",
            "lastError",
            "nextAction",
        ]

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if instance.status == OnboardingLink.Status.COMPLETED:
            del shown["webhookEvents"]
        return shown

    def get_status(self, link: OnboardingLink) -> str:
        return link.published_status(timezone.now())

    def get_metadata(self, link: OnboardingLink) -> Any:
        return json.loads(link.metadata) if link.metadata else None

    def get_hostedUrl(self, link: OnboardingLink) -> str:
        return f"{settings.PUBLIC_BASE_URL}/signup/{link.pk}"

    def get_webhookUrl(self, link: OnboardingLink) -> str | None:
        if link.status != OnboardingLink.Status.COMPLETED:
            return link.webhook_url
        return f"{settings.PUBLIC_BASE_URL}/webhook/phone/{link.phone_id}" if link.phone_id else None

    def get_lastError(self, link: OnboardingLink) -> dict[str, Any] | None:
        names = ("code", "message", "step", "actor", "at")
        return {name: link.last_error.get(name) for name in names} if link.last_error else None

    def get_nextAction(self, link: OnboardingLink) -> dict[str, Any] | None:
        return published_action(link, timezone.now())


class LinkDetailSerializer(LinkSerializer):
    progress = serializers.SerializerMethodField()

    class Meta(LinkSerializer.Meta):
        fields = [*LinkSerializer.Meta.fields, "progress"]

    def get_progress(self, link: OnboardingLink) -> Any:
        """Of the prefetched signups, which come with their steps, the one whose code was exchanged last."""
        tried: list[Signup] = link.exchanged  # type: ignore[attr-defined]
        return StepSerializer(tried[0].steps.all(), many=True).data if tried else []
