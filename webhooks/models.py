"""An endpoint of a customer, how it fares, an event, its delivery to that endpoint, and each attempt.

The delivery is the queue: its state and times are all that a worker needs, and what survives it.
"""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case, Q, When
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
        FAILING = "failing", "It failed for five days"
        URL_NOT_ALLOWED = "url_not_allowed", "Its address is not a public one"

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


class WebhookLane(models.Model):
    """How an endpoint fares: its breaker, its failures since its last success, and how slow it is.

    Made at the first trouble. Written when something changes, never for one quick success after another;
    no index on what changes, so that a write touches one page.
    """

    class Breaker(models.TextChoices):
        CLOSED = "closed"
        OPEN = "open"
        HALF_OPEN = "half_open"

    webhook = models.OneToOneField(
        OutgoingWebhook, on_delete=models.CASCADE, primary_key=True, related_name="lane"
    )
    open_until = models.DateTimeField(null=True, blank=True, help_text="Empty: the breaker is closed")
    open_streak = models.PositiveSmallIntegerField(
        default=0, help_text="Probes that failed one after another"
    )
    probe_successes = models.PositiveSmallIntegerField(default=0)
    resumed_at = models.DateTimeField(null=True, blank=True, help_text="Since then the cap rises again")
    is_spreading = models.BooleanField(
        default=False, help_text="What was held has to be spread over the ramp"
    )
    ramp_ends_at = models.DateTimeField(null=True, blank=True)

    failures = models.PositiveIntegerField(default=0, help_text="Attempts that failed since the last success")
    failed_events = models.JSONField(default=list, blank=True, help_text="Of these, up to five")
    first_failure_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True, help_text="The one that ended failures")
    unreachable = models.PositiveIntegerField(default=0, help_text="Of late, without an answer between them")
    unreachable_events = models.JSONField(default=list, blank=True, help_text="Of these, up to three")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="First refusal of its address")
    notices_sent = models.PositiveSmallIntegerField(default=0)

    is_slow = models.BooleanField(default=False)
    slow_until = models.DateTimeField(null=True, blank=True, help_text="10 minutes after a timeout")
    latency_ms = models.PositiveIntegerField(default=0, help_text="Moving average; 0 while it is quick")
    quick_successes = models.PositiveSmallIntegerField(default=0, help_text="One after another while slow")

    class Meta:
        indexes = [
            models.Index(fields=["webhook"], name="lane_spreading", condition=Q(is_spreading=True)),
        ]

    def __str__(self) -> str:
        return str(self.webhook_id)

    def breaker_at(self, moment: datetime) -> Breaker:
        """An open one whose time has come is half-open: nobody has to write that down."""
        if self.open_until is None:
            return self.Breaker.CLOSED
        return self.Breaker.OPEN if moment < self.open_until else self.Breaker.HALF_OPEN

    def is_slow_at(self, moment: datetime) -> bool:
        return self.is_slow or (self.slow_until is not None and moment < self.slow_until)

    @property
    def is_calm(self) -> bool:
        """Whether a quick success changes nothing here."""
        told = (self.open_until, self.first_failure_at, self.refused_at, self.slow_until)
        return not any(told) and not self.is_slow and not self.latency_ms


class Event(models.Model):
    """Something that happened, with the bytes that every receiver gets, made once."""

    id = models.CharField(primary_key=True, max_length=30, editable=False, help_text="evt_ and a ULID")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    waba = models.ForeignKey(Waba, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=64)
    body = models.BinaryField()
    about = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Of whom it tells: it is erased with that person"
    )
    request_id = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of what brought it about, for logs",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["organization", "id"], name="event_cursor"),
            models.Index(fields=["name", "-id"], name="event_newest_of_name"),
            models.Index(fields=["about"], name="event_about", condition=Q(about__isnull=False)),
        ]

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
    # The indexes below serve all three: each one less makes every change of state cheaper.
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
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
            # by walking through the backlog of another. First attempts stand before all that were made.
            models.Index(
                "webhook",
                Case(When(attempt_count__gt=0, then=1), default=0),
                "next_attempt_at",
                "id",
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["webhook"], name="delivery_in_flight", condition=Q(state="in_flight")),
            models.Index(fields=["lease_expires_at"], name="delivery_leased", condition=Q(state="in_flight")),
            models.Index(fields=["event"], name="delivery_of_event"),
            models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_newest"),
            # Of the admin: its list, and what is rare in it.
            models.Index(fields=["-created_at", "-id"], name="delivery_last_made"),
            models.Index(
                fields=["state", "-created_at", "-id"],
                name="delivery_lost",
                condition=Q(state__in=["failed", "discarded"]),
            ),
            models.Index(
                fields=["-created_at", "-id"], name="delivery_by_hand", condition=Q(trigger="manual")
            ),
            models.Index(fields=["replay_of"], name="delivery_replays", condition=Q(replay_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.webhook_id}: {self.state}"


class Attempt(models.Model):
    """One POST and what came of it. Append only."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    # The delivery's, once more: what an endpoint answered of late is found without its deliveries. No
    # constraint: each attempt would lock the endpoint's row for it.
    webhook = models.ForeignKey(
        OutgoingWebhook,
        on_delete=models.CASCADE,
        null=True,
        related_name="attempts",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.CharField(max_length=1024, blank=True, default="")
    error = models.CharField(max_length=64, null=True, blank=True)

    class Meta:
        ordering = ["delivery", "number", "pk"]
        indexes = [models.Index(fields=["webhook", "at"], name="attempt_of_late")]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.response_status or self.error}"
