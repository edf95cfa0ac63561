"""Conversations, messages and contacts as the page's script gets them, by what the link permits."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from api.times import timestamp
from inbox.contact_events import contact_data
from inbox.content import MEDIA_TYPES, shown_content
from inbox.models import Contact, Conversation, Message
from inbox.replies import replies
from shared_inbox.models import Permission, SharedInboxLink


def conversation_json(row: Conversation, link: SharedInboxLink) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": shown_name(row.contact, link),
        "lastMessageAt": timestamp(row.last_message_at),
        "lastInboundAt": timestamp(row.last_inbound_at) if row.last_inbound_at else None,
        "unreadCount": row.unread_count,
    }


def shown_name(contact: Contact, link: SharedInboxLink) -> str:
    """Who it is. Without `readDetails` a number stands for its last digits, an id for nothing."""
    named = contact.name or contact.saved_name or contact.username
    if named:
        return named
    number = contact.phone_number or contact.wa_id
    if link.allows(Permission.READ_DETAILS):
        return f"+{number}" if number else contact.identifier
    return f"…{number[-4:]}" if number else "…"


def details_json(contact: Contact, row: Conversation) -> dict[str, Any]:
    return contact_data(contact) | {
        "savedName": contact.saved_name,
        "marketingPreference": contact.marketing_preference,
        "since": timestamp(contact.created_at),
        "messageCount": row.message_count,
    }


def messages_json(rows: Iterable[Message]) -> list[dict[str, Any]]:
    found = list(rows)
    answered = replies(found)
    return [message_json(row) | {"replyTo": answered.get(row.pk)} for row in found]


def message_json(row: Message) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "wamid": row.wamid,
        "direction": row.direction,
        "source": row.source,
        "type": row.type,
        "content": page_content(row),
        "targetWamid": row.target_wamid,
        "status": row.status,
        "error": row.error,
        "timestamp": timestamp(row.timestamp),
        "editedAt": timestamp(row.edited_at) if row.edited_at else None,
        "revokedAt": timestamp(row.revoked_at) if row.revoked_at else None,
    }


def page_content(row: Message) -> dict[str, Any]:
    """As the API shows it, but that a file's address is one that the page's cookie opens."""
    content = shown_content(row)
    if row.type in MEDIA_TYPES and row.media_id and "raw" not in content:
        content = content | {"url": reverse("shared-inbox-media", args=[row.media_id])}
    return content
