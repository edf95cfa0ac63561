"""The queue of messages on their way to Meta, a lane for each phone."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inbox.models.contacts import Contact
from inbox.models.conversations import Message
from phones.models import PhoneNumber


class SendingLane(models.Model):
    """What all sends of a phone share: Meta's throughput, and a pause that Meta asked for."""

    phone = models.OneToOneField(PhoneNumber, on_delete=models.CASCADE, primary_key=True, related_name="lane")
    next_free_at = models.DateTimeField(null=True, blank=True, help_text="By the number's throughput")
    paused_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"lane of {self.phone_id}"


class OutboxEntry(models.Model):
    """A message that is to be sent. The ids are the order in which the messages were given.

    Of each contact only the first has a `due_at`: the others wait until it has ended. `called_at` is written
    before Meta is called: an entry that has it and whose sender died may have been sent, and is never sent
    again. It is kept then with `finished_at`, and a status of Meta's with the message's id tells what became
    of it. What ended with a known outcome is deleted: the message says all of it.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="outbox_entry")
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="outbox", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="outbox", db_index=False)
    body = models.JSONField(help_text="Meta's, as it will be sent")
    due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it may be taken, or the end of a sender's lease; null: another one comes first, or "
        "it ended",
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When Meta first put it off: after some minutes it is given up"
    )
    finished_at = models.DateTimeField(null=True, blank=True, help_text="What became of it is not known")
    request_id = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of who gave it, for logs",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "outbox entries"
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["phone", "due_at", "id"],
                name="outbox_waiting",
                condition=Q(due_at__isnull=False, called_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="outbox_called",
                condition=Q(due_at__isnull=False, called_at__isnull=False),
            ),
            models.Index(fields=["contact", "id"], name="outbox_of_contact"),
        ]

    def __str__(self) -> str:
        return f"outbox entry {self.pk}"
