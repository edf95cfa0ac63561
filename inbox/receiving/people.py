"""Who a message of Meta's is from or to, as it says so itself and in the list of contacts beside it."""

from collections.abc import Mapping
from typing import Any

from inbox.identity import Identity
from inbox.reading import ident, inner, text

Item = Mapping[str, Any]
NAME, USERNAME, BSUID, WA_ID, NUMBER = 255, 64, 160, 32, 20


def sender(item: Item, contact: Item | None) -> Identity:
    """Of an inbound message. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components"""
    beside = contact or {}
    profile = inner(beside, "profile")
    return Identity(
        bsuid=bsuid(item.get("from_user_id")) or bsuid(beside.get("user_id")),
        wa_id=digits(beside.get("wa_id"), WA_ID),
        number=digits(item.get("from"), NUMBER),
        username=text(profile.get("username"), USERNAME),
        parent_bsuid=bsuid(item.get("from_parent_user_id")) or bsuid(beside.get("parent_user_id")),
        name=text(profile.get("name"), NAME),
    )


def recipient(item: Item) -> Identity:
    """Of a message that the owner wrote in the WhatsApp Business app."""
    return Identity(
        bsuid=bsuid(item.get("to_user_id")),
        number=digits(item.get("to"), NUMBER),
        parent_bsuid=bsuid(item.get("to_parent_user_id")),
    )


def bsuid(value: Any) -> str | None:
    return ident(value, BSUID)


def digits(value: Any, length: int) -> str | None:
    """Digits alone; Meta writes no `+`, and the app's address book does."""
    found = (ident(value, length + 1) or "").removeprefix("+")
    return found if found.isascii() and found.isdigit() and len(found) <= length else None
