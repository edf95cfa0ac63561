"""A person as one phone's inbox knows them: by a number, a WhatsApp id, a BSUID, a username, or several."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from phones.models import PhoneNumber


class Contact(models.Model):
    """Somebody who wrote to a phone, or was written to. `identifier` is chosen once and stays.

    What is learnt later changes the other columns. In 2026 a person may have no number that we get to see:
    nothing here but the identifier has to be there.
    """

    class IdentifierType(models.TextChoices):
        PHONE = "phone"
        WA_ID = "wa_id"
        BSUID = "bsuid"
        USERNAME = "username"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    identifier = models.CharField(max_length=160)
    identifier_type = models.CharField(max_length=16, choices=IdentifierType.choices)
    phone_number = models.CharField(max_length=20, null=True, blank=True, help_text="Digits, without +")
    name = models.CharField(max_length=255, null=True, blank=True, help_text="As WhatsApp shows it")
    saved_name = models.CharField(
        max_length=255, null=True, blank=True, help_text="In the address book of the WhatsApp Business app"
    )
    wa_id = models.CharField("WhatsApp id", max_length=32, null=True, blank=True)
    bsuid = models.CharField("business-scoped user id", max_length=160, null=True, blank=True)
    parent_bsuid = models.CharField("parent business-scoped user id", max_length=160, null=True, blank=True)
    username = models.CharField(max_length=64, null=True, blank=True)
    heard_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the newest word on the person was said: older ones fill gaps",
    )
    saved_name_at = models.DateTimeField(
        null=True, blank=True, help_text="When the address book was last changed for the person"
    )
    marketing_preference = models.CharField(
        max_length=16, null=True, blank=True, help_text="stop, resume or signup, as the person told Meta last"
    )
    marketing_preference_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Nobody since then; the messages are being deleted"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["identifier", "phone"], name="contact_once"),
            models.UniqueConstraint(
                fields=["bsuid", "phone"], condition=Q(bsuid__isnull=False), name="contact_once_per_bsuid"
            ),
            models.UniqueConstraint(
                fields=["wa_id", "phone"], condition=Q(wa_id__isnull=False), name="contact_once_per_wa_id"
            ),
        ]
        indexes = [
            models.Index(fields=["phone", "-created_at", "-id"], name="contact_newest"),
            models.Index(fields=["-created_at", "-id"], name="contact_last_made"),
            models.Index(
                fields=["phone_number", "phone"],
                name="contact_by_number",
                condition=Q(phone_number__isnull=False),
            ),
            models.Index(fields=["erased_at"], name="contact_erased", condition=Q(erased_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or self.saved_name or self.identifier

    @property
    def reply_to(self) -> str:
        """Where an answer goes: a number where there is one, for Meta prefers it, else the BSUID."""
        return self.wa_id or self.phone_number or self.bsuid or self.identifier


class ContactAlias(models.Model):
    """What a contact was called as well: the identifier of a row that turned out to be the same person.

    Clients stored it, and go on writing to it.
    """

    phone = models.ForeignKey(
        PhoneNumber, on_delete=models.CASCADE, related_name="contact_aliases", db_index=False
    )
    identifier = models.CharField(max_length=160)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "contact aliases"
        constraints = [
            models.UniqueConstraint(fields=["identifier", "phone"], name="contact_alias_once"),
        ]

    def __str__(self) -> str:
        return self.identifier


class Erasure(models.Model):
    """A contact that was erased: what is older than that is not taken in again, from whatever source.

    `mark` is a keyed hash of one of the person's identifiers. It names nobody without the secret key.
    """

    phone = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="erasures", db_index=False)
    mark = models.CharField(max_length=64)
    erased_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phone", "mark"], name="erasure_once")]

    def __str__(self) -> str:
        return f"erased {self.erased_at:%Y-%m-%d %H:%M}"
