"""A signup that an end-user tried, and its steps."""

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from onboarding.models.links import OnboardingLink
from phones.models import PhoneNumber
from vault.fields import EncryptedTextField
from wabas.models import Waba

# Where Meta's trace id stands in an error.
TRACE = KeyTransform("traceId", KeyTransform("meta", "error"))


def said(name: str) -> KeyTransform:
    """What Meta's window said in the browser."""
    return KeyTransform(name, "session")


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

    class Barrier(models.TextChoices):
        """What the page saw in the way of Meta's window."""

        POPUP_BLOCKED = "POPUP_BLOCKED"
        SDK_BLOCKED = "SDK_BLOCKED"
        IN_APP_BROWSER = "IN_APP_BROWSER"

    id = models.UUIDField(primary_key=True, editable=False)
    link = models.ForeignKey(OnboardingLink, on_delete=models.CASCADE, related_name="signups")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPENED)
    request_id = models.CharField(max_length=128, blank=True, default="")

    started_at = models.DateTimeField(
        null=True, blank=True, help_text="The click that opened Meta's popup, or the first that came of it"
    )
    barrier = models.CharField(max_length=16, choices=Barrier.choices, null=True, blank=True)
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
            # Of the admin's search: by whatever id somebody has of it.
            models.Index(fields=["meta_phone_number_id"], name="signup_by_phone"),
            models.Index(fields=["request_id"], name="signup_by_request"),
            models.Index(said("session_id"), name="signup_by_session"),
            models.Index(said("waba_id"), name="signup_by_said_waba"),
            models.Index(said("phone_number_id"), name="signup_by_said_phone"),
            models.Index(said("business_id"), name="signup_by_said_business"),
            models.Index(TRACE, name="signup_by_trace", condition=Q(error__isnull=False)),
            # Of the front page's figures.
            models.Index(
                fields=["finished_at", "state"], name="signup_ended", condition=Q(finished_at__isnull=False)
            ),
            models.Index(
                fields=["abandoned_at"], name="signup_left", condition=Q(abandoned_at__isnull=False)
            ),
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
    def is_ended_by_staff(self) -> bool:
        """The link was opened again: nothing of this try goes on by itself any more."""
        error = self.error or {}
        is_cancelled_by_us = error.get("code") == "CANCELLED" and error.get("actor") == "platform"
        return self.state == self.State.FAILED and is_cancelled_by_us

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
            models.Index(fields=["started_at"], name="step_troubled", condition=Q(error__isnull=False)),
            models.Index(TRACE, name="step_by_trace", condition=Q(error__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.status}"
