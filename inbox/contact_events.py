"""A contact as clients see it, and telling them that it changed."""

from typing import Any
from uuid import UUID

from inbox.models import Contact
from phones.models import PhoneNumber
from webhooks.events import publish


def contact_data(contact: Contact) -> dict[str, Any]:
    """The contact fields, which are the same wherever a contact appears."""
    return {
        "contactId": str(contact.pk),
        "contactIdentifier": contact.identifier,
        "contactIdentifierType": contact.identifier_type,
        "contactReplyTo": contact.reply_to,
        "contactPhone": contact.phone_number,
        "contactName": contact.name or contact.saved_name,
        "waId": contact.wa_id,
        "businessScopedUserId": contact.bsuid,
        "parentBusinessScopedUserId": contact.parent_bsuid,
        "username": contact.username,
    }


def publish_updated(*, phone: PhoneNumber, contact: Contact, merged: UUID | None = None) -> None:
    """`contact.updated`. `merged`: the row that turned out to be the same person, and is gone."""
    data = {
        "phoneNumberId": str(phone.pk),
        **contact_data(contact),
        "mergedContactId": str(merged) if merged else None,
    }
    publish(
        organization=phone.organization, waba=phone.waba, name="contact.updated", data=data, about=contact.pk
    )
