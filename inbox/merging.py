"""Two contacts that turned out to be one person: the older row stays, with everything of both."""

from collections.abc import Sequence

from inbox.contact_events import publish_updated
from inbox.identity import TOLD
from inbox.models import Contact, ContactAlias, Conversation, Message, OutboxEntry
from phones.models import PhoneNumber
from webhooks.events import move_about

NEWEST = ("last_message_at", "last_inbound_at", "next_free_at")


def merge(phone: PhoneNumber, same: Sequence[Contact]) -> Contact:
    """The one contact of `same`, which are locked; what the first of them knows counts. Told for each."""
    stays = min(same, key=lambda row: (row.created_at, row.pk))
    stays.phone = phone
    stays.heard_at = max((row.heard_at for row in same if row.heard_at), default=None)
    gone = [row for row in same if row.pk != stays.pk]
    take_facts(stays, same)
    take_preference(stays, gone)
    pks = [row.pk for row in gone]
    for row in gone:
        move(phone, row, stays)
    stays.save()
    for pk in pks:
        publish_updated(phone=phone, contact=stays, merged=pk)
    return stays


def take_facts(stays: Contact, same: Sequence[Contact]) -> None:
    """What the first of `same` knows, else the next. Of two ways to write a number the older one stays."""
    numbers = [stays.phone_number if stays.wa_id in {None, same[0].wa_id} else None]
    known = {column: [getattr(row, column) for row in same] for column in TOLD}
    known["phone_number"] = numbers + known["phone_number"]
    for column, values in known.items():
        setattr(stays, column, next(filter(None, values), None))
    written = [row for row in same if row.saved_name_at]
    newest = max(written, key=lambda row: row.saved_name_at, default=None)  # type: ignore[arg-type,return-value]
    if newest:
        stays.saved_name, stays.saved_name_at = newest.saved_name, newest.saved_name_at


def take_preference(stays: Contact, gone: Sequence[Contact]) -> None:
    """The newest word of the person on marketing messages."""
    said = [row for row in (stays, *gone) if row.marketing_preference_at]
    newest = max(said, key=lambda row: row.marketing_preference_at, default=stays)  # type: ignore[arg-type,return-value]
    stays.marketing_preference = newest.marketing_preference
    stays.marketing_preference_at = newest.marketing_preference_at


def move(phone: PhoneNumber, gone: Contact, stays: Contact) -> None:
    """Everything of one contact to the other; the row is deleted, its names are kept as aliases."""
    ContactAlias.objects.filter(contact=gone).update(contact=stays)
    for name in {gone.identifier, gone.phone_number, str(gone.pk)} - {
        None,
        stays.identifier,
        stays.wa_id,
        stays.phone_number,
    }:
        ContactAlias.objects.update_or_create(phone=phone, identifier=name, defaults={"contact": stays})
    move_conversation(gone, stays)
    move_about(gone.pk, stays.pk)
    OutboxEntry.objects.filter(contact=gone).update(contact=stays)
    gone.delete()


def move_conversation(gone: Contact, stays: Contact) -> None:
    rows = Conversation.objects.select_for_update(no_key=True).filter(contact__in=[gone, stays])
    by_contact = {row.contact_id: row for row in rows.order_by("pk")}
    theirs, ours = by_contact.get(gone.pk), by_contact.get(stays.pk)
    if theirs is None:
        return
    if ours is None:
        Conversation.objects.filter(pk=theirs.pk).update(contact=stays)
        return
    moved = Message.objects.filter(conversation=theirs).update(conversation=ours)
    ours.message_count += moved
    ours.unread_count += theirs.unread_count
    for column in NEWEST:
        times = [time for time in (getattr(ours, column), getattr(theirs, column)) if time]
        setattr(ours, column, max(times, default=None))
    ours.save(update_fields=["message_count", "unread_count", *NEWEST])
