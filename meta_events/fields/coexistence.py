"""What the WhatsApp Business app of a number's owner shares: chats of before, and the address book.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Iterator, Mapping
from typing import Any

from inbox.receiving import receive_history, receive_state_sync
from meta_events.fields.owners import connected_number
from meta_events.items import Item, Verdict
from meta_events.texts import text
from phones.coexistence import note_history_declined

# The owner shares no chats.
DECLINED = "2593109"


def history(item: Item) -> Verdict:
    """Chats of half a year in chunks, later messages that were media in them; or that none are shared."""
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    if DECLINED in error_codes(item.value):
        note_history_declined(phone=phone, at=item.at)
    receive_history(phone=phone, value=item.value, at=item.at)
    return Verdict.DONE


def state_sync(item: Item) -> Verdict:
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_state_sync(phone=phone, value=item.value, at=item.at)
    return Verdict.DONE


def error_codes(value: Mapping[str, Any]) -> set[str | None]:
    return {
        text(error.get("code")) for chunk in mappings(value, "history") for error in mappings(chunk, "errors")
    }


def mappings(value: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    listed = value.get(name)
    return (one for one in listed if isinstance(one, Mapping)) if isinstance(listed, list) else iter(())
