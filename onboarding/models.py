"""A link that a client made, a signup that an end-user tried, its steps, and WABAs that Meta told us of."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization
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
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="link_newest"),
            models.Index(fields=["organization", "external_id"], name="link_by_external_id"),
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


class StepOrderError(RuntimeError):
    """A step ran before the one it needs."""


class Signup(models.Model):
    """One try of one link in one browser, under the page's id. Code and ids may come in any order."""

    class State(models.TextChoices):
        OPENED = "opened", "opened: the page is there"
        EXCHANGING = "exchanging", "exchanging: the code is at Meta"
        RUNNING = "running", "running: the steps"
        COMPLETED = "completed"
        FAILED = "failed"

    class TokenSource(models.TextChoices):
        CODE = "code", "code: exchanged"
        FETCHED = "fetched", "fetched: the code never came, or what became of it is not known"

    id = models.UUIDField(primary_key=True, editable=False)
    link = models.ForeignKey(OnboardingLink, on_delete=models.CASCADE, related_name="signups")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPENED)
    request_id = models.CharField(max_length=128, blank=True, default="")

    started_at = models.DateTimeField(
        null=True, blank=True, help_text="The click that opened Meta's popup, or the first that came of it"
    )
    abandoned_at = models.DateTimeField(
        null=True, blank=True, help_text="When onboarding_link.abandoned was stored"
    )
    page_seen_at = models.DateTimeField(null=True, blank=True)
    session_event = models.CharField(max_length=64, null=True, blank=True)
    session = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the browser brought, unsigned; a recovery fills in what Meta told instead",
    )
    session_at = models.DateTimeField(null=True, blank=True)

    code_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    exchanged_at = models.DateTimeField(
        null=True, blank=True, help_text="When the code was sent to Meta, or the token fetched"
    )
    token_source = models.CharField(max_length=8, choices=TokenSource.choices, null=True, blank=True)
    access_token = EncryptedTextField(null=True, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True)

    # What the token proved, before any row of a WABA or phone exists.
    meta_waba_id = models.CharField(max_length=32, null=True, blank=True)
    meta_phone_number_id = models.CharField(max_length=32, null=True, blank=True)
    added_phone_number_id = models.CharField(
        max_length=32, null=True, blank=True, help_text="Added by the page; the signup's once it is verified"
    )
    is_coexistence = models.BooleanField(default=False)
    waba = models.ForeignKey(Waba, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    phone = models.ForeignKey(PhoneNumber, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=Q(state="running"), name="signup_one_running_per_link"
            ),
        ]
        indexes = [
            models.Index(fields=["link", "-created_at"], name="signup_newest"),
            models.Index(
                fields=["state", "exchanged_at"],
                name="signup_alive",
                condition=Q(state__in=["exchanging", "running"]),
            ),
            models.Index(fields=["started_at"], name="signup_clicked"),
            models.Index(
                fields=["session_at"],
                name="signup_told",
                condition=Q(state="opened", session_at__isnull=False),
            ),
            models.Index(fields=["meta_waba_id"], name="signup_by_waba"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.state}"

    @property
    def saved_waba(self) -> Waba:
        """The WABA's row, for steps that come after save_waba."""
        if self.waba is None:
            raise StepOrderError("save_waba")
        return self.waba

    @property
    def saved_phone(self) -> PhoneNumber:
        """The phone's row, for steps that come after save_phone."""
        if self.phone is None:
            raise StepOrderError("save_phone")
        return self.phone

    @property
    def token_value(self) -> str:
        """The customer's token: the signup's own while it runs, afterwards the WABA's."""
        kept = self.access_token or (self.waba.access_token if self.waba else None)
        return str(kept or "")


class StepRun(models.Model):
    """One step of one signup: where it stands, what Meta said, when it is tried again, who has it now."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        SKIPPED = "skipped"
        FAILED = "failed"
        NEEDS_CUSTOMER = "needs_customer"

    signup = models.ForeignKey(Signup, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=32)
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.JSONField(null=True, blank=True)
    is_put_off = models.BooleanField(default=False, help_text="The customer chose to do this later")
    first_started_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="null while something before it is not done; of a failed step, its next try",
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["signup", "position"]
        constraints = [models.UniqueConstraint(fields=["signup", "step"], name="step_once_per_signup")]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="step_due", condition=Q(status="waiting")),
            models.Index(fields=["next_attempt_at"], name="step_cooling", condition=Q(status="failed")),
            models.Index(fields=["lease_expires_at"], name="step_leased", condition=Q(status="running")),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.status}"


class SharedWabaQuerySet(models.QuerySet["SharedWaba"]):
    def unsettled(self) -> "SharedWabaQuerySet":
        """Those without a signup that brought them."""
        return self.exclude(outcome__in=[SharedWaba.Outcome.KNOWN, SharedWaba.Outcome.RECOVERED])

    def for_support(self) -> "SharedWabaQuerySet":
        """Those that somebody should look at."""
        return self.filter(outcome__in=[SharedWaba.Outcome.SEVERAL, SharedWaba.Outcome.NOBODY])


class SharedWaba(models.Model):
    """A WABA that Meta said was shared with us (PARTNER_ADDED, or its list), and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "waiting: it is looked at again"
        KNOWN = "known", "known: its own signup brought it, or it was connected before"
        RECOVERED = "recovered", "recovered: its token was fetched for the signup"
        SEVERAL = "several", "several signups may have brought it: support decides"
        NOBODY = "nobody", "no signup fits: support decides"
        GIVEN_UP = "given_up", "given up"

    meta_waba_id = models.CharField("Meta WABA id", max_length=32, unique=True)
    owner_business_id = models.CharField(max_length=32, null=True, blank=True, db_index=True)
    first_told_at = models.DateTimeField()
    last_told_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.WAITING)
    signup = models.ForeignKey(
        Signup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shared_wabas",
        help_text="The signup that brought it; while waiting: the one that staff chose",
    )
    error = models.JSONField(null=True, blank=True, help_text="Why the token could not be fetched")
    next_look_at = models.DateTimeField(null=True, blank=True, help_text="null once settled")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of the staff decided; null: it came out by itself",
    )

    objects = SharedWabaQuerySet.as_manager()

    class Meta:
        verbose_name = "shared WABA"
        ordering = ["-last_told_at", "-id"]
        indexes = [
            models.Index(fields=["-last_told_at", "-id"], name="shared_newest"),
            models.Index(fields=["next_look_at"], name="shared_due", condition=Q(outcome="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.meta_waba_id}: {self.outcome}"
