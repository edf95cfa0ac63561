"""What Meta tells of people who write: another id of theirs, and whether they want marketing messages."""

from collections.abc import Mapping
from typing import Any

from inbox.receiving import receive_preference, receive_user_id_update
from meta_events.fields.owners import connected_number
from meta_events.items import Item, Verdict
from meta_events.texts import text

MARKETING = "marketing_messages"
IDS = ("wa_id", "user_id")


def user_id_update(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids"""
    if not item.part:
        return Verdict.UNKNOWN
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_user_id_update(phone=phone, item=item.element, at=item.at)
    return Verdict.DONE


def user_preferences(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/user_preferences"""
    if text(item.element.get("category")) != MARKETING:
        return Verdict.UNKNOWN
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_preference(phone=phone, item=named(item), at=item.at)
    return Verdict.DONE


def named(item: Item) -> Mapping[str, Any]:
    """The wish with whose it is: where it does not say so itself, the one contact beside it does."""
    contacts = item.value.get("contacts")
    if any(item.element.get(name) for name in IDS) or not isinstance(contacts, list) or len(contacts) != 1:
        return item.element
    beside = contacts[0] if isinstance(contacts[0], Mapping) else {}
    return {**item.element, **{name: beside.get(name) for name in IDS}}
