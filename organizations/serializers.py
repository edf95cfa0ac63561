"""API keys as the contract shows them."""

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers

from api.fields import Choice, Text, TextList, Timestamp
from api.serializers import Input, Output
from organizations.models import Scope


class ApiKeyInput(Input):
    name = Text(min_length=1, max_length=255)
    scopes = TextList(choices=Scope.values, min_length=1)
    expiresAt = Timestamp(source="expires_at", required=False)

    def validate_expiresAt(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError("It must be in the future.", code="past")
        return value


class ApiKeyOutput(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="What the key starts with: enough to recognise it.")
    scopes = serializers.ListField(child=Choice(choices=Scope.choices))
    lastUsedAt = Timestamp(source="last_used_at", allow_null=True)
    expiresAt = Timestamp(source="expires_at", allow_null=True)
    createdAt = Timestamp(source="created_at")


class IssuedApiKeyOutput(ApiKeyOutput):
    key = serializers.CharField(source="secret", help_text="The key itself. It is shown this once.")

    def to_representation(self, instance: object) -> dict[str, object]:
        issued = instance
        return {
            **ApiKeyOutput(issued.api_key).data,  # type: ignore[attr-defined]
            "key": issued.secret,  # type: ignore[attr-defined]
        }
