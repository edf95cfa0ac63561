"""Finding the contact that somebody is, making it, and learning more of it.

Every function runs in the caller's transaction and leaves the contact's row locked: what is written for it
afterwards meets neither a merge nor an erasure.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from inbox.contact_events import contact_data, publish_updated
from inbox.identity import Identity, Type, are_two, current, is_newest, matching, take_over
from inbox.merging import merge
from inbox.models import Contact, ContactAlias
from phones.models import PhoneNumber

BSUID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z.]{1,140}", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
# Two who see somebody for the first time at once: one makes the row, the other finds it.
TRIES = 3


class UnknownRecipientError(ValueError):
    """It is neither a number nor a BSUID, and no contact is known by it."""


def contact_of(*, phone: PhoneNumber, identity: Identity) -> tuple[Contact, bool]:
    """The person's contact, locked, with what is new of them written and told; whether it was made now.

    `identity` must not be nobody.
    """
    for is_first in (True, *[False] * TRIES):
        rows = list(candidates(phone, [identity]))
        if found := matching(rows, identity):
            return known(phone, found, rows, identity), False
        if is_first:
            # A row that was waited for may have been joined to one that this statement could not see.
            continue
        if former := called_before(phone, rows, identity):
            return known(phone, [former], [], without_ids(identity)), False
        who = current(identity, rows)
        take_number_from(phone, rows, who)
        if made := make(phone, who, rows):
            return made, True
    raise IntegrityError("Somebody else makes the same contact again and again.")


def contact_for_sending(*, phone: PhoneNumber, to: str) -> Contact:
    """The contact that `to` names, locked: digits, a BSUID, or what a client knows it by; made if need be.

    Raises UnknownRecipientError.
    """
    if called := known_as(phone, to):
        return called
    if DIGITS.fullmatch(to):
        return contact_of(phone=phone, identity=Identity(number=to))[0]
    if BSUID.fullmatch(to):
        return contact_of(phone=phone, identity=Identity(bsuid=to))[0]
    raise UnknownRecipientError(to)


def learn(
    *,
    contact: Contact,
    wa_id: str | None = None,
    bsuid: str | None = None,
    parent_bsuid: str | None = None,
    username: str | None = None,
    at: datetime | None = None,
) -> Contact:
    """The contact, locked, after Meta said to whom a message of `at` went; another row after a merge.

    The person may have moved since: it only fills what is empty, and another row is joined only to one by
    which Meta knows nobody yet, such as a number in another form. Nothing is locked where nothing is new.
    """
    identity = Identity(wa_id=wa_id, bsuid=bsuid, parent_bsuid=parent_bsuid, username=username)
    if contradicts(contact, identity) or not take_over(copy.copy(contact), identity):
        return contact
    this, others, rows = seen_again(contact, identity)
    if this is None:
        return contact_of(phone=contact.phone, identity=identity)[0]
    if this.erased_at:
        return this
    is_outdated = at is not None and this.heard_at is not None and this.heard_at > at
    if is_outdated or contradicts(this, identity) or (others and (this.wa_id or this.bsuid)):
        return this
    return known(contact.phone, [this, *others], rows, identity)


def contradicts(contact: Contact, identity: Identity) -> bool:
    """Whether the contact is known by other ids than these."""
    pairs = ((contact.bsuid, identity.bsuid), (contact.wa_id, identity.wa_id))
    return any(known and said and known != said for known, said in pairs)


def joined(contact: Contact, identity: Identity) -> Contact:
    """The contact, locked, with the ids of `identity` and with the row that has these already."""
    if not take_over(copy.copy(contact), identity):
        return contact
    this, others, rows = seen_again(contact, identity)
    if this is None:
        return contact_of(phone=contact.phone, identity=identity)[0]
    return known(contact.phone, [this, *others], rows, identity)


def seen_again(contact: Contact, identity: Identity) -> tuple[Contact | None, list[Contact], list[Contact]]:
    """The contact, None where it was joined to another; who is the same person; all with one of the ids."""
    rows = list(candidates(contact.phone, [identity], contact.pk))
    this = next((row for row in rows if row.pk == contact.pk), None)
    return this, [row for row in matching(rows, identity) if row.pk != contact.pk], rows


def rename(
    *, contact: Contact, wa_id: str | None, bsuid: str | None, at: datetime, previous: str | None = None
) -> Contact:
    """The contact after the person moved to another number: what it had is not theirs any more.

    `contact` is locked and knows its phone. The row that the new ids have already made is joined to it. A
    move from before what is known moves nobody, unless it is `previous`, the BSUID before it, that is known.
    """
    identity = Identity(wa_id=wa_id, bsuid=bsuid, at=at)
    is_moved = bool(wa_id and wa_id != contact.wa_id) or bool(bsuid and bsuid != contact.bsuid)
    if not is_moved:
        return contact
    if not is_newest(contact, identity) and (previous is None or previous != contact.bsuid):
        if bsuid and bsuid != contact.bsuid:
            remember_alias(contact, bsuid)
        return contact
    if contact.bsuid and contact.bsuid != bsuid:
        remember_alias(contact, contact.bsuid)
    contact.bsuid, contact.heard_at = None, at
    if wa_id != contact.wa_id:
        contact.wa_id = contact.phone_number = None
    contact.save()
    return joined(contact, identity)


def remember_alias(contact: Contact, name: str) -> None:
    ContactAlias.objects.update_or_create(phone=contact.phone, identifier=name, defaults={"contact": contact})


def known(phone: PhoneNumber, found: list[Contact], rows: list[Contact], identity: Identity) -> Contact:
    """The first of `found` with those of the others that are the same person; what is new is told once."""
    main = found[0]
    main.phone = phone
    identity = current(identity, [row for row in rows if row.pk != main.pk])
    is_newest_word = is_newest(main, identity)
    before, is_news = contact_data(main), take_over(main, identity)
    same = [main, *(row for row in found[1:] if has_bsuid(row, identity) or not are_two(main, row))]
    if main.wa_id == identity.wa_id:
        take_number_from(phone, [row for row in rows if row not in same], identity)
    if len(same) > 1:
        return merge(phone, same if is_newest_word else sorted(same, key=heard_at, reverse=True))
    if is_news:
        main.save()
    if contact_data(main) != before:
        publish_updated(phone=phone, contact=main)
    return main


def heard_at(row: Contact) -> float:
    return row.heard_at.timestamp() if row.heard_at else 0.0


def has_bsuid(row: Contact, identity: Identity) -> bool:
    return identity.bsuid is not None and row.bsuid == identity.bsuid


def take_number_from(phone: PhoneNumber, others: Iterable[Contact], identity: Identity) -> None:
    """The number is this person's now, so it is nobody else's."""
    for row in others:
        if identity.wa_id and row.wa_id == identity.wa_id:
            row.wa_id = None
            if row.phone_number in identity.digits:
                row.phone_number = None
            row.save()
            publish_updated(phone=phone, contact=row)


def make(phone: PhoneNumber, identity: Identity, rows: Iterable[Contact]) -> Contact | None:
    """A new contact, or None where somebody else made it just now."""
    contact = new_contact(phone, identity, {row.identifier for row in rows})
    try:
        with transaction.atomic():
            contact.save(force_insert=True)
    except IntegrityError:
        return None
    return contact


def new_contact(phone: PhoneNumber, identity: Identity, taken: Iterable[str]) -> Contact:
    """Unsaved. What somebody else is known by stays theirs, even when it is this person's now."""
    identifier, kind = identity.identifier
    if identifier in taken:
        identifier = f"{identifier}#{uuid4().hex[:8]}"
    contact = Contact(phone=phone, identifier=identifier, identifier_type=kind)
    take_over(contact, identity)
    return contact


def candidates(phone: PhoneNumber, identities: Iterable[Identity], *pks: object) -> QuerySet[Contact]:
    """Every row that any of the identities may be, locked, in one order for everybody."""
    given = list(identities)
    bsuids = [one.bsuid for one in given if one.bsuid]
    digits = list({digits for one in given for digits in one.digits})
    names = [one.username for one in given if one.username and not (one.bsuid or one.digits)]
    wanted = Q(identifier__in={one.identifier[0] for one in given if not one.is_nobody})
    for column, values in (
        ("bsuid", bsuids),
        ("wa_id", digits),
        ("phone_number", digits),
        ("username", names),
    ):
        if values:
            wanted |= Q((f"{column}__in", values))
    if pks:
        wanted |= Q(pk__in=pks)
    return locked().filter(wanted, phone=phone)


def locked() -> QuerySet[Contact]:
    """With their conversations, which are not locked: what is asked of a contact next."""
    rows = Contact.objects.select_related("conversation")
    return rows.select_for_update(no_key=True, of=("self",)).order_by("pk")


def called_before(phone: PhoneNumber, rows: Iterable[Contact], identity: Identity) -> Contact | None:
    """Whose BSUID this was: a message from before a change may arrive after it."""
    if identity.bsuid is None:
        return None
    for row in rows:
        if row.identifier == identity.bsuid and row.identifier_type == Type.BSUID:
            return row
    return by_alias(phone, identity.bsuid)


def without_ids(identity: Identity) -> Identity:
    return replace(identity, bsuid=None, wa_id=None, number=None, parent_bsuid=None)


def known_as(phone: PhoneNumber, called: str) -> Contact | None:
    """By a row's own ids first: what somebody was once called may be another person's number by now."""
    ways = ("wa_id", "bsuid", "phone_number", "identifier")
    rows = list(locked().filter(reduce(or_, (Q((way, called)) for way in ways)), phone=phone))
    by_rank = (row for way in ways for row in rows if getattr(row, way) == called)
    return next(by_rank, None) or by_alias(phone, called)


def by_alias(phone: PhoneNumber, called: str) -> Contact | None:
    alias = ContactAlias.objects.filter(phone=phone, identifier=called).only("contact_id").first()
    return locked().filter(pk=alias.contact_id).first() if alias else None
