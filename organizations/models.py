"""An organization owns everything; its API keys speak for it, and each of its requests is done once."""

import uuid
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils import timezone

from vault.fields import EncryptedTextField


class Organization(models.Model):
    """A customer of this platform. Suspended ones are refused with 403."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    suspended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The branding of the hosted pages, where a link has none of its own.
    logo = models.ForeignKey("Logo", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    welcome_message = models.CharField(max_length=200, null=True, blank=True)
    button_text = models.CharField(max_length=50, null=True, blank=True)
    success_message = models.CharField(max_length=200, null=True, blank=True)
    failure_message = models.CharField(max_length=200, null=True, blank=True)

    class Meta:
        permissions = [
            ("support_customers", "Can do what harms nothing: retry, check, send again, open again"),
            (
                "settle_accounts",
                "Can decide whose an account is: assign a shared one, release one for a link",
            ),
            ("make_secrets", "Can make what is shown once: keys of the API, secrets of endpoints"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None


class Logo(models.Model):
    """A customer's picture for the hosted pages: fetched once, checked, drawn anew and served by us.

    A row never changes, so that browsers may keep what its address served for good.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="logos")
    source_url = models.CharField(max_length=2048)
    content = models.BinaryField()
    content_hash = models.CharField(max_length=64)
    mime_type = models.CharField(max_length=32)
    width = models.PositiveIntegerField(help_text="Pixels")
    height = models.PositiveIntegerField(help_text="Pixels")
    fetched_at = models.DateTimeField()

    class Meta:
        ordering = ["-fetched_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source_url", "content_hash"], name="logo_once_per_picture"
            ),
        ]

    def __str__(self) -> str:
        return self.source_url


class Scope(models.TextChoices):
    READ = "read", "read: every GET"
    WRITE = "write", "write: everything else"
    KEYS = "keys", "keys: the API keys themselves"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def for_organization(self, organization: Organization) -> "ApiKeyQuerySet":
        """The keys that still exist for their owner: revoked ones are gone."""
        return self.filter(organization=organization, revoked_at=None)


class ApiKey(models.Model):
    """A bearer key, known by its prefix and the SHA-256 of the whole; the key itself is not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=255)
    prefix = models.CharField(max_length=32, unique=True)
    key_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="api_key_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    def is_usable(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


CLAIMED = models.Q(claim_token__isnull=False, claimed_until__isnull=False, status=None, answer=None)
ANSWERED = models.Q(claim_token=None, claimed_until=None, status__isnull=False, answer__isnull=False)


class IdempotencyKey(models.Model):
    """An `Idempotency-Key` of a client, known by its hash: claimed by a request that runs, or answered.

    The fingerprint is encrypted too: from the plain hash of a short body its PIN could be guessed.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=64)
    fingerprint = EncryptedTextField()
    claim_token = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    # What must not be done again, in the words of the view that did it.
    bound_to = models.CharField(max_length=255, null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = EncryptedTextField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    kept_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "key_hash"], name="idempotency_key_once"),
            models.CheckConstraint(condition=CLAIMED | ANSWERED, name="idempotency_key_claimed_or_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.key_hash[:8]}… of {self.organization_id}"


class StaffAction(models.Model):
    """What Django's log of the staff has no column for: of whose row, why, and what came of it."""

    class Outcome(models.TextChoices):
        ASKED = "asked", "asked for: how it ended was not learnt"
        DONE = "done"
        REFUSED = "refused"

    entry = models.OneToOneField(
        LogEntry, on_delete=models.CASCADE, primary_key=True, related_name="staff_action"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.DONE)
    refusal = models.CharField(max_length=500, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.outcome}"
