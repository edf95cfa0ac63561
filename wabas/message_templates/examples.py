"""The bodies and answers that the OpenAPI document shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

COMPONENTS: list[dict[str, Any]] = [
    {
        "type": "BODY",
        "text": "Hello {{1}}, order {{2}} is on its way.",
        "example": {"body_text": [["Ana", "17"]]},
    },
    {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}]},
]
BODY: dict[str, Any] = {
    "name": "order_shipped",
    "language": "en_US",
    "category": "UTILITY",
    "components": COMPONENTS,
}
TEMPLATE: dict[str, Any] = {
    "id": "594425479261596",
    "name": "order_shipped",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "components": COMPONENTS,
    "rejectedReason": None,
}
NEW_TEMPLATE = OpenApiExample("A template", BODY, request_only=True)
HANDED_IN = OpenApiExample("Handed in", TEMPLATE | {"status": "PENDING"}, response_only=True)
LISTED = OpenApiExample("A template", TEMPLATE, response_only=True)
