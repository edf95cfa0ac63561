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

TESTED = example("It answered", {"delivered": True, "responseStatus": 200, "durationMs": 83, "error": None})
NOT_DELIVERED = example(
    "Nobody listens there",
    {"delivered": False, "responseStatus": None, "durationMs": 12, "error": "connect_refused"},
)
ROTATION = example("Two days for your receivers to change", {"gracePeriodHours": 48}, request=True)
ROTATED = example("The endpoint and its new secret", CREATED)
REPLAY = example(
    "What failed this morning", {"since": "2026-01-15T06:00:00Z", "status": "failed"}, request=True
)
REPLAYED = example("So many are sent again", {"count": 1342})

DELIVERY: dict[str, Any] = {
    "id": "1f2c9a3e-5b7d-4c1a-8e6f-2d4b6a8c0e13",
    "eventId": "evt_01KF0Q9T5X8B4M2R7W6V3N1C0D",
    "event": "message.received",
    "status": "pending",
    "attempts": [
        {
            "number": 1,
            "at": "2026-01-15T10:30:00.120Z",
            "durationMs": 214,
            "responseStatus": 503,
            "responseBody": "upstream is down",
            "error": "http_status",
        }
    ],
    "nextAttemptAt": "2026-01-15T10:31:04.512Z",
    "lastError": "http_status",
    "replayOf": None,
    "createdAt": "2026-01-15T10:30:00.000Z",
    "finishedAt": None,
}
AGAIN = DELIVERY | {
    "id": "5d0e7b1c-9a2f-4e3d-b6c8-7f1a3c5e9b24",
    "attempts": [],
    "nextAttemptAt": "2026-01-15T12:00:00.000Z",
    "lastError": None,
    "replayOf": DELIVERY["id"],
    "createdAt": "2026-01-15T12:00:00.000Z",
}
DELIVERY_SHOWN = example("One that is tried again", DELIVERY)
REDELIVERED = example("The new delivery", AGAIN)
