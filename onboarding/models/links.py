"""A link that a client made for one end-user."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from onboarding.models.registered_numbers import RegisteredNumber
from organizations.models import Logo, Organization
from phones.models import PhoneNumber
from vault.fields import EncryptedTextField
from wabas.models import Waba
from webhooks.models import OutgoingWebhook


class OnboardingLinkQuerySet(models.QuerySet["OnboardingLink"]):
    def for_organization(self, organization: Organization) -> "OnboardingLinkQuerySet":
        return self.filter(organization=organization)

    def published_as(self, status: str, now: datetime) -> "OnboardingLinkQuerySet":
        """Links whose status the API words so: `expired` is a pending one whose time is over."""
        over = Q(expires_at__lte=now)
        if status == "expired":
            return self.filter(over, status=OnboardingLink.Status.PENDING)
        if status == OnboardingLink.Status.PENDING:
            return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), status=status)
        return self.filter(status=status)


class OnboardingLink(models.Model):
    """What a client asked for. It never changes but by its signups; there is no PATCH."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        COMPLETED = "completed"

    class Mode(models.TextChoices):
        CLOUD_API = "cloud_api"
        COEXISTENCE = "coexistence"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="onboarding_links")
    name = models.CharField(max_length=255)
    external_id = models.CharField(max_length=255, null=True, blank=True)
    metadata = models.TextField(
        null=True, blank=True, help_text="The customer's JSON object, as it was written"
    )
    redirect_url = models.CharField(max_length=2048, null=True, blank=True)
    webhook_url = models.CharField(max_length=2048, null=True, blank=True)
    webhook_secret = EncryptedTextField(null=True, blank=True, editable=False)
    webhook_events = models.JSONField(default=list, blank=True)
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.CLOUD_API)
    expected_phone_number = models.CharField(max_length=20, null=True, blank=True)
    language = models.CharField(max_length=35, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # What the end-user need not type, and what the page looks like.
    business = models.JSONField(null=True, blank=True, help_text="As the client gave it, with our website")
    display_name = models.CharField(max_length=50, null=True, blank=True)
    branding = models.JSONField(null=True, blank=True, help_text="As the client gave it")
    logo = models.ForeignKey(Logo, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    registered_number = models.ForeignKey(
        RegisteredNumber, on_delete=models.SET_NULL, null=True, blank=True, related_name="onboarding_links"
    )
    landing_slug = models.CharField(max_length=80, unique=True, null=True, blank=True)
    starter_templates = models.JSONField(
        default=list, blank=True, help_text="One object a template that was asked for, and Meta's verdict"
    )

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    opened_at = models.DateTimeField(null=True, blank=True)
    expiry_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When onboarding_link.expired was stored"
    )
    last_error = models.JSONField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    waba = models.ForeignKey(Waba, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    phone = models.ForeignKey(
        PhoneNumber, on_delete=models.SET_NULL, null=True, blank=True, related_name="onboarding_links"
    )
    outgoing_webhook = models.ForeignKey(
        OutgoingWebhook, on_delete=models.SET_NULL, null=True, blank=True, related_name="onboarding_links"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = OnboardingLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["registered_number"],
                condition=Q(status__in=["pending", "processing"]),
                name="link_one_open_per_number",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="link_newest"),
            # With all that a list by status asks, so that its total needs no row.
            models.Index(
                fields=["organization", "status", "-created_at", "-id", "expires_at"], name="link_by_status"
            ),
            models.Index(fields=["external_id", "organization"], name="link_by_external_id"),
            # Of the admin: its list, and what needs somebody.
            models.Index(fields=["-created_at", "-id"], name="link_last_made"),
            models.Index(
                fields=["expected_phone_number", "-created_at", "-id"],
                name="link_by_expected",
                condition=Q(expected_phone_number__isnull=False),
            ),
            # What the search reads instead of the rows.
            models.Index(fields=["name", "external_id", "-created_at", "-id"], name="link_words"),
            models.Index(fields=["-created_at"], name="link_failed", condition=Q(last_error__isnull=False)),
            models.Index(fields=["-created_at"], name="link_asking", condition=Q(next_action__isnull=False)),
            models.Index(
                fields=["expires_at"],
                name="link_expiring",
                condition=Q(status="pending", expires_at__isnull=False, expiry_told_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_expired(self, now: datetime) -> bool:
        return self.status == self.Status.PENDING and self.expires_at is not None and self.expires_at <= now

    def published_status(self, now: datetime) -> str:
        return "expired" if self.is_expired(now) else str(self.status)
