"""A file of a message. The file is Meta's to keep: the row knows what Meta calls it and until when."""

import uuid

from django.db import models
from django.utils import timezone

from phones.models import PhoneNumber


class Media(models.Model):
    """Uploaded by a client, or come with a message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="media", db_index=False)
    meta_media_id = models.CharField("Meta media id", max_length=128)
    mime_type = models.CharField(max_length=128, null=True, blank=True)
    filename = models.CharField(max_length=255, null=True, blank=True)
    sha256 = models.CharField(max_length=88, null=True, blank=True, help_text="As Meta writes it")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When Meta deletes it")

    class Meta:
        verbose_name_plural = "media"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["phone", "meta_media_id"], name="media_once"),
        ]

    def __str__(self) -> str:
        return self.filename or self.mime_type or str(self.pk)
