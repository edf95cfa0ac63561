"""`history`: the chats of before the onboarding, in chunks of thousands, and the files that come after them.

Nothing of it is told: it is no news. https://developers.facebook.com/docs/whatsapp/embedded-signup/
custom-flows/onboarding-business-app-users
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog

from inbox.identity import Identity
from inbox.models import Message
from inbox.reading import inner, rows, text
from inbox.receiving.bulk import Draft, store_all
from inbox.receiving.contents import Item
from inbox.receiving.errors import UnreadableError
from inbox.receiving.people import NUMBER, USERNAME, WA_ID, bsuid, digits, recipient, sender
from inbox.receiving.storing import Origin, unsaved
from phones import coexistence
from phones.models import PhoneNumber

log = structlog.get_logger("inbox.receiving")
Direction, Status = Message.Direction, Message.Status
DECLINED = "2593109"
# Meta's words for how far a message of the owner's was; others say that it was sent.
STATUSES = {
    "DELIVERED": Status.DELIVERED,
    "READ": Status.READ,
    "PLAYED": Status.PLAYED,
    "ERROR": Status.FAILED,
    "FAILED": Status.FAILED,
}


def receive_history(*, phone: PhoneNumber, value: Mapping[str, Any], at: datetime) -> None:
    """Stores what can be read and is not here yet; what cannot be read stops nothing else.

    Raises UnreadableError where there is nothing of the form of a history.
    """
    chunks = rows(value, "history")
    if not chunks and not rows(value, "messages") and not rows(value, "message_echoes"):
        raise UnreadableError("It has neither chats nor messages.")
    if any(text(error.get("code")) == DECLINED for chunk in chunks for error in rows(chunk, "errors")):
        coexistence.note_history_declined(phone=phone, at=at)
    drafts, broken = [], 0
    for identity, item in said_in(phone, value):
        try:
            drafts.append(draft(phone, identity, item, at))
        except UnreadableError:
            broken += 1
    count = store_all(phone, drafts, at)
    log.info("history", phone_id=str(phone.pk), stored=count, unreadable=broken)


def said_in(phone: PhoneNumber, value: Mapping[str, Any]) -> Iterator[tuple[Identity, Item]]:
    """Every message with the person on the other side of it."""
    for chunk in rows(value, "history"):
        for thread in rows(chunk, "threads"):
            person = of_thread(thread)
            for item in rows(thread, "messages"):
                yield (of_item(phone, item) if person.is_nobody else person), item
    for item in rows(value, "messages"):
        yield of_item(phone, item), item
    for item in rows(value, "message_echoes"):
        yield recipient(item), item


def of_thread(thread: Item) -> Identity:
    said = inner(thread, "context")
    return Identity(
        bsuid=bsuid(said.get("user_id")),
        wa_id=digits(said.get("wa_id"), WA_ID),
        number=digits(thread.get("id"), NUMBER),
        username=text(said.get("username"), USERNAME),
    )


def of_item(phone: PhoneNumber, item: Item) -> Identity:
    return recipient(item) if is_ours(phone, item) else sender(item, None)


def is_ours(phone: PhoneNumber, item: Item) -> bool:
    """Whether the owner wrote it. A person without a number has an id; the owner has a number."""
    ours = phone.phone_number.lstrip("+")
    author = digits(item.get("from"), NUMBER)
    if author is not None:
        return author == ours
    return bsuid(item.get("from_user_id")) is None and digits(item.get("to"), NUMBER) != ours


def draft(phone: PhoneNumber, person: Identity, item: Item, at: datetime) -> Draft:
    """Raises UnreadableError."""
    if person.is_nobody:
        raise UnreadableError("It does not say with whom.")
    direction, status = Direction.INBOUND, Status.DELIVERED
    if is_ours(phone, item):
        said = text(inner(item, "history_context").get("status")) or ""
        direction, status = Direction.OUTBOUND, STATUSES.get(said.upper(), Status.SENT)
    message, file = unsaved(phone, item, Origin(direction, Message.Source.HISTORY, status), at)
    return Draft(person, message, file)
