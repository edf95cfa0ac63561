"""An endpoint of a customer, an event, its delivery to that endpoint, and each attempt.

The delivery is the queue: its state and times are all that a worker needs, and what survives it.
"""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization
from vault.fields import EncryptedTextField
from wabas.models import Waba

# So long an earlier secret signs beside the current one.
SECRET_OVERLAP = timedelta(hours=24)


class OutgoingWebhookQuerySet(models.QuerySet["OutgoingWebhook"]):
    def for_organization(self, organization: Organization) -> "OutgoingWebhookQuerySet":
        """The endpoints that still exist for their owner: deleted ones are gone."""
        return self.filter(organization=organization, deleted_at=None)

    def without_secrets(self) -> "OutgoingWebhookQuerySet":
        """Rows to be shown: nothing of theirs is decrypted."""
        return self.defer("secret", "previous_secret")


class OutgoingWebhook(models.Model):
    """Where events go. Without `waba` it gets those of the whole organization.

    A deleted one stays for its log, inactive and without secrets, so that nothing in flight breaks.
    """

    class DisabledReason(models.TextChoices):
        GONE = "gone", "It answered 410"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="webhooks")
    waba = models.ForeignKey(Waba, on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks")
    url = models.CharField(max_length=2048)
    events = models.JSONField(default=list)
    description = models.CharField(max_length=255, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Inactive: deliveries are held")
    disabled_reason = models.CharField(max_length=64, choices=DisabledReason.choices, null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    secret = EncryptedTextField(editable=False)
    previous_secret = EncryptedTextField(null=True, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OutgoingWebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["organization", "-created_at", "-id"], name="webhook_newest")]

    def __str__(self) -> str:
        return self.url

    def wants(self, event_name: str) -> bool:
        return event_name in self.events or ("*" in self.events and event_name != "webhook.test")

    def secrets_at(self, moment: datetime) -> tuple[str, ...]:
        """What signs at `moment`, in clear: the current secret, then the earlier one in its overlap."""
        return (self.secret, self.previous_secret) if self.has_previous_secret(moment) else (self.secret,)

    def has_previous_secret(self, moment: datetime) -> bool:
        return self.previous_secret_until is not None and self.previous_secret_until > moment

    def take_over(self, secret: str, moment: datetime) -> None:
        """The current secret becomes the earlier one. Not saved."""
        self.previous_secret, self.previous_secret_until = self.secret, moment + SECRET_OVERLAP
        self.secret = secret


class Event(models.Model):
    """Something that happened, with the bytes that every receiver gets, made once."""

    id = models.CharField(primary_key=True, max_length=30, editable=False, help_text="evt_ and a ULID")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="events")
    waba = models.ForeignKey(Waba, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=64)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "id"], name="event_cursor")]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class Delivery(models.Model):
    """One event on its way to one endpoint. A manual redelivery is a row of its own."""

    class State(models.TextChoices):
        PENDING = "pending"
        IN_FLIGHT = "in_flight"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        DISCARDED = "discarded"

    class Trigger(models.TextChoices):
        EVENT = "event"
        MANUAL = "manual"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    # The indexes below serve both: each one less makes every change of state cheaper.
    webhook = models.ForeignKey(
        OutgoingWebhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    replay_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replays", db_index=False
    )
    trigger = models.CharField(max_length=16, choices=Trigger.choices, default=Trigger.EVENT)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=64, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "webhook"],
                condition=Q(replay_of__isnull=True, trigger="event"),
                name="delivery_once_per_endpoint",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(next_attempt_at__isnull=False),
                name="delivery_pending_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_flight")
                | Q(lease_token__isnull=False, lease_expires_at__isnull=False),
                name="delivery_in_flight_has_a_lease",
            ),
        ]
        indexes = [
            # The only one of waiting rows. Beside one by time alone the planner finds the head of an endpoint
            # by walking through the backlog of another.
            models.Index(
                fields=["webhook", "next_attempt_at", "id"],
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["webhook"], name="delivery_in_flight", condition=Q(state="in_flight")),
            models.Index(fields=["lease_expires_at"], name="delivery_leased", condition=Q(state="in_flight")),
            models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_newest"),
            models.Index(fields=["replay_of"], name="delivery_replays", condition=Q(replay_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.webhook_id}: {self.state}"


class Attempt(models.Model):
    """One POST and what came of it. Append only."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.CharField(max_length=1024, blank=True, default="")
    error = models.CharField(max_length=64, null=True, blank=True)

    class Meta:
        ordering = ["delivery", "number", "pk"]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.response_status or self.error}"
