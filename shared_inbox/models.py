"""A link to one phone's inbox, the browsers that it opened, and what was done through it."""

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from inbox.models import Message
from organizations.models import Organization
from phones.models import PhoneNumber


class Permission(models.TextChoices):
    """What a link may allow, by the contract's names; each is a column of the link."""

    READ_INBOX = "readInbox", "readInbox: conversations and messages"
    READ_DETAILS = "readDetails", "readDetails: what is known of a contact"
    MARK_READ = "markRead", "markRead: tell the contact that messages were read"
    SEND_TEXT = "sendText", "sendText: text and reactions"
    SEND_MEDIA = "sendMedia", "sendMedia: pictures, videos, voice and files"
    SEND_TEMPLATES = "sendTemplates", "sendTemplates: approved templates"
    SEND_ADVANCED = "sendAdvanced", "sendAdvanced: locations, contacts, interactive messages"


COLUMNS = {
    Permission.READ_INBOX: "can_read_inbox",
    Permission.READ_DETAILS: "can_read_details",
    Permission.MARK_READ: "can_mark_read",
    Permission.SEND_TEXT: "can_send_text",
    Permission.SEND_MEDIA: "can_send_media",
    Permission.SEND_TEMPLATES: "can_send_templates",
    Permission.SEND_ADVANCED: "can_send_advanced",
}


class SharedInboxLinkQuerySet(models.QuerySet["SharedInboxLink"]):
    def for_organization(self, organization: Organization) -> "SharedInboxLinkQuerySet":
        return self.filter(phone__organization=organization)


class SharedInboxLink(models.Model):
    """The token of its URL is stored as a hash: the URL is shown when it is made, and never again."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        EXPIRED = "expired"
        REVOKED = "revoked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="shared_inbox_links")
    name = models.CharField(max_length=255)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    can_read_inbox = models.BooleanField(default=False)
    can_read_details = models.BooleanField(default=False)
    can_mark_read = models.BooleanField(default=False)
    can_send_text = models.BooleanField(default=False)
    can_send_media = models.BooleanField(default=False)
    can_send_templates = models.BooleanField(default=False)
    can_send_advanced = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SharedInboxLinkQuerySet.as_manager()
    # With the token in clear: on a row that was just made or rotated, and nowhere else.
    public_url: str | None = None

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["phone", "-created_at", "-id"], name="shared_inbox_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def permissions(self) -> dict[str, bool]:
        """Every permission by the contract's name."""
        return {name.value: getattr(self, column) for name, column in COLUMNS.items()}

    def allows(self, permission: Permission) -> bool:
        allowed: bool = getattr(self, COLUMNS[permission])
        return allowed

    def status_at(self, now: datetime) -> "SharedInboxLink.Status":
        if self.revoked_at is not None:
            return self.Status.REVOKED
        is_over = self.expires_at is not None and self.expires_at <= now
        return self.Status.EXPIRED if is_over else self.Status.ACTIVE


class SharedInboxSession(models.Model):
    """A browser that opened the link. Its cookie's value is stored as a hash; no row, no access."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(SharedInboxLink, on_delete=models.CASCADE, related_name="sessions")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"session {self.pk}"


class SharedInboxAction(models.Model):
    """What somebody did through a link. The session is known by its id alone: its row is soon gone."""

    class Kind(models.TextChoices):
        OPENED = "opened", "opened the inbox"
        SENT = "sent", "sent a message"
        MARKED_READ = "marked_read", "marked a conversation read"
        REFUSED = "refused", "was refused"

    link = models.ForeignKey(SharedInboxLink, on_delete=models.CASCADE, related_name="actions")
    session_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    client_key = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The page's, of a message: it is sent once"
    )
    details = models.CharField(max_length=255, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True, help_text="Where it came from")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "client_key"],
                condition=models.Q(client_key__isnull=False),
                name="shared_action_once",
            ),
        ]
        indexes = [models.Index(fields=["link", "-at"], name="shared_action_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
