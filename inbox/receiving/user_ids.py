"""`user_id_update`: a person got another BSUID, for instance with another number.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from datetime import datetime

from inbox.contacts import candidates, joined, rename
from inbox.identity import Identity, matching
from inbox.models import Contact
from inbox.reading import inner, moment
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import WA_ID, bsuid, digits
from phones.models import PhoneNumber


def receive_user_id_update(*, phone: PhoneNumber, item: Item, at: datetime) -> None:
    """Gives the contact its new id, and joins it with the one that the new id has made already.

    An older update than the last gives an old id: the person is found by it, and it changes nothing.
    Somebody who is not in this inbox is left out of it. Raises UnreadableError.
    """
    ids = inner(item, "user_id")
    previous, current = bsuid(ids.get("previous")), bsuid(ids.get("current"))
    wa_id = digits(item.get("wa_id"), WA_ID)
    if current is None:
        raise UnreadableError("It does not say the new id.")
    contact = found(phone, previous, wa_id, current)
    if contact is None:
        return
    contact.phone, when = phone, moment(item.get("timestamp"), at)
    contact = rename(contact=contact, wa_id=wa_id, bsuid=current, at=when, previous=previous)
    parent = bsuid(inner(item, "parent_user_id").get("current"))
    if contact.bsuid == current:
        joined(contact, Identity(parent_bsuid=parent, at=when))


def found(phone: PhoneNumber, previous: str | None, wa_id: str | None, current: str) -> Contact | None:
    """By the id before, else the number, else the new id; locked."""
    asked = [Identity(bsuid=name) for name in (previous, current) if name]
    asked[1:1] = [Identity(wa_id=wa_id)] if wa_id else []
    rows = list(candidates(phone, asked))
    return next((row for identity in asked for row in matching(rows, identity)), None)
