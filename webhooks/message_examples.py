"""Examples of the events of messages and contacts."""

from typing import Any

CONTACT: dict[str, Any] = {
    "contactId": "cc0e8400-e29b-41d4-a716-446655440007",
    "contactIdentifier": "AR.13491208655302741918",
    "contactIdentifierType": "bsuid",
    "contactReplyTo": "5491155551234",
    "contactPhone": "5491155551234",
    "contactName": "Ana Gomez",
    "waId": "5491155551234",
    "businessScopedUserId": "AR.13491208655302741918",
    "parentBusinessScopedUserId": None,
    "username": "ana.gomez",
}
RECEIVED: dict[str, Any] = {
    "messageId": "990e8400-e29b-41d4-a716-446655440004",
    "conversationId": "dd0e8400-e29b-41d4-a716-446655440008",
    "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumber": "+5491155551234",
    "direction": "inbound",
    "type": "text",
    "content": {"body": "Are you open today?"},
    "wamid": "wamid.HBgNNTQ5MTE1NTU1MTIzNBUCABIYFDNB",
    "status": "delivered",
    "externalId": "customer-123",
    "error": None,
    **CONTACT,
    "timestamp": "2026-01-15T10:30:00.000Z",
    "replyTo": None,
    "context": None,
}
SENT = RECEIVED | {
    "messageId": "bb0e8400-e29b-41d4-a716-446655440006",
    "direction": "outbound",
    "content": {"body": "Yes, until 20:00."},
    "wamid": "wamid.HBgNNTQ5MTE1NTU1MTIzNBUCABEYEjA",
    "status": "sent",
    "timestamp": "2026-01-15T10:31:00.204Z",
    "replyTo": {"messageId": RECEIVED["messageId"], "wamid": RECEIVED["wamid"]},
}
# By the names of the events.
MESSAGE_EXAMPLES: dict[str, dict[str, Any]] = {
    "message.received": RECEIVED,
    "message.sent": SENT,
    "message.status_updated": SENT
    | {
        "status": "failed",
        "error": {
            "code": "131026",
            "title": "Message undeliverable",
            "details": "Message Undeliverable.",
        },
    },
    "contact.updated": {
        "phoneNumberId": RECEIVED["phoneNumberId"],
        **CONTACT,
        "mergedContactId": None,
    },
}
