"""A number that a client proved to be its own before any link: Meta's pre-verified numbers."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization


class RegisteredNumberQuerySet(models.QuerySet["RegisteredNumber"]):
    def for_organization(self, organization: Organization) -> "RegisteredNumberQuerySet":
        return self.filter(organization=organization)

    def published_as(self, status: str, now: datetime) -> "RegisteredNumberQuerySet":
        """Numbers whose status the API words so: `expired` is a verified one whose time is over."""
        if status == "expired":
            return self.filter(status=RegisteredNumber.Status.VERIFIED, expires_at__lte=now)
        if status == RegisteredNumber.Status.VERIFIED:
            return self.filter(status=status, expires_at__gt=now)
        return self.filter(status=status)

    def waiting(self) -> "RegisteredNumberQuerySet":
        """Those that no link has connected yet, expired ones too."""
        return self.exclude(status=RegisteredNumber.Status.USED)


class RegisteredNumber(models.Model):
    """In Meta's pool of our portfolio, for the client's links: its end-user types no number and no code."""

    class Status(models.TextChoices):
        UNVERIFIED = "unverified"
        VERIFIED = "verified"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="registered_numbers"
    )
    phone_number = models.CharField(max_length=20)
    comment = models.CharField(max_length=255, null=True, blank=True)
    language = models.CharField(max_length=35, null=True, blank=True, help_text="Of the code's message")
    meta_preverified_id = models.CharField(
        max_length=32, null=True, blank=True, help_text="null while it is not known to be in Meta's pool"
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.UNVERIFIED)
    code_given_at = models.DateTimeField(
        null=True, blank=True, help_text="A code was given to Meta then, whose answer was not learnt"
    )
    renewing_since = models.DateTimeField(
        null=True, blank=True, help_text="Its entry is being replaced: no code is entered meanwhile"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="null until it is verified")
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RegisteredNumberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "phone_number"],
                condition=~Q(status="used"),
                name="registered_number_once_per_organization",
            ),
            models.UniqueConstraint(
                fields=["phone_number"],
                condition=Q(status="verified"),
                name="registered_number_verified_by_one",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="registered_newest"),
            models.Index(fields=["phone_number"], name="registered_by_number"),
        ]

    def __str__(self) -> str:
        return self.phone_number

    def is_expired(self, now: datetime) -> bool:
        is_waiting = self.status == self.Status.VERIFIED and self.expires_at is not None
        return is_waiting and self.expires_at <= now  # type: ignore[operator]

    def published_status(self, now: datetime) -> str:
        return "expired" if self.is_expired(now) else str(self.status)
