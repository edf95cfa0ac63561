"""`statuses`: how far a message that went out is.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/status
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from inbox import statuses
from inbox.contacts import learn
from inbox.messages import publish_status
from inbox.models import Message, OutboxEntry
from inbox.reading import moment, text
from inbox.receiving.contents import Item, error_of
from inbox.receiving.errors import TooEarlyError, UnreadableError
from inbox.receiving.people import WA_ID, bsuid, digits
from inbox.receiving.storing import wamid_of
from phones.models import PhoneNumber

Status = Message.Status
KNOWN = frozenset({Status.SENT, Status.DELIVERED, Status.READ, Status.PLAYED, Status.FAILED})
NO_REASON = {"code": "unknown", "title": "Meta gave no reason.", "details": None}


def receive_status(*, phone: PhoneNumber, item: Item, at: datetime) -> None:
    """Moves the message on and tells so; the same one again, or a late one, does nothing.

    Raises UnreadableError, and TooEarlyError while the message is not known.
    """
    wamid, status = wamid_of(item), text(item.get("status"))
    if status not in KNOWN:
        raise UnreadableError("It is no status that we know.")
    found = find(phone, item, wamid)
    if found.direction != Message.Direction.OUTBOUND:
        return
    learn_recipient(phone, found, item)
    rows = Message.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "conversation__contact"
    )
    message = rows.filter(pk=found.pk).first()
    if message is not None and message.conversation.contact.erased_at:
        return
    if message is None or message.wamid not in {None, wamid}:
        raise TooEarlyError(wamid)
    message.phone = phone
    when = moment(item.get("timestamp"), at)
    if statuses.accept(message=message, wamid=wamid, at=when):
        # It was kept while nobody knew what became of the message.
        OutboxEntry.objects.filter(message=message, finished_at__isnull=False).delete()
    error = (error_of(item) or NO_REASON) if status == Status.FAILED else None
    if statuses.apply(message=message, status=status, at=when, error=error) and status != Status.SENT:
        publish_status(message)


def find(phone: PhoneNumber, item: Item, wamid: str) -> Message:
    """By Meta's id; or by ours, which a send takes along, when the answer of that send was never learnt."""
    wanted = Q(wamid=wamid)
    if our_id := as_uuid(item.get("biz_opaque_callback_data")):
        wanted |= Q(pk=our_id, wamid=None, source=Message.Source.API)
    # One statement: between two of them another status may give the message its id.
    rows = Message.objects.filter(wanted, phone=phone).select_related("conversation__contact").order_by()
    found = sorted(rows, key=lambda row: row.wamid != wamid)
    if not found:
        raise TooEarlyError(wamid)
    return found[0]


def as_uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def learn_recipient(phone: PhoneNumber, message: Message, item: Item) -> None:
    """Meta says who the recipient is, or was. Before the message is locked: it may join two contacts."""
    contact = message.conversation.contact
    if item.get("recipient_type") == "group":
        return
    contact.phone = phone
    learn(
        contact=contact,
        wa_id=digits(item.get("recipient_id"), WA_ID),
        bsuid=bsuid(item.get("recipient_user_id")),
        parent_bsuid=bsuid(item.get("recipient_parent_user_id")),
        at=message.timestamp,
    )
