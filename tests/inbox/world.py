"""What Meta sends of messages, as dicts to change, and a phone that gets them."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from inbox import receiving
from inbox.contacts import contact_of
from inbox.conversations import conversation_of
from inbox.identity import Identity
from inbox.models import Message
from phones.models import PhoneNumber

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
WA_ID, BSUID = "5491155550000", "AR.13491208655302741918"
ANA: dict[str, Any] = {"profile": {"name": "Ana", "username": "ana.diaz"}, "wa_id": WA_ID, "user_id": BSUID}
SECOND = int(AT.timestamp())


def message(kind: str = "text", said: Any = None, *, number: int = 1, **more: Any) -> dict[str, Any]:
    """One of `messages`, from Ana. `number` makes its id and its second."""
    said = {"body": f"Hello {number}"} if said is None and kind == "text" else said
    item: dict[str, Any] = {
        "from": WA_ID,
        "from_user_id": BSUID,
        "id": f"wamid.{number}",
        "timestamp": str(SECOND + number),
        "type": kind,
    }
    return item | ({} if said is None else {kind: said}) | more


def status(name: str, wamid: str = "wamid.out", *, second: int = 0, **more: Any) -> dict[str, Any]:
    return {"id": wamid, "status": name, "timestamp": str(SECOND + second), "recipient_id": WA_ID} | more


def echo(kind: str = "text", said: Any = None, *, number: int = 1, **more: Any) -> dict[str, Any]:
    item = message(kind, said, number=number, **more)
    item |= {"from": "5491155551231", "to": item["from"], "id": f"wamid.echo.{number}"}
    return {name: value for name, value in item.items() if name != "from_user_id"}


def receive(phone: PhoneNumber, item: Any, contact: Any = ANA) -> None:
    with transaction.atomic():
        receiving.receive_message(phone=phone, item=item, contact=contact, at=AT)


def receive_status(phone: PhoneNumber, item: Any) -> None:
    with transaction.atomic():
        receiving.receive_status(phone=phone, item=item, at=AT)


def receive_echo(phone: PhoneNumber, item: Any) -> None:
    with transaction.atomic():
        receiving.receive_echo(phone=phone, item=item, at=AT)


def sent_message(phone: PhoneNumber, **columns: Any) -> Message:
    """What our API sent to Ana and Meta accepted."""
    with transaction.atomic():
        contact, _ = contact_of(phone=phone, identity=Identity(wa_id=WA_ID))
        conversation = conversation_of(contact)
    usual = {
        "phone": phone,
        "conversation": conversation,
        "direction": "outbound",
        "source": "api",
        "type": "text",
        "content": {"body": "Good day"},
        "wamid": "wamid.out",
        "status": "sent",
        "timestamp": AT,
        "sent_at": AT,
    }
    return Message.objects.create(**usual | columns)
