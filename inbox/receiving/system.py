"""Messages of Meta's own about a person: another number, another BSUID."""

from inbox.contacts import rename
from inbox.models import Message
from inbox.reading import inner, text
from inbox.receiving.contents import Item
from inbox.receiving.people import WA_ID, bsuid, digits

MOVED = frozenset({"user_changed_number", "user_changed_user_id"})


def note_system(message: Message, item: Item) -> None:
    """Gives the contact of a stored message the ids that it has from now on."""
    said = inner(item, "system")
    if message.type != "system" or text(said.get("type")) not in MOVED:
        return
    wa_id = digits(said.get("wa_id"), WA_ID) or digits(said.get("new_wa_id"), WA_ID)
    conversation = message.conversation
    contact = rename(
        contact=conversation.contact,
        wa_id=wa_id,
        bsuid=bsuid(said.get("user_id")),
        at=message.timestamp,
        previous=bsuid(said.get("previous_user_id")),
    )
    if contact.pk != conversation.contact.pk:
        # Two rows were one person: the message went along.
        message.refresh_from_db(fields=["conversation"])
    message.conversation.contact = contact
