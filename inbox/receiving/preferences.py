"""`user_preferences`: whether a person wants marketing messages.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/user_preferences
"""

from datetime import datetime

from inbox.erasure import living_contact_of
from inbox.identity import Identity
from inbox.reading import moment, text
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import WA_ID, bsuid, digits
from phones.models import PhoneNumber

MARKETING = "marketing_messages"


def receive_preference(*, phone: PhoneNumber, item: Item, at: datetime) -> None:
    """Keeps the person's newest word. Raises UnreadableError."""
    identity = Identity(bsuid=bsuid(item.get("user_id")), wa_id=digits(item.get("wa_id"), WA_ID))
    value, when = text(item.get("value"), 16), moment(item.get("timestamp"), at)
    if identity.is_nobody or value is None:
        raise UnreadableError("It does not say who wants what.")
    if text(item.get("category")) != MARKETING:
        raise UnreadableError("It is a category that we do not know.")
    contact = living_contact_of(phone=phone, identity=identity, at=when)
    if contact is None or (contact.marketing_preference_at and contact.marketing_preference_at > when):
        return
    contact.marketing_preference, contact.marketing_preference_at = value, when
    contact.save(update_fields=["marketing_preference", "marketing_preference_at", "updated_at"])
