"""Conversations, messages and contacts as the page's script gets them, by what the link permits."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.urls import reverse

from api.times import timestamp
from inbox.contact_events import contact_data
from inbox.content import MEDIA_TYPES, shown_content
from inbox.models import Contact, Conversation, Message
from shared_inbox import reading
from shared_inbox.models import Permission, SharedInboxLink

# Of a message that is shown in one line: more than that is not read there.
BRIEF_BYTES, BRIEF_LETTERS = 2000, 200


def conversations_json(rows: Sequence[Conversation], link: SharedInboxLink) -> list[dict[str, Any]]:
    """With the newest message of each, in brief."""
    newest = reading.newest_messages(rows)
    return [
        conversation_json(row, link)
        | {"lastMessage": brief_json(newest[row.pk]) if row.pk in newest else None}
        for row in rows
    ]


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


def messages_json(rows: Iterable[Message], link: SharedInboxLink) -> list[dict[str, Any]]:
    """`replyTo` has what is answered in brief; `clientKey` is what the page called a message of this link."""
    found = list(rows)
    answered, keys = reading.answered(found), reading.client_keys(found, link)
    return [
        message_json(row)
        | {
            "replyTo": reply_json(row.reply_to_wamid, answered) if row.reply_to_wamid else None,
            "clientKey": keys.get(row.pk),
        }
        for row in found
    ]


def reply_json(wamid: str, answered: dict[str, Message]) -> dict[str, Any]:
    row = answered.get(wamid)
    whole = {"messageId": str(row.pk) if row else None, "wamid": wamid}
    return whole | (brief_json(row) if row else {})


def brief_json(row: Message) -> dict[str, Any]:
    """A message for one line: a long content is cut down to its short texts."""
    content = shown_content(row)
    if len(orjson.dumps(content)) > BRIEF_BYTES:
        content = {name: value[:BRIEF_LETTERS] for name, value in content.items() if isinstance(value, str)}
    return {
        "direction": row.direction,
        "type": row.type,
        "content": content,
        "status": row.status,
        "revokedAt": timestamp(row.revoked_at) if row.revoked_at else None,
    }


def message_json(row: Message) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "wamid": row.wamid,
        "direction": row.direction,
        "source": row.source,
        "type": row.type,
        "content": page_content(row),
        "context": row.context,
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
