"""The answers that the OpenAPI document shows, with every key that they have."""

from typing import Any

from api.schema import example
from webhooks.message_examples import CONTACT, RECEIVED

MESSAGE: dict[str, Any] = {
    "id": RECEIVED["messageId"],
    "wamid": RECEIVED["wamid"],
    "direction": "inbound",
    "type": "text",
    "content": RECEIVED["content"],
    "status": "delivered",
    "error": None,
    "timestamp": RECEIVED["timestamp"],
    "conversationId": RECEIVED["conversationId"],
    "source": "customer",
    "replyTo": None,
    "context": None,
    "sentAt": None,
    "deliveredAt": RECEIVED["timestamp"],
    "readAt": None,
    "playedAt": None,
    "failedAt": None,
    "editedAt": None,
    "revokedAt": None,
}
FAILED = MESSAGE | {
    "id": "bb0e8400-e29b-41d4-a716-446655440006",
    "wamid": "wamid.HBgNNTQ5MTE1NTU1MTIzNBUCABEYEjA",
    "direction": "outbound",
    "content": {"body": "Still there?"},
    "status": "failed",
    "error": {
        "code": "131047",
        "title": "Re-engagement message",
        "details": "More than 24 hours have passed since the customer last replied to this number.",
    },
    "source": "api",
    "replyTo": {"messageId": RECEIVED["messageId"], "wamid": RECEIVED["wamid"]},
    "sentAt": "2026-01-17T10:30:01.000Z",
    "deliveredAt": None,
    "failedAt": "2026-01-17T10:30:02.000Z",
    "timestamp": "2026-01-17T10:30:00.512Z",
}
CONVERSATION: dict[str, Any] = {
    "id": RECEIVED["conversationId"],
    **CONTACT,
    "lastMessageAt": RECEIVED["timestamp"],
    "unreadCount": 1,
    "createdAt": "2026-01-15T10:30:00.412Z",
    "lastInboundAt": RECEIVED["timestamp"],
    "messageCount": 1,
}
A_CONTACT: dict[str, Any] = {
    **CONTACT,
    "conversationId": RECEIVED["conversationId"],
    "marketingPreference": None,
    "createdAt": "2026-01-15T10:30:00.412Z",
    "updatedAt": "2026-01-15T10:30:00.412Z",
}

SHOWN = example("A message that came", MESSAGE)
NOT_SENT = example("One that failed", FAILED)
TALK = example("A conversation", CONVERSATION)
PERSON = example("A contact", A_CONTACT)
