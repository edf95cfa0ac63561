"""A business phone number, as last read from Meta, and the ledgers of what Meta allows seldom or once."""

import uuid

from django.db import models
from django.utils import timezone

from organizations.models import Organization
from vault.fields import EncryptedTextField
from wabas.models import Waba


class PhoneNumberQuerySet(models.QuerySet["PhoneNumber"]):
    def for_organization(self, organization: Organization) -> "PhoneNumberQuerySet":
        return self.filter(organization=organization)

    def connected_of(self, waba: Waba) -> "PhoneNumberQuerySet":
        """The numbers of a WABA that are ours to use, in one order for everybody who locks them."""
        return self.filter(waba=waba, disconnected_at=None).order_by("pk")

    def unready(self) -> "PhoneNumberQuerySet":
        """Connected, and by what clients were told last it cannot send messages."""
        silent = models.Q(announced__capabilities__canSendMessages=False, disconnected_at=None)
        return self.filter(silent, waba__status=Waba.Status.CONNECTED)

    def locked(self) -> "PhoneNumberQuerySet":
        """The rows for whoever changes them, their WABA locked before; no PIN is opened."""
        rows = self.select_for_update(no_key=True, of=("self",)).select_related("organization")
        return rows.defer("pin", "new_pin")


class PhoneNumber(models.Model):
    """A number inside a WABA. `id` is ours, `meta_phone_number_id` is Meta's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="phones")
    waba = models.ForeignKey(Waba, on_delete=models.CASCADE, related_name="phones")
    meta_phone_number_id = models.CharField("Meta phone number id", max_length=32)
    phone_number = models.CharField(max_length=20, help_text="E.164, with +")
    display_name = models.CharField(max_length=255, null=True, blank=True)
    verified_name = models.CharField(max_length=255, null=True, blank=True)
    external_id = models.CharField(max_length=255, null=True, blank=True)
    metadata = models.TextField(
        null=True, blank=True, help_text="The customer's JSON object, as it was written"
    )

    is_registered = models.BooleanField(default=False)
    is_coexistence = models.BooleanField(default=False)
    status = models.CharField(max_length=32, null=True, blank=True)
    quality_rating = models.CharField(max_length=16, null=True, blank=True)
    code_verification_status = models.CharField(max_length=32, null=True, blank=True)
    name_status = models.CharField(max_length=32, null=True, blank=True)
    platform_type = models.CharField(max_length=32, null=True, blank=True)
    throughput_level = models.CharField(max_length=32, null=True, blank=True)
    health = models.JSONField("health status at Meta", null=True, blank=True)
    pin = EncryptedTextField("two-step PIN", null=True, blank=True, editable=False)
    new_pin = EncryptedTextField(
        null=True, blank=True, editable=False, help_text="Sent to Meta, whose answer was not learnt yet"
    )

    pin_sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When we last sent Meta a PIN of ours"
    )
    pin_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody else changed it: ours was forgotten then"
    )

    onboarded_at = models.DateTimeField(null=True, blank=True, help_text="When a signup last connected it")
    disconnected_at = models.DateTimeField(null=True, blank=True)
    disconnect_reason = models.CharField(max_length=64, null=True, blank=True)
    # What clients were told of it last: {capabilities: {name: bool}, warnings: [code], at}.
    announced = models.JSONField("last told to clients", null=True, blank=True)

    synced_at = models.DateTimeField(null=True, blank=True)
    sync_requested_at = models.DateTimeField(null=True, blank=True)
    sync_failed_at = models.DateTimeField(null=True, blank=True)
    sync_error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PhoneNumberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "meta_phone_number_id"], name="phone_once_per_organization"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="phone_newest"),
            models.Index(fields=["external_id"], name="phone_by_external_id"),
            # Also what the admin's search reads instead of the rows.
            models.Index(
                fields=["phone_number", "display_name", "external_id", "-created_at", "-id"],
                name="phone_by_number",
            ),
            # Of the admin: its list, and who cannot send.
            models.Index(fields=["-created_at", "-id"], name="phone_last_made"),
            models.Index(
                fields=["-created_at", "-id"],
                name="phone_silent",
                condition=models.Q(announced__capabilities__canSendMessages=False, disconnected_at=None),
            ),
            models.Index(
                fields=["sync_requested_at"],
                name="phone_sync_due",
                condition=models.Q(sync_requested_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.phone_number


class RegistrationAttempt(models.Model):
    """One call of Meta's register: Meta allows ten in 72 hours, so every one is written down first."""

    class Maker(models.TextChoices):
        PLATFORM = "platform"
        PERSON = "person"

    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="registration_attempts")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=16, choices=Maker.choices)
    outcome = models.CharField(max_length=64, null=True, blank=True, help_text="null: it was never learnt")

    class Meta:
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["phone", "-made_at"], name="registration_newest")]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} {self.outcome or 'unknown'}"


class CoexistenceSync(models.Model):
    """One of the two syncs of a number that stays on the WhatsApp Business app. Meta allows each once."""

    class Kind(models.TextChoices):
        CONTACTS = "smb_app_state_sync"
        HISTORY = "history"

    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="coexistence_syncs")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    requested_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=128, null=True, blank=True, help_text="Meta's, of the request")
    outcome = models.CharField(max_length=64, null=True, blank=True, help_text="null: it was never learnt")

    class Meta:
        ordering = ["requested_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["phone", "kind"], name="coexistence_sync_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.outcome or 'unknown'}"


class CodeRequest(models.Model):
    """One verification code that Meta was asked to send to a number, whether or not the number has a row."""

    class Method(models.TextChoices):
        SMS = "SMS"
        VOICE = "VOICE"

    meta_phone_number_id = models.CharField("Meta phone number id", max_length=32)
    method = models.CharField(max_length=8, choices=Method.choices)
    requested_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=64, null=True, blank=True, help_text="null: it was never learnt")

    class Meta:
        ordering = ["-requested_at", "-pk"]
        indexes = [models.Index(fields=["meta_phone_number_id", "-requested_at"], name="code_request_newest")]

    def __str__(self) -> str:
        return f"{self.requested_at:%Y-%m-%d %H:%M} {self.outcome or 'unknown'}"
