"""Former names of contacts: the identifier and id of a row that was joined to another find the person."""

from typing import Any
from uuid import UUID

from inbox.models import Contact, ContactAlias
from phones.models import PhoneNumber


def contact_now(phone: PhoneNumber, called: str) -> UUID | None:
    """Whom a former identifier or id means today; None for what is nobody's former one, or somebody's now."""
    if Contact.objects.filter(phone=phone, identifier=called).exists():
        return None
    aliases = ContactAlias.objects.filter(phone=phone, identifier=called)
    return aliases.values_list("contact", flat=True).first()


def renamed(phone: PhoneNumber, asked: dict[str, Any], *, identifier: str, contact: str) -> dict[str, Any]:
    """A list's filters with the contact of today in place of a former name of it.

    `identifier`, `contact`: the columns by which the list is filtered.
    """
    for column in (identifier, contact):
        now = contact_now(phone, str(asked[column])) if column in asked else None
        if now and asked.get(contact, now) in {now, asked[column]}:
            asked = {name: value for name, value in asked.items() if name != column} | {contact: now}
    return asked
