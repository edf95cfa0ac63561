"""The bodies and answers that the OpenAPI document shows, with every key that they have."""

from typing import Any

from api.schema import example

KEY: dict[str, Any] = {
    "id": "990e8400-e29b-41d4-a716-446655440004",
    "name": "CRM backend",
    "prefix": "sk_org_Zt4kQ9xW",
    "scopes": ["read", "write"],
    "lastUsedAt": "2026-01-15T10:30:00.000Z",
    "expiresAt": None,
    "createdAt": "2026-01-10T09:00:00.000Z",
}
ISSUED = KEY | {"lastUsedAt": None, "key": "sk_org_Zt4kQ9xWpR7vB2nL5mD8hJ3cF6gT1yKsA0eU9iOq"}

CREATE_BODY = example("For a server", {"name": "CRM backend", "scopes": ["read", "write"]}, request=True)
CREATED = example("The key, shown this once", ISSUED)
SHOWN = example("A key", KEY)
