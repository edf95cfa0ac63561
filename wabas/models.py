"""A WABA that a customer shared with us, with the token that opens it."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from organizations.models import Organization
from vault.fields import EncryptedTextField


class WabaQuerySet(models.QuerySet["Waba"]):
    def for_organization(self, organization: Organization) -> "WabaQuerySet":
        return self.filter(organization=organization)

    def connected(self) -> "WabaQuerySet":
        return self.filter(status=Waba.Status.CONNECTED)

    def of_new_businesses(self, since: datetime) -> "WabaQuerySet":
        """Of customers' businesses that brought none before: what Meta counts against its quota."""
        before = Waba.objects.filter(created_at__lt=since, owner_business_id=OuterRef("owner_business_id"))
        return self.filter(~Exists(before), created_at__gte=since, owner_business_id__isnull=False)

    def without_token(self) -> "WabaQuerySet":
        """Rows with `has_token` in place of the token: what is only shown does not open it."""
        return self.defer("access_token").annotate(has_token=Q(access_token__isnull=False))


class Waba(models.Model):
    """One row an organization and Meta WABA; at most one organization has it connected."""

    class Status(models.TextChoices):
        CONNECTED = "connected"
        DISCONNECTED = "disconnected"

    class CreditLine(models.TextChoices):
        """How far our credit line came to pay for it; null where none was shared."""

        SHARED = "shared", "shared: Meta accepted, not yet seen as what pays"
        VERIFIED = "verified", "verified: Meta shows it as what pays"
        REFUSED = "refused"
        UNSUPPORTED_CURRENCY = "unsupported_currency"
        REVOKED = "revoked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="wabas")
    meta_waba_id = models.CharField("Meta WABA id", max_length=32)
    name = models.CharField(max_length=255, null=True, blank=True)
    currency = models.CharField(max_length=8, null=True, blank=True)
    timezone_id = models.CharField(max_length=16, null=True, blank=True)
    owner_business_id = models.CharField(max_length=32, null=True, blank=True)
    owner_business_name = models.CharField(max_length=255, null=True, blank=True)
    account_review_status = models.CharField(max_length=32, null=True, blank=True)
    business_verification_status = models.CharField(max_length=64, null=True, blank=True)
    health = models.JSONField("health status at Meta", null=True, blank=True)

    access_token = EncryptedTextField(null=True, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When Meta last said that the token is no longer valid"
    )

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CONNECTED)
    connected_at = models.DateTimeField(null=True, blank=True, help_text="When a signup last connected it")
    disconnected_at = models.DateTimeField(null=True, blank=True)
    disconnect_reason = models.CharField(max_length=64, null=True, blank=True)
    disconnect_initiated_by = models.CharField(max_length=16, null=True, blank=True)
    is_subscribed = models.BooleanField(null=True, help_text="Our app is among its subscribed apps")
    subscription_checked_at = models.DateTimeField(null=True, blank=True)

    # What Meta announced of the account, and when it sent the last word on each matter.
    restrictions = models.JSONField(
        default=list, blank=True, help_text="[{type, expiresAt (null: it has no end), remediation, at}]"
    )
    ban_state = models.CharField(max_length=32, null=True, blank=True)
    ban_date = models.CharField(max_length=64, null=True, blank=True, help_text="In Meta's own writing")
    violation_type = models.CharField(max_length=64, null=True, blank=True)
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Coexistence: the owner changed the phone, nothing may be sent"
    )
    told_at = models.JSONField(default=dict, blank=True)

    credit_line_status = models.CharField(max_length=32, choices=CreditLine.choices, null=True, blank=True)
    allocation_config_id = models.CharField(max_length=32, null=True, blank=True)
    credit_shared_at = models.DateTimeField(null=True, blank=True)
    credit_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when somebody is sharing it; stays where the outcome is unknown",
    )
    credit_error = models.JSONField(
        null=True, blank=True, help_text="{code, message, ...}: why it is not shared"
    )

    # What the browser brought from Meta's popup.
    page_ids = models.JSONField(default=list, blank=True)
    dataset_ids = models.JSONField(default=list, blank=True)
    catalog_ids = models.JSONField(default=list, blank=True)
    instagram_account_ids = models.JSONField(default=list, blank=True)
    ad_account_ids = models.JSONField(default=list, blank=True)
    # What Meta answered to the last connected-account look-up, and when.
    lookup = models.JSONField(default=dict, blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)

    check_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When its numbers are checked by themselves; null: never"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WabaQuerySet.as_manager()

    class Meta:
        verbose_name = "WABA"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "meta_waba_id"], name="waba_once_per_organization"
            ),
            models.UniqueConstraint(
                fields=["meta_waba_id"], condition=Q(status="connected"), name="waba_connected_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="waba_newest"),
            models.Index(fields=["owner_business_id"], name="waba_by_owner"),
            # Of the admin: its list, and what its search reads instead of the rows.
            models.Index(fields=["-created_at", "-id"], name="waba_last_made"),
            models.Index(fields=["name", "owner_business_name", "-created_at", "-id"], name="waba_words"),
            models.Index(
                fields=["token_refused_at"],
                name="waba_refused",
                condition=Q(token_refused_at__isnull=False),
            ),
            models.Index(
                fields=["token_expires_at"],
                name="waba_token_ends",
                condition=Q(token_expires_at__isnull=False),
            ),
            models.Index(
                fields=["check_due_at"], name="waba_check_due", condition=Q(check_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'WABA'} ({self.meta_waba_id})"

    @property
    def is_connected(self) -> bool:
        return self.status == self.Status.CONNECTED
