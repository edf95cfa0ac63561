"""What the WhatsApp Business app of a number's owner shares: chats of before, and the address book.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from inbox.receiving import receive_history, receive_state_sync
from meta_events.fields.owners import connected_number
from meta_events.items import Item, Verdict


def history(item: Item) -> Verdict:
    """Chats of half a year in chunks, later messages that were media in them; or that none are shared."""
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_history(phone=phone, value=item.value, at=item.at)
    return Verdict.DONE


def state_sync(item: Item) -> Verdict:
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_state_sync(phone=phone, value=item.value, at=item.at)
    return Verdict.DONE
