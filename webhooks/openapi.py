"""The `webhooks` of the OpenAPI document: every event of the catalogue as a call that a receiver gets."""

from typing import Any

from webhooks.catalogue import DATA, EXAMPLES
from webhooks.events import EVENTS

ORGANIZATION = "110e8400-e29b-41d4-a716-446655440000"
MOMENT = "2026-01-15T10:35:00.000Z"
HEADERS = {
    "webhook-id": (
        "The event's id, the same on every attempt and at every endpoint: one that you have is a repetition.",
        "evt_01KF0Q9T5X8B4M2R7W6V3N1C0D",
    ),
    "webhook-timestamp": ("When this attempt was made, in unix seconds.", "1768473300"),
    "webhook-signature": (
        "Standard Webhooks: `v1,` and the base64 of an HMAC-SHA256; an entry for each key.",
        "v1,P1O/8iEY4KYnDpZIrj3MZR881EgZ0qe19gOHcql0dJY=",
    ),
    "x-webhook-event": ("The name of the event.", "phone_number.connected"),
    "x-webhook-attempt": ("From 1.", "1"),
    "x-webhook-signature": (
        "`sha256=` and the hex HMAC-SHA256 of the body, for receivers written by hand.",
        "sha256=2964a406aa6862c82f6022aee8bf746e4d45553653ea1dcce96b0f9ab286518c",
    ),
}
ANSWERS = {
    "2XX": {"description": "You have it."},
    "410": {"description": "You do not want it any more: the endpoint is disabled."},
    "3XX": {"description": "Final: redirects are not followed."},
    "4XX": {"description": "Final, but 408, 425 and 429, which are tried again."},
    "5XX": {"description": "It is tried again, after 1, 5, 15 and 60 minutes at least."},
}


def add_webhooks(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of drf-spectacular's."""
    parameters = result["components"].setdefault("parameters", {})
    parameters |= {name: header(name, *said) for name, said in HEADERS.items()}
    result["webhooks"] = {name: {"post": operation(name)} for name in EVENTS}
    return result


def header(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def operation(name: str) -> dict[str, Any]:
    said = EVENTS[name]
    return {
        "operationId": "receive" + "".join(part.title() for part in name.replace("_", ".").split(".")),
        "tags": ["events"],
        "summary": said.removesuffix("."),
        "description": said if name in EXAMPLES else f"{said} Not sent yet.",
        "security": [],
        "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in HEADERS],
        "requestBody": {"required": True, "content": {"application/json": content(name)}},
        "responses": ANSWERS,
    }


def content(name: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["event", "timestamp", "organizationId", "data"],
        "properties": {
            "event": {"const": name, "type": "string"},
            "timestamp": {"type": "string", "format": "date-time"},
            "organizationId": {"type": "string", "format": "uuid"},
            "data": DATA[name],
        },
        "additionalProperties": False,
    }
    if name not in EXAMPLES:
        return {"schema": schema}
    envelope = {"event": name, "timestamp": MOMENT, "organizationId": ORGANIZATION, "data": EXAMPLES[name]}
    return {"schema": schema, "examples": {"sent": {"summary": EVENTS[name], "value": envelope}}}
