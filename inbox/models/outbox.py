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

    `called_at` is written before Meta is called: an entry that has it and whose worker died may have been
    sent, and is never sent again. A status of Meta's with the message's id tells what became of it.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="outbox_entry")
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="outbox", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="outbox", db_index=False)
    body = models.JSONField(help_text="Meta's, as it will be sent")
    due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it may be taken, or the end of a worker's lease; null: it ended",
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "outbox entries"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["phone", "id"], name="outbox_open", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["due_at"], name="outbox_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"outbox entry {self.pk}"
