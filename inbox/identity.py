"""Who somebody is, as far as one message of Meta's tells, and whether a contact may be that person."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from inbox.models import Contact

# What a client is shown of a contact, as columns: a change of one of them is told.
TOLD = ("phone_number", "name", "saved_name", "wa_id", "bsuid", "parent_bsuid", "username")
Type = Contact.IdentifierType


@dataclass(frozen=True)
class Identity:
    """Any of it may be missing. `number`: digits of a phone number, which may be the WhatsApp id as well.

    `at`: when it was said. Without a time it is older than whatever is dated. `saved_name_at`: when the owner
    of the number wrote that name down.
    """

    bsuid: str | None = None
    wa_id: str | None = None
    number: str | None = None
    username: str | None = None
    parent_bsuid: str | None = None
    name: str | None = None
    saved_name: str | None = None
    saved_name_at: datetime | None = None
    at: datetime | None = None

    @property
    def is_nobody(self) -> bool:
        return not (self.bsuid or self.wa_id or self.number or self.username)

    @property
    def identifier(self) -> tuple[str, Type]:
        """What clients will know the person by. Not for nobody."""
        ways = (
            (self.bsuid, Type.BSUID),
            (self.wa_id, Type.WA_ID),
            (self.number, Type.PHONE),
            (self.username, Type.USERNAME),
        )
        return next((value, kind) for value, kind in ways if value)

    @property
    def digits(self) -> set[str]:
        return {digits for digits in (self.wa_id, self.number) if digits}


def matching(rows: Iterable[Contact], identity: Identity) -> list[Contact]:
    """Those of `rows` that are this person, the surest first: by BSUID, WhatsApp id, number, username.

    Two rows with two BSUIDs are two people: a number that moved from one to the other joins nobody.
    """
    ranked = [(sureness(row, identity), row) for row in rows]
    sure = [(rank, row) for rank, row in ranked if rank is not None]
    return [row for _, row in sorted(sure, key=lambda pair: (pair[0], pair[1].created_at, pair[1].pk))]


def sureness(row: Contact, identity: Identity) -> int | None:
    """From 0, the surest; None for somebody else."""
    if identity.bsuid and row.bsuid:
        return 0 if row.bsuid == identity.bsuid else None
    if identity.wa_id and row.wa_id:
        return 1 if row.wa_id == identity.wa_id else None
    if row.wa_id in identity.digits:
        return 2
    if row.phone_number in identity.digits:
        return 3
    is_only_name = not (identity.bsuid or identity.digits)
    return 4 if is_only_name and row.username == identity.username else None


def are_two(one: Contact, other: Contact) -> bool:
    """Whether two rows cannot be one person, whatever else they share."""
    pairs = ((one.bsuid, other.bsuid), (one.wa_id, other.wa_id))
    return any(mine and theirs and mine != theirs for mine, theirs in pairs)


def is_newest(contact: Contact, identity: Identity) -> bool:
    """Whether nothing later was said of the contact: what comes late only fills gaps."""
    return contact.heard_at is None or (identity.at is not None and identity.at >= contact.heard_at)


def current(identity: Identity, others: Iterable[Contact]) -> Identity:
    """Without a number that by a newer word is one of `others`', who are not this person."""
    for row in others:
        is_two = identity.bsuid is not None and row.bsuid not in {None, identity.bsuid}
        if is_two and identity.wa_id and row.wa_id == identity.wa_id and not is_newest(row, identity):
            return replace(identity, wa_id=None, number=None)
    return identity


def take_over(contact: Contact, identity: Identity) -> bool:
    """Writes what is new into `contact`, unsaved; whether that is anything.

    A number stays as it was first written while the WhatsApp id is the same: `5411...` and `54911...` are
    one person, and clients go on using either.
    """
    before, is_news = told(contact), is_newest(contact, identity)
    if is_news and identity.wa_id and contact.wa_id and identity.wa_id != contact.wa_id:
        contact.phone_number = None
    said = {
        "bsuid": identity.bsuid,
        "wa_id": identity.wa_id,
        "username": identity.username,
        "parent_bsuid": identity.parent_bsuid,
        "name": identity.name,
    }
    for column, value in said.items():
        if value and (is_news or not getattr(contact, column)):
            setattr(contact, column, value)
    # A number from before a move is not another form of the one after it.
    if is_news or contact.wa_id in {None, identity.wa_id, identity.number}:
        contact.phone_number = contact.phone_number or identity.number
    save_name(contact, identity)
    is_changed = told(contact) != before
    if is_changed and is_news:
        contact.heard_at = identity.at
    return is_changed


def save_name(contact: Contact, identity: Identity) -> None:
    """The name in the owner's address book, which has a time of its own."""
    known_at, at = contact.saved_name_at, identity.saved_name_at
    if identity.saved_name and (known_at is None or (at is not None and at >= known_at)):
        contact.saved_name, contact.saved_name_at = identity.saved_name, at


def told(contact: Contact) -> list[str | None]:
    return [getattr(contact, column) for column in TOLD]
