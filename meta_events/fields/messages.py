"""`messages`: what people write to our numbers, what became of ours, and errors that belong to no message.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from collections.abc import Mapping
from typing import Any

from inbox.receiving import receive_echo, receive_message, receive_status
from meta_events.elements import ECHOES, ERRORS, MESSAGES, STATUSES
from meta_events.fields.owners import connected_number
from meta_events.items import Item, Verdict
from meta_events.texts import text

Element = Mapping[str, Any]
# How far a message may be. What else Meta may say of one is kept as unknown.
SENDING = frozenset({"sent", "delivered", "read", "played", "failed"})


def handle(item: Item) -> Verdict:
    if item.part == ERRORS:
        return Verdict.NOTED
    if item.part not in {MESSAGES, STATUSES, ECHOES}:
        return Verdict.UNKNOWN
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    if item.part == MESSAGES:
        contact = contact_of(item.element, item.value)
        receive_message(phone=phone, item=with_writer(item.element), contact=contact, at=item.at)
    elif item.part == STATUSES:
        if text(item.element.get("status")) not in SENDING:
            return Verdict.UNKNOWN
        receive_status(phone=phone, item=item.element, at=item.at)
    else:
        receive_echo(phone=phone, item=item.element, at=item.at)
    return Verdict.DONE


def with_writer(message: Element) -> Element:
    """A message of Meta's own about somebody says in its content alone who that is, or was until then."""
    said = message.get("system")
    if not isinstance(said, Mapping) or message.get("from") or message.get("from_user_id"):
        return message
    known = text(said.get("previous_user_id")) or text(said.get("user_id"))
    return {**message, "from_user_id": known, "from": None if known else text(said.get("wa_id"))}


def contact_of(message: Element, value: Element) -> Element | None:
    """Who wrote it, of the list beside it: the one with an id of the writer's.

    Where there is nothing to compare, one contact beside one message is its writer.
    """
    listed = value.get("contacts")
    contacts = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    written_by = {"user_id": text(message.get("from_user_id")), "wa_id": text(message.get("from"))}
    for name, known in written_by.items():
        for contact in contacts:
            if known and text(contact.get(name)) == known:
                return contact
    is_alone = len(contacts) == 1 and len(value["messages"]) == 1
    return contacts[0] if is_alone and not contradicts(contacts[0], written_by) else None


def contradicts(contact: Element, written_by: Mapping[str, str | None]) -> bool:
    return any(known and text(contact.get(name)) for name, known in written_by.items())
