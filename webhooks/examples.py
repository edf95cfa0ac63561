"""The bodies and answers that the OpenAPI document shows, with every key that they have."""

from typing import Any

from api.schema import example

BODY: dict[str, Any] = {
    "url": "https://shop.example.com/hooks/whatsapp",
    "events": ["phone_number.connected", "message.received"],
    "wabaId": "102290129340398",
    "description": "The shop's order desk",
}
WEBHOOK: dict[str, Any] = {
    "id": "7b0d2f0e-6a0f-4a52-9f0e-0c8a4c1f5d3b",
    "url": "https://shop.example.com/hooks/whatsapp",
    "events": ["phone_number.connected", "message.received"],
    "isActive": True,
    "wabaId": "0f6c1a52-3c0b-4b0e-8a55-6d9b0f3f2c11",
    "hasSecret": True,
    "disabledReason": None,
    "description": "The shop's order desk",
    "createdAt": "2026-01-15T10:30:00.000Z",
    "updatedAt": "2026-01-15T10:30:00.000Z",
}
CREATED = WEBHOOK | {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "standardWebhooksSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}

ROTATION = example("Two days for your receivers to change", {"gracePeriodHours": 48}, request=True)
ROTATED = example("The endpoint and its new secret", CREATED)
