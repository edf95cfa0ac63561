"""`smb_app_state_sync`: the address book of the WhatsApp Business app, whole once, then what changes.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.contact_events import contact_data, publish_updated
from inbox.contacts import candidates
from inbox.erasure import are_kept
from inbox.identity import Identity, matching
from inbox.many_contacts import contacts_of
from inbox.models import Conversation
from inbox.reading import inner, moment, rows, text
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import NAME, NUMBER, USERNAME, bsuid, digits
from phones.models import PhoneNumber

# What people write between the digits of a number.
BETWEEN_DIGITS = str.maketrans("", "", " -()./\u00a0")


def receive_state_sync(*, phone: PhoneNumber, value: Mapping[str, Any], at: datetime) -> None:
    """Names the contacts as the owner does; who is removed from the book keeps the chat, without the name.

    An entry that names nobody is left out. Raises UnreadableError where there is no list at all.
    """
    if not isinstance(value.get("state_sync"), list):
        raise UnreadableError("It has no list of contacts.")
    entries: dict[Identity, Item] = {}
    for row in sorted(rows(value, "state_sync"), key=lambda row: when(row, at)):
        if not (identity := listed(row)).is_nobody:
            entries[identity] = row
    marks = are_kept(phone, [(identity, when(row, at)) for identity, row in entries.items()])
    kept = [identity for identity, is_kept in zip(entries, marks, strict=True) if is_kept]
    removed = {identity for identity in kept if text(entries[identity].get("action")) == "remove"}
    dated = [(identity, entries[identity], when(entries[identity], at)) for identity in kept]
    contacts_of(phone, [named(*entry) for entry in dated if entry[0] not in removed])
    for identity, _, said_at in dated:
        if identity in removed:
            forget_name(phone, identity, said_at)


def listed(row: Item) -> Identity:
    said = inner(row, "contact")
    number = text(said.get("phone_number"))
    return Identity(
        bsuid=bsuid(said.get("user_id")),
        number=digits(number.translate(BETWEEN_DIGITS), NUMBER) if number else None,
        username=text(said.get("username"), USERNAME),
    )


def named(identity: Identity, row: Item, at: datetime) -> Identity:
    said = inner(row, "contact")
    name = text(said.get("full_name"), NAME) or text(said.get("first_name"), NAME)
    return replace(identity, saved_name=name, saved_name_at=at)


def when(row: Item, at: datetime) -> datetime:
    return moment(inner(row, "metadata").get("timestamp"), at)


def forget_name(phone: PhoneNumber, identity: Identity, at: datetime) -> None:
    found = matching(candidates(phone, [identity]), identity)
    if not found or (found[0].saved_name_at and found[0].saved_name_at > at):
        return
    contact = found[0]
    before = contact_data(contact)
    contact.saved_name, contact.saved_name_at = None, at
    contact.save(update_fields=["saved_name", "saved_name_at", "updated_at"])
    is_known = Conversation.objects.filter(contact=contact).exists()
    if is_known and contact_data(contact) != before:
        publish_updated(phone=phone, contact=contact)
