"""A thread between a phone and a contact, and the messages in it."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inbox.models.contacts import Contact
from inbox.models.media import Media
from phones.models import PhoneNumber

# Meta promises no length. An index of PostgreSQL takes 2,704 bytes; a longer id is refused, never cut.
WAMID_LENGTH = 512


class Conversation(models.Model):
    """One a contact. Its counts change with each message, in its transaction: no page counts 200,000 rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.ForeignKey(
        PhoneNumber, on_delete=models.CASCADE, related_name="conversations", db_index=False
    )
    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="conversation")
    last_message_at = models.DateTimeField(default=timezone.now)
    last_inbound_at = models.DateTimeField(
        null=True, blank=True, help_text="The window for free-form messages ends 24 hours later"
    )
    unread_count = models.PositiveIntegerField(default=0)
    message_count = models.PositiveIntegerField(default=0)
    next_free_at = models.DateTimeField(
        null=True, blank=True, help_text="By Meta's limit for messages of one number to one person"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-last_message_at", "-id"]
        indexes = [models.Index(fields=["phone", "-last_message_at", "-id"], name="conversation_latest")]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Message(models.Model):
    """One message, in or out. `timestamp` is Meta's where Meta gave one, in whole seconds, else ours."""

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        PLAYED = "played"
        FAILED = "failed"

    class Source(models.TextChoices):
        """How it came to be here."""

        CUSTOMER = "customer", "a contact wrote it"
        API = "api", "sent by our API"
        BUSINESS_APP = "business_app", "written in the WhatsApp Business app"
        HISTORY = "history", "from the chats of before the onboarding"
        OTHER = "other", "sent by other software through Meta"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="messages", db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    direction = models.CharField(max_length=8, choices=Direction.choices)
    source = models.CharField(max_length=16, choices=Source.choices)
    type = models.CharField(max_length=32)
    content = models.JSONField(default=dict)
    context = models.JSONField(
        null=True, blank=True, help_text="What came with it: forwarded, referral, a referred product"
    )
    media = models.ForeignKey(
        Media, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    wamid = models.CharField(
        max_length=WAMID_LENGTH, null=True, blank=True, help_text="Meta's id; empty until Meta accepted it"
    )
    reply_to_wamid = models.CharField(max_length=WAMID_LENGTH, null=True, blank=True)
    target_wamid = models.CharField(
        max_length=WAMID_LENGTH,
        null=True,
        blank=True,
        help_text="Of the message that this one edits, revokes or reacts to",
    )
    status = models.CharField(max_length=16, choices=Status.choices)
    error = models.JSONField(null=True, blank=True, help_text="{code, title, details} as Meta said")
    timestamp = models.DateTimeField()

    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    played_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-timestamp", "-created_at", "-id"]
        permissions = [("read_message_content", "Can read what messages say")]
        constraints = [
            models.UniqueConstraint(
                fields=["wamid", "phone"], condition=Q(wamid__isnull=False), name="message_once"
            ),
            models.CheckConstraint(
                condition=Q(direction="outbound") | Q(wamid__isnull=False), name="message_inbound_has_wamid"
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "-timestamp", "-created_at", "-id"], name="message_newest"),
            models.Index(fields=["-created_at", "-id"], name="message_last_stored"),
            models.Index(
                fields=["target_wamid", "phone"],
                name="message_by_target",
                condition=Q(target_wamid__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
