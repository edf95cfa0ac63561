"""Storing thousands of old messages at once: a number of queries that grows with thousands, not with each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inbox.conversations import opens_window
from inbox.erasure import are_kept
from inbox.identity import Identity
from inbox.many_contacts import contacts_of
from inbox.models import Contact, Conversation, Media, Message
from inbox.receiving.changes import apply, change_target
from inbox.receiving.contents import CHANGES, File
from inbox.receiving.storing import columns_of
from phones.models import PhoneNumber

BATCH = 1000
PLACEHOLDER = "media_placeholder"


@dataclass(frozen=True)
class Draft:
    """A message that is not stored yet, with whom, and its file."""

    person: Identity
    message: Message
    file: File | None


def store_all(phone: PhoneNumber, drafts: Sequence[Draft], at: datetime) -> int:
    """Stores the drafts that are not here yet, and gives the files of older ones; how many are new.

    Every contact with a new message is locked from here on. What is here already says nothing of anybody.
    """
    wanted = kept(phone, one_each(drafts))
    known = {row.wamid for row in stored_as(phone, wanted)}
    contacts = contacts_of(phone, {draft.person for draft in wanted if draft.message.wamid not in known})
    # Once more, under the lock: another one may have stored some meanwhile.
    by_wamid = {row.wamid: row for row in stored_as(phone, wanted, is_locked=True)}
    new = [draft for draft in wanted if draft.message.wamid not in by_wamid]
    files = kept_files(phone, wanted, at)
    fill_placeholders([draft for draft in wanted if draft.message.wamid in by_wamid], by_wamid, files)
    conversations = conversations_of(phone, {contacts[draft.person] for draft in new})
    for draft in new:
        draft.message.conversation = conversations[contacts[draft.person].pk]
        draft.message.media = files.get(draft.file.meta_media_id) if draft.file else None
    rows = [draft.message for draft in new]
    name_targets(phone, rows)
    Message.objects.bulk_create(rows, batch_size=BATCH)
    apply_changes(phone, rows)
    count(conversations.values(), rows)
    return len(rows)


def one_each(drafts: Iterable[Draft]) -> list[Draft]:
    """The same message twice in one value is one; the one with its file counts."""
    by_wamid: dict[str | None, Draft] = {}
    for draft in drafts:
        if draft.message.wamid not in by_wamid or draft.file is not None:
            by_wamid[draft.message.wamid] = draft
    return list(by_wamid.values())


def kept(phone: PhoneNumber, drafts: Sequence[Draft]) -> list[Draft]:
    marks = are_kept(phone, [(draft.person, draft.message.timestamp) for draft in drafts])
    return [draft for draft, is_kept in zip(drafts, marks, strict=True) if is_kept]


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def stored_as(phone: PhoneNumber, drafts: Sequence[Draft], *, is_locked: bool = False) -> list[Message]:
    """The stored messages with the ids of the drafts; locked, in one order for everybody."""
    wamids = sorted(str(draft.message.wamid) for draft in drafts)
    rows = Message.objects.filter(phone=phone).order_by("pk")
    rows = rows.select_for_update(no_key=True) if is_locked else rows.only("wamid")
    return [row for some in chunks(wamids) for row in rows.filter(wamid__in=some)]


def stored(phone: PhoneNumber, column: str, wamids: Sequence[str]) -> list[Message]:
    return [
        row
        for some in chunks(wamids)
        for row in Message.objects.filter((f"{column}__in", some), phone=phone).order_by()
    ]


def kept_files(phone: PhoneNumber, drafts: Iterable[Draft], at: datetime) -> dict[str, Media]:
    """The rows of all files, by Meta's ids of them."""
    files = {draft.file.meta_media_id: draft.file for draft in drafts if draft.file}
    known = {
        row.meta_media_id: row
        for some in chunks(sorted(files))
        for row in Media.objects.filter(phone=phone, meta_media_id__in=some)
    }
    new = [
        Media(phone=phone, meta_media_id=name, **columns_of(files[name], at))
        for name in sorted(files)
        if name not in known
    ]
    Media.objects.bulk_create(new, batch_size=BATCH)
    return known | {row.meta_media_id: row for row in new}


def fill_placeholders(
    drafts: Iterable[Draft], by_wamid: dict[str | None, Message], files: dict[str, Media]
) -> None:
    """Files of old chats come after them: the message was there without."""
    filled = []
    for draft in drafts:
        row = by_wamid[draft.message.wamid]
        if draft.file and row.type == PLACEHOLDER and not row.revoked_at:
            row.type, row.content = draft.message.type, draft.message.content
            row.media = files[draft.file.meta_media_id]
            filled.append(row)
    Message.objects.bulk_update(filled, ["type", "content", "media"], batch_size=BATCH)


def conversations_of(phone: PhoneNumber, contacts: Set[Contact]) -> dict[UUID, Conversation]:
    """By contact, locked, made where there is none."""
    rows = Conversation.objects.select_for_update(no_key=True)
    pks = sorted(contact.pk for contact in contacts)
    found = {
        row.contact_id: row for some in chunks(pks) for row in rows.filter(contact__in=some).order_by("pk")
    }
    new = [Conversation(phone=phone, contact_id=pk) for pk in pks if pk not in found]
    Conversation.objects.bulk_create(new, batch_size=BATCH)
    return found | {row.contact_id: row for row in new}


def name_targets(phone: PhoneNumber, rows: Iterable[Message]) -> None:
    """Adds our ids of the messages that some are about."""
    about = [row for row in rows if row.target_wamid and "wamid" in row.content]
    targets = stored(phone, "wamid", sorted({str(row.target_wamid) for row in about}))
    ours = {row.wamid: str(row.pk) for row in (*targets, *rows)}
    for row in about:
        row.content["messageId"] = ours.get(row.target_wamid)


def apply_changes(phone: PhoneNumber, rows: Sequence[Message]) -> None:
    """Edits and revocations among the rows, and those of them that came before."""
    by_target = defaultdict(list)
    for row in stored(phone, "target_wamid", [str(row.wamid) for row in rows]):
        by_target[row.target_wamid].append(row)
    for row in rows:
        apply(row, by_target[row.wamid])
        if row.type in CHANGES:
            change_target(row)


def count(conversations: Iterable[Conversation], rows: Iterable[Message]) -> None:
    by_conversation = defaultdict(list)
    for row in rows:
        by_conversation[row.conversation_id].append(row)
    changed = [row for row in conversations if row.pk in by_conversation]
    for conversation in changed:
        said = by_conversation[conversation.pk]
        inbound = [row.timestamp for row in said if opens_window(row)]
        times = [row.timestamp for row in said]
        if conversation.message_count:
            times.append(conversation.last_message_at)
        if conversation.last_inbound_at:
            inbound.append(conversation.last_inbound_at)
        conversation.last_message_at = max(times)
        conversation.last_inbound_at = max(inbound, default=None)
        conversation.message_count += len(said)
    columns = ["last_message_at", "last_inbound_at", "message_count"]
    Conversation.objects.bulk_update(changed, columns, batch_size=BATCH)
