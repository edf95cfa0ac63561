"""`messages`: what a person wrote to a number.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
"""

from datetime import datetime

from inbox.erasure import living_contact_of
from inbox.messages import publish_received
from inbox.reading import moment
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import sender
from inbox.receiving.storing import FROM_CUSTOMER, is_here, store, wamid_of
from inbox.receiving.system import note_system
from phones.models import PhoneNumber


def receive_message(*, phone: PhoneNumber, item: Item, contact: Item | None, at: datetime) -> None:
    """Stores and tells one message. `contact`: of the list beside it. The same one again does nothing.

    Raises UnreadableError.
    """
    if is_here(phone, wamid_of(item)):
        return
    identity = sender(item, contact)
    if identity.is_nobody:
        raise UnreadableError("The message does not say from whom it is.")
    person = living_contact_of(phone=phone, identity=identity, at=moment(item.get("timestamp"), at))
    if person is None:
        return
    message = store(phone=phone, contact=person, item=item, origin=FROM_CUSTOMER, at=at)
    if message is not None:
        note_system(message, item)
        publish_received(message)
