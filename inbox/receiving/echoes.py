"""`smb_message_echoes`: what the owner wrote in the WhatsApp Business app.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from datetime import datetime

from inbox.erasure import living_contact_of
from inbox.messages import publish_sent
from inbox.reading import moment
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import recipient
from inbox.receiving.storing import FROM_APP, is_here, store, wamid_of
from phones.models import PhoneNumber


def receive_echo(*, phone: PhoneNumber, item: Item, at: datetime) -> None:
    """Stores one message that went out, and tells it as sent. The same one again does nothing.

    Raises UnreadableError.
    """
    if is_here(phone, wamid_of(item)):
        return
    identity = recipient(item)
    if identity.is_nobody:
        raise UnreadableError("The message does not say to whom it went.")
    person = living_contact_of(phone=phone, identity=identity, at=moment(item.get("timestamp"), at))
    if person is None:
        return
    message = store(phone=phone, contact=person, item=item, origin=FROM_APP, at=at)
    if message is not None:
        publish_sent(message)
