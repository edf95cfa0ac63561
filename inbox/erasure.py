"""Erasing a person: contact, conversation, messages, files, what waits to be sent; and keeping them away.

Meta sends again for a week, and an operator may replay what it sent: nothing from before an erasure comes
back by that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from inbox.contacts import contact_of, locked
from inbox.identity import TOLD, Identity
from inbox.models import Contact, ContactAlias, Conversation, Erasure, Media, Message, OutboxEntry
from phones.models import PhoneNumber
from webhooks.retention import erase_about

BATCH = 2000
# What is older than this when it is taken in may be from before an erasure.
LATE = timedelta(minutes=1)


def erase(*, contact: Contact) -> None:
    """Deletes the person with everything of theirs. A file that others got too stays theirs.

    After a short transaction nobody is known by the row, and who writes anew is somebody new; the messages
    go in batches then. What is interrupted is finished by the same call, and by `finish_all`.
    """
    if not make_nobody(contact):
        return
    while delete_some(contact):
        pass
    while erase_about([contact.pk]):
        pass
    Contact.objects.filter(pk=contact.pk).delete()


def finish_all() -> int:
    """Ends what was interrupted: how many people that were."""
    interrupted = list(Contact.objects.filter(erased_at__lt=timezone.now() - LATE))
    for contact in interrupted:
        erase(contact=contact)
    return len(interrupted)


@transaction.atomic
def make_nobody(contact: Contact) -> bool:
    """Takes every name from the row, and what waits to be sent; False where it is gone."""
    row = locked().filter(pk=contact.pk).first()
    if row is None or row.erased_at:
        return row is not None
    # Before the messages and the outbox, as everybody locks them.
    Conversation.objects.select_for_update().filter(contact=row).first()
    aliases = ContactAlias.objects.filter(contact=row)
    names = {row.identifier, row.wa_id, row.bsuid, row.phone_number}
    names |= set(aliases.values_list("identifier", flat=True))
    remember(row.phone_id, [name for name in names if name])
    OutboxEntry.objects.filter(contact=row).delete()
    aliases.delete()
    for column in (*TOLD, "heard_at", "saved_name_at", "marketing_preference", "marketing_preference_at"):
        setattr(row, column, None)
    row.identifier, row.erased_at = f"erased#{row.pk}", timezone.now()
    row.save()
    return True


@transaction.atomic
def delete_some(contact: Contact) -> int:
    """Deletes some messages with their files; how many."""
    messages = Message.objects.filter(conversation__contact=contact).order_by("timestamp", "pk")
    some = dict(messages.values_list("pk", "media")[:BATCH])
    Message.objects.filter(pk__in=some).delete()
    Media.objects.filter(pk__in={media for media in some.values() if media}, messages=None).delete()
    return len(some)


def remember(phone_id: UUID, names: Iterable[str]) -> None:
    now = timezone.now()
    marks = [Erasure(phone_id=phone_id, mark=mark(name), erased_at=now) for name in sorted(names)]
    Erasure.objects.bulk_create(
        marks, update_conflicts=True, unique_fields=["phone", "mark"], update_fields=["erased_at"]
    )


def living_contact_of(*, phone: PhoneNumber, identity: Identity, at: datetime) -> Contact | None:
    """The person's contact, locked, made if need be; None where the person was erased after `at`.

    Looked up after the lock: an erasure under way is waited for there. And before, where it may be of old:
    of somebody new by the same name it says nothing.
    """
    if at < timezone.now() - LATE and are_kept(phone, [(identity, at)]) != [True]:
        return None
    contact, is_new = contact_of(phone=phone, identity=replace(identity, at=at))
    if are_kept(phone, [(identity, at)]) == [True]:
        return contact
    if is_new:
        contact.delete()
    return None


def are_kept(phone: PhoneNumber, said: Sequence[tuple[Identity, datetime]]) -> list[bool]:
    """Of each person, with the time of what was said of them: whether they were not erased since.

    Meta's times are whole seconds: what is of the second of the erasure came after it.
    """
    names = {name for identity, _ in said for name in names_of(identity)}
    since = min((at for _, at in said), default=None)
    times = erased_at(phone, names, since) if since else {}
    return [
        not any(times[name].replace(microsecond=0) > at for name in names_of(one) & set(times))
        for one, at in said
    ]


def erased_at(phone: PhoneNumber, names: Iterable[str], since: datetime) -> dict[str, datetime]:
    """When, of those names that were erased after `since`."""
    by_mark = {mark(name): name for name in names}
    rows = Erasure.objects.filter(phone=phone, erased_at__gt=since)
    # Without naming thousands where an address book is whole: few are ever erased.
    rows = rows.filter(mark__in=by_mark) if len(by_mark) < BATCH else rows
    return {by_mark[mark]: at for mark, at in rows.values_list("mark", "erased_at") if mark in by_mark}


def names_of(identity: Identity) -> set[str]:
    """Names that are one person's: a username only where there is no other, for it may change hands."""
    names = {name for name in (identity.bsuid, *identity.digits) if name}
    return names or {name for name in (identity.username,) if name}


def mark(name: str) -> str:
    return salted_hmac("inbox.erasure", name, algorithm="sha256").hexdigest()
