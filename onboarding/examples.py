"""The examples of the OpenAPI document: one story, from the create to the completed link."""

from typing import Any

from api.schema import example
from onboarding import link_json
from onboarding.pipeline import ALL_STEPS

LINK_ID = "550e8400-e29b-41d4-a716-446655440000"
PHONE_ID = "660e8400-e29b-41d4-a716-446655440001"
WABA_ID = "770e8400-e29b-41d4-a716-446655440002"
WEBHOOK_ID = "880e8400-e29b-41d4-a716-446655440003"
METADATA = {"customerId": "customer-123", "locationCode": "store-01", "crmAccountId": "crm_789"}
EVENTS = ["message.received", "message.sent"]
# The steps, and those of them for which there is nothing to do: no credit line, no templates asked for.
STEPS = [step.name for step in ALL_STEPS]
SKIPPED = {
    "assign_system_user",
    "share_credit_line",
    "sync_coexistence",
    "override_callback",
    "create_templates",
}

CREATE: dict[str, Any] = {
    "name": "Acme Corp",
    "externalId": "customer-123",
    "metadata": METADATA,
    "redirectUrl": "https://myapp.com/whatsapp/callback",
    "webhookUrl": "https://myapp.com/webhooks/whatsapp",
    "webhookSecret": "whsec_my_secret_key_123",
    "webhookEvents": EVENTS,
}
# What is known of the customer, so that it types less.
SLUG = "acme-corp-k3v9q2xw"
BUSINESS: dict[str, Any] = {
    "name": "Acme Corp",
    "email": "office@acme.example",
    "registrationId": "514567890",
    "address": "12 Herzl St",
    "city": "Tel Aviv",
    "postalCode": "6688212",
    "country": "IL",
    "phoneNumber": "+97235551234",
    "timezone": "UTC+02:00",
    "category": "RETAIL",
}
CREATE_PREFILLED: dict[str, Any] = {
    "name": "Acme Corp",
    "language": "he",
    "business": BUSINESS,
    "displayName": "Acme - Support",
    "branding": {
        "welcomeMessage": "Two minutes, and your customers can write to you.",
        "buttonText": "Start",
    },
    "starterTemplates": ["welcome"],
}
PENDING: dict[str, Any] = {
    "id": LINK_ID,
    "name": "Acme Corp",
    "status": "pending",
    "externalId": "customer-123",
    "metadata": METADATA,
    "redirectUrl": CREATE["redirectUrl"],
    "hostedUrl": f"https://api.example.com/signup/{LINK_ID}",
    "previewUrl": f"https://api.example.com/signup/{LINK_ID}?preview=8sLb3nSkyd1QmE0RFQ4yPUNdhJcVdnl1n0kN9bB8oXk",
    "phoneNumberId": None,
    "phoneNumber": None,
    "wabaId": None,
    "isPhoneRegistered": None,
    "webhookUrl": CREATE["webhookUrl"],
    "webhookEvents": EVENTS,
    "outgoingWebhook": None,
    "mode": "cloud_api",
    "expectedPhoneNumber": None,
    "language": None,
    "business": None,
    "displayName": None,
    "branding": None,
    "registeredNumberId": None,
    "landingPageUrl": None,
    "starterTemplates": [],
    "expiresAt": None,
    "createdAt": "2026-01-15T10:30:00.000Z",
    "completedAt": None,
    "lastError": None,
    "nextAction": {
        "actor": "end_user",
        "code": "OPEN_LINK",
        "message": "The end-user has to open the link.",
        "url": f"https://api.example.com/signup/{LINK_ID}",
    },
}
COMPLETED = {name: value for name, value in PENDING.items() if name != "webhookEvents"} | {
    "status": "completed",
    "phoneNumberId": PHONE_ID,
    "phoneNumber": "+5491155551234",
    "wabaId": WABA_ID,
    "isPhoneRegistered": True,
    "webhookUrl": f"https://api.example.com/webhook/phone/{PHONE_ID}",
    "outgoingWebhook": {"id": WEBHOOK_ID, "url": CREATE["webhookUrl"], "events": EVENTS},
    "completedAt": "2026-01-15T10:35:00.000Z",
    "nextAction": None,
}
PROGRESS = [
    {
        "step": step,
        "status": "skipped" if step in SKIPPED else "done",
        "attempts": 1,
        "startedAt": "2026-01-15T10:34:58.000Z",
        "finishedAt": "2026-01-15T10:34:58.310Z",
        "error": None,
    }
    for step in STEPS
]
PROCESSING = PENDING | {
    "status": "processing",
    "nextAction": {"actor": "platform", "code": "WAIT", "message": "The steps are running."},
    "progress": [
        step | {"status": "waiting", "attempts": 0, "startedAt": None, "finishedAt": None}
        for step in PROGRESS
    ],
}

LANDING_URL = f"https://api.example.com/business/{SLUG}"
PREFILLED = PENDING | {
    "externalId": None,
    "metadata": None,
    "redirectUrl": None,
    "webhookUrl": None,
    "webhookEvents": [],
    "language": "he",
    "business": dict.fromkeys(link_json.BUSINESS) | BUSINESS | {"website": LANDING_URL},
    "displayName": CREATE_PREFILLED["displayName"],
    "branding": dict.fromkeys(link_json.BRANDING) | CREATE_PREFILLED["branding"],
    "landingPageUrl": LANDING_URL,
    "starterTemplates": [
        {"template": "welcome", "name": None, "languageCode": None, "status": None, "reason": None}
    ],
}
HANDED_IN = [
    {
        "template": "welcome",
        "name": "welcome_message",
        "languageCode": "en",
        "status": "APPROVED",
        "reason": None,
    },
    {
        "template": "send_file",
        "name": "send_file",
        "languageCode": "en",
        "status": "REJECTED",
        "reason": "INVALID_FORMAT",
    },
]
# The secret stands behind the URL that it signs for, as in the documentation.
NEW = link_json.with_secret(PENDING, CREATE["webhookSecret"])

CREATE_BODY = example("A link with its own webhook", CREATE, request=True)
CREATE_PREFILLED_BODY = example("A link that knows its customer", CREATE_PREFILLED, request=True)
CREATED = example("The new link", NEW | {"progress": []})
CREATED_PREFILLED = example(
    "The new link that knows its customer", link_json.with_secret(PREFILLED, None) | {"progress": []}
)
LISTED = example("A completed link", COMPLETED)
DETAIL = example("A completed link", COMPLETED | {"progress": PROGRESS})
DETAIL_WITH_TEMPLATES = example(
    "A completed link that asked for templates",
    COMPLETED
    | {"starterTemplates": HANDED_IN, "progress": [*PROGRESS[:-1], PROGRESS[-1] | {"status": "done"}]},
)
RETRIED = example("The link, running again", PROCESSING)
