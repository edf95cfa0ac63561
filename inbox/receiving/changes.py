"""What edits and revocations do to the message that they are about, whichever of the two comes first."""

from collections.abc import Iterable

from inbox.models import Media, Message
from inbox.receiving.contents import CHANGES


def change_target(message: Message) -> None:
    """Applies a change that was stored just now to its message, where that is here already.

    Only the writer's own messages: those of the same conversation and direction.
    """
    if message.type not in CHANGES:
        return
    of = Message.objects.select_for_update(no_key=True).filter(
        phone=message.phone,
        wamid=message.target_wamid,
        conversation=message.conversation_id,
        direction=message.direction,
    )
    if found := of.first():
        apply(found, [message])


def apply(message: Message, changes: Iterable[Message]) -> None:
    """Changes `message`, whose row is locked or new, by rows that are about it, the oldest first."""
    for row in sorted(changes, key=lambda row: (row.timestamp, row.created_at)):
        is_its_own = (row.conversation_id, row.direction) == (message.conversation_id, message.direction)
        if is_its_own and row.type == "revoke":
            revoke(message, row)
        elif is_its_own and row.type == "edit":
            edit(message, row)


def edit(message: Message, by: Message) -> None:
    """The newest edit counts; a message that was revoked stays empty, and so do its edits."""
    if message.revoked_at:
        empty([by])
        return
    is_older = message.edited_at is not None and message.edited_at > by.timestamp
    if is_older or by.content.get("type") != message.type:
        return
    message.content = by.content["content"]
    message.media_id = by.media_id or message.media_id
    message.edited_at = by.timestamp
    message.save(update_fields=["content", "media", "edited_at"])


def revoke(message: Message, by: Message) -> None:
    """Nothing of what it said is kept: not here, not in its edits, and no way to its file."""
    if message.revoked_at:
        return
    message.revoked_at = by.timestamp
    message.save(update_fields=["revoked_at"])
    empty([message, *Message.objects.filter(phone=message.phone, target_wamid=message.wamid, type="edit")])


def empty(messages: Iterable[Message]) -> None:
    files = []
    for row in messages:
        files.append(row.media_id)
        row.content = {"wamid": row.target_wamid} if row.target_wamid else {}
        row.context = row.media = None
        row.save(update_fields=["content", "context", "media"])
    Media.objects.filter(pk__in=[pk for pk in files if pk], messages=None).delete()
