"""WABAs that Meta told us were shared with us, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from onboarding.models.signups import Signup


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
            models.Index(
                fields=["outcome"], name="shared_for_support", condition=Q(outcome__in=["several", "nobody"])
            ),
            models.Index(fields=["next_look_at"], name="shared_due", condition=Q(outcome="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.meta_waba_id}: {self.outcome}"
