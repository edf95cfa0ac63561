"""The bodies and answers that the OpenAPI document shows, with every key that they have."""

from typing import Any

PERMISSIONS = {
    "readInbox": True,
    "readDetails": True,
    "markRead": True,
    "sendText": True,
    "sendMedia": True,
    "sendTemplates": True,
    "sendAdvanced": False,
}
BODY: dict[str, Any] = {
    "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
    "name": "Support access",
    "permissions": PERMISSIONS,
}
LINK: dict[str, Any] = {
    "id": "990e8400-e29b-41d4-a716-446655440004",
    "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
    "name": "Support access",
    "status": "active",
    "permissions": PERMISSIONS,
    "expiresAt": None,
    "lastUsedAt": None,
    "createdAt": "2026-01-15T10:30:00.000Z",
    "revokedAt": None,
}
ISSUED = LINK | {"publicUrl": "https://api.example.com/shared/7dVd0Vv0CkqTB1x0f3WmAqB2yJm8kQn4sH5tR6uZ9wE"}
REVOKED = LINK | {"status": "revoked", "revokedAt": "2026-01-16T08:00:00.000Z"}
PATCH = {"expiresAt": "2027-01-01T00:00:00.000Z"}
