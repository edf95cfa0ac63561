"""The answers that the OpenAPI document shows, with every key that an answer has."""

from typing import Any

from api.schema import example
from wabas.examples import CONNECTED_ACCOUNT, WABA

PHONE: dict[str, Any] = {
    "id": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumberId": "106540352242922",
    "phoneNumber": "+5491155551234",
    "displayName": "Acme Corp",
    "verifiedName": "Acme Corp",
    "isRegistered": True,
    "isCoexistence": False,
    "status": "CONNECTED",
    "qualityRating": "GREEN",
    "codeVerificationStatus": "VERIFIED",
    "nameStatus": "APPROVED",
    "platformType": "CLOUD_API",
    "throughputLevel": "STANDARD",
    "externalId": "customer-123",
    "metadata": {"customerId": "customer-123", "locationCode": "store-01"},
    "capabilities": {"canReceiveMessages": True, "canSendMessages": True, "canSendTemplates": False},
    "wabaId": "770e8400-e29b-41d4-a716-446655440002",
    "metaWabaId": "123456789012345",
    "createdAt": "2026-01-15T10:34:57.012Z",
}
PHONE_DETAIL: dict[str, Any] = {
    **{name: value for name, value in PHONE.items() if name != "createdAt"},
    "connectedAccount": CONNECTED_ACCOUNT,
    "createdAt": PHONE["createdAt"],
}
PAYMENT_SOLUTION = "Please add a new payment method to the account."
HEALTH: dict[str, Any] = {
    "phoneId": "660e8400-e29b-41d4-a716-446655440001",
    "isRegistered": True,
    "capabilities": {"canReceiveMessages": True, "canSendMessages": True, "canSendTemplates": False},
    "issues": [
        {
            "entity": "WABA",
            "code": "141006",
            "message": "There is an error with the payment method.",
            "solution": PAYMENT_SOLUTION,
            "capability": "canSendTemplates",
        }
    ],
    "subscription": {"isSubscribed": True},
    "tokenStatus": "valid",
    "syncedAt": "2026-01-15T10:35:00.000Z",
    "syncStatus": "fresh",
    "nextAction": {"actor": "end_user", "code": "141006", "message": PAYMENT_SOLUTION},
}
PATCH: dict[str, Any] = {"metadata": {"customerId": "customer-456"}, "externalId": "customer-456"}

OWN_PIN = example("With the number's own PIN", {"pin": "482913"}, request=True)
REGISTERED = example("The phone", PHONE_DETAIL)
NEW_PIN = example("A PIN of your own", {"pin": "093412"}, request=True)
PIN_SET = example("The phone", PHONE_DETAIL)
DISCONNECTED = example(
    "The WABA",
    WABA
    | {
        "isSubscribed": False,
        "status": "disconnected",
        "disconnectReason": "REQUESTED",
        "phones": [WABA["phones"][0] | {"isRegistered": False}],
    },
)
