"""The bodies and answers that the OpenAPI document shows."""

from typing import Any

from django.conf import settings

from api.schema import example

LOGO_ID = "aa0e8400-e29b-41d4-a716-446655440005"
CHANGES: dict[str, Any] = {
    "logoUrl": "https://acme.example.com/logo.png",
    "welcomeMessage": "Connect your WhatsApp number to Acme in two minutes.",
    "buttonText": "Connect WhatsApp",
}
ORGANIZATION: dict[str, Any] = {
    "id": "bb0e8400-e29b-41d4-a716-446655440006",
    "name": "Acme CRM",
    "logoUrl": CHANGES["logoUrl"],
    "logo": {"url": f"{settings.PUBLIC_BASE_URL}/logos/{LOGO_ID}", "width": 600, "height": 180},
    "welcomeMessage": CHANGES["welcomeMessage"],
    "buttonText": CHANGES["buttonText"],
    "successMessage": None,
    "failureMessage": None,
    "createdAt": "2026-01-10T09:00:00.000Z",
}

CHANGE = example("A logo and two texts", CHANGES, request=True)
SHOWN = example("An organization", ORGANIZATION)
