"""A POST of Meta as it came, each thing that it tells, and what Facebook users asked of us through Meta.

A notification waits to be taken apart, a change waits to be handled: both are the queue themselves.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Notification(models.Model):
    """One POST: the bytes whose signature was right. Its changes are rows of their own."""

    class Status(models.TextChoices):
        RECEIVED = "received", "received: to be taken apart"
        SPLIT = "split", "split: its changes are rows"
        UNREADABLE = "unreadable", "unreadable: no changes were found in it"

    received_at = models.DateTimeField(default=timezone.now, editable=False)
    phone_id = models.UUIDField(
        null=True, blank=True, help_text="Whose own address it came to; empty: the app's"
    )
    body = models.BinaryField()
    sha256 = models.BinaryField(
        max_length=32, null=True, blank=True, help_text="Empty for a body that does not say when it happened"
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.RECEIVED)
    split_at = models.DateTimeField(null=True, blank=True)
    object = models.CharField(max_length=64, null=True, blank=True, help_text="What Meta says it is about")
    change_count = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What stands in the body; what was known has no row here",
    )
    error = models.CharField(max_length=500, null=True, blank=True)

    class Meta:
        verbose_name = "notification from Meta"
        verbose_name_plural = "notifications from Meta"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["sha256"], name="notification_once"),
            models.CheckConstraint(
                condition=Q(status="received", split_at__isnull=True)
                | (~Q(status="received") & Q(split_at__isnull=False)),
                name="notification_split_has_a_time",
            ),
        ]
        indexes = [
            # Told apart by what stands in a statement's text: with a parameter no partial index serves it.
            models.Index(fields=["id"], name="notification_new", condition=Q(split_at__isnull=True)),
            models.Index(fields=["received_at"], name="notification_by_time"),
            models.Index(fields=["id"], name="notification_unreadable", condition=Q(status="unreadable")),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"


class Change(models.Model):
    """One change of a notification, or one element of a list in it, handled by itself.

    What it says stays in the notification's body; `part` and `number` say which element, empty for a whole.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting: for its try"
        RUNNING = "running", "running: a worker has it"
        DONE = "done", "done: handled"
        SKIPPED = "skipped", "skipped: there was nothing to do"
        NOTED = "noted", "noted: there is nothing to change"
        HELD = "held", "held: its WABA or number is not connected"
        UNKNOWN = "unknown", "unknown: nobody handles this"
        FAILED = "failed", "failed: not tried any more"

    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    entry_position = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    part = models.CharField(max_length=32, blank=True, default="", help_text="The list that it stands in")
    number = models.PositiveIntegerField(default=0)
    fingerprint = models.BinaryField(max_length=32, null=True, blank=True, editable=False)

    field = models.CharField(max_length=64, blank=True, help_text="Empty: it is not of Meta's form")
    event = models.CharField(max_length=64, null=True, blank=True)
    meta_waba_id = models.CharField("Meta WABA id", max_length=32, null=True, blank=True)
    meta_phone_number_id = models.CharField("Meta phone number id", max_length=32, null=True, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True, help_text="As Meta says")
    mailbox = models.CharField(
        max_length=32, blank=True, default="", editable=False, help_text="Each has its turn: a number or WABA"
    )
    is_bulk = models.BooleanField(default=False, editable=False, help_text="Handled beside the others")

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When it may be taken: its next try, or the end of a worker's lease"
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    handed_out_at = models.DateTimeField(
        null=True, blank=True, help_text="When its WABA or number was found connected after it had been held"
    )
    error = models.CharField(max_length=500, null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "change at Meta"
        verbose_name_plural = "changes at Meta"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "entry_position", "position", "part", "number"],
                name="change_once_per_place",
            ),
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(fingerprint__isnull=False), name="change_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running"], due_at__isnull=False)
                | (~Q(status__in=["waiting", "running"]) & Q(due_at__isnull=True)),
                name="change_open_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_token__isnull=False),
                name="change_running_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["is_bulk", "mailbox", "due_at", "id"],
                name="change_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["status", "meta_waba_id"],
                name="change_kept",
                condition=Q(status__in=["held", "failed", "unknown"]),
            ),
            models.Index(fields=["meta_waba_id", "-id"], name="change_of_waba"),
            models.Index(
                fields=["meta_phone_number_id", "-id"],
                name="change_of_phone",
                condition=Q(meta_phone_number_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        part = self.part if self.part != self.field else ""
        return " ".join(filter(None, (self.field or "no field", part, self.event)))

    @property
    def is_open(self) -> bool:
        return self.due_at is not None


class UserRequest(models.Model):
    """What a Facebook user asked of us through Meta: all that is known of the person is an id of Meta's.

    It is the app-scoped id, which no other row has: who is meant, and what follows, is found out by support.
    """

    class Kind(models.TextChoices):
        DEAUTHORIZE = "deauthorize", "removed the app"
        DATA_DELETION = "data_deletion", "wants their data deleted"

    class Status(models.TextChoices):
        OPEN = "open"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    meta_user_id = models.CharField("Meta user id", max_length=64, db_index=True)
    issued_at = models.DateTimeField(help_text="As Meta says")
    confirmation_code = models.CharField(max_length=32, unique=True, editable=False)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "request of a Facebook user"
        verbose_name_plural = "requests of Facebook users"
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "meta_user_id", "issued_at"], name="user_request_once"),
        ]

    def __str__(self) -> str:
        return f"{self.meta_user_id} {self.get_kind_display()}"
