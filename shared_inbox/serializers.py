"""Links to an inbox as the contract shows them."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from api.fields import Choice, EitherId, Flag, Text, Timestamp
from api.serializers import Input, Output, Query
from phones.models import PhoneNumber
from shared_inbox.models import SharedInboxLink


class PhoneId(EitherId):
    """Finds a phone."""

    code, ours, metas = "phone_id", "pk", "meta_phone_number_id"


class PhoneReference(PhoneId):
    """A phone of the calling organization, by our id or Meta's."""

    default_error_messages = {"not_found": "There is no such phone in your organization."}

    def to_internal_value(self, data: Any) -> Any:
        phones = PhoneNumber.objects.for_organization(self.context["request"].user)
        phone = phones.filter(**super().to_internal_value(data)).first()
        if phone is None:
            self.fail("not_found")
        return phone


class PermissionsInput(Input):
    """Any of the seven, each for itself: one does not bring another along."""

    readInbox = Flag(default=False, help_text="See conversations and messages.")
    readDetails = Flag(default=False, help_text="See what is known of a contact.")
    markRead = Flag(default=False, help_text="Mark messages read, which the contact sees.")
    sendText = Flag(default=False, help_text="Send text and reactions.")
    sendMedia = Flag(default=False, help_text="Send pictures, videos, voice and files.")
    sendTemplates = Flag(default=False, help_text="Send approved templates.")
    sendAdvanced = Flag(default=False, help_text="Send locations, contacts and interactive messages.")


class SharedInboxLinkPatch(Input):
    name = Text(max_length=255, help_text="Shown on the page.")
    expiresAt = Timestamp(
        source="expires_at", required=False, allow_null=True, help_text="null: it does not expire."
    )
    permissions = PermissionsInput(help_text="What is left out is not allowed.")

    def validate_expiresAt(self, value: datetime | None) -> datetime | None:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("It must be in the future.", code="past")
        return value


class SharedInboxLinkInput(SharedInboxLinkPatch):
    phoneNumberId = PhoneReference(source="phone", help_text="Our id of the phone, or Meta's.")


class SharedInboxLinkQuery(Query):
    """The list's filters."""

    phoneNumberId = PhoneId(source="phone", required=False, help_text="Our id of the phone, or Meta's.")
    status = Choice(choices=SharedInboxLink.Status.choices, required=False)


class PermissionsOutput(Output):
    readInbox = serializers.BooleanField()
    readDetails = serializers.BooleanField()
    markRead = serializers.BooleanField()
    sendText = serializers.BooleanField()
    sendMedia = serializers.BooleanField()
    sendTemplates = serializers.BooleanField()
    sendAdvanced = serializers.BooleanField()


class SharedInboxLinkOutput(Output):
    id = serializers.UUIDField()
    phoneNumberId = serializers.UUIDField(source="phone_id", help_text="Our id of the phone.")
    name = serializers.CharField()
    status = serializers.SerializerMethodField()
    permissions = PermissionsOutput()
    expiresAt = Timestamp(source="expires_at", allow_null=True)
    lastUsedAt = Timestamp(source="last_used_at", allow_null=True)
    createdAt = Timestamp(source="created_at")
    revokedAt = Timestamp(source="revoked_at", allow_null=True)

    def get_status(self, link: SharedInboxLink) -> SharedInboxLink.Status:
        return link.status_at(timezone.now())


class IssuedLinkOutput(SharedInboxLinkOutput):
    publicUrl = serializers.CharField(source="public_url", help_text="Shown this once.")
