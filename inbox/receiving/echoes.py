"""`smb_message_echoes`: what the owner wrote in the WhatsApp Business app.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from datetime import datetime

from inbox.contacts import contact_of
from inbox.erasure import was_erased
from inbox.messages import publish_sent
from inbox.reading import moment
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import recipient
from inbox.receiving.storing import FROM_APP, store, wamid_of
from phones.models import PhoneNumber


def receive_echo(*, phone: PhoneNumber, item: Item, at: datetime) -> None:
    """Stores one message that went out, and tells it as sent. The same one again does nothing.

    Raises UnreadableError.
    """
    wamid_of(item)
    identity = recipient(item)
    if identity.is_nobody:
        raise UnreadableError("The message does not say to whom it went.")
    if was_erased(phone, identity, moment(item.get("timestamp"), at)):
        return
    person, _ = contact_of(phone=phone, identity=identity)
    message = store(phone=phone, contact=person, item=item, origin=FROM_APP, at=at)
    if message is not None:
        publish_sent(message)
