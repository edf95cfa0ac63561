"""The examples of the OpenAPI document: a number from its registration to its link."""

from typing import Any

from api.schema import example
from onboarding.examples import LINK_ID

UNVERIFIED: dict[str, Any] = {
    "id": "990e8400-e29b-41d4-a716-446655440004",
    "phoneNumber": "+5491155551234",
    "status": "unverified",
    "expiresAt": None,
    "onboardingLinkId": None,
    "comment": "Acme's front desk",
    "codeSentAt": "2026-01-15T10:20:00.000Z",
    "verifiedAt": None,
    "createdAt": "2026-01-15T10:20:00.000Z",
}
VERIFIED = UNVERIFIED | {
    "status": "verified",
    "expiresAt": "2026-04-15T10:21:00.000Z",
    "verifiedAt": "2026-01-15T10:21:00.000Z",
}

REGISTER_BODY = example(
    "A number that can get an SMS",
    {"phoneNumber": "+5491155551234", "method": "sms", "language": "es", "comment": "Acme's front desk"},
    request=True,
)
REGISTERED = example("The number, waiting for its code", UNVERIFIED)
CODE_BODY = example("The code", {"code": "123456"}, request=True)
VERIFIED_NOW = example("The number, verified for 90 days", VERIFIED)
AGAIN_BODY = example("A call instead of an SMS", {"method": "voice"}, request=True)
LISTED = example("A number in an open link", VERIFIED | {"onboardingLinkId": LINK_ID})
