"""The examples of the OpenAPI document: one story, from the create to the completed link."""

from typing import Any

from api.schema import example
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
PENDING: dict[str, Any] = {
    "id": LINK_ID,
    "name": "Acme Corp",
    "status": "pending",
    "externalId": "customer-123",
    "metadata": METADATA,
    "redirectUrl": CREATE["redirectUrl"],
    "hostedUrl": f"https://api.example.com/signup/{LINK_ID}",
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
SECRETS = {
    "webhookSecret": "whsec_my_secret_key_123",
    "standardWebhooksSecret": "whsec_d2hzZWNfbXlfc2VjcmV0X2tleV8xMjM=",
}
PROCESSING = PENDING | {
    "status": "processing",
    "nextAction": {"actor": "platform", "code": "WAIT", "message": "The steps are running."},
    "progress": [
        step | {"status": "waiting", "attempts": 0, "startedAt": None, "finishedAt": None}
        for step in PROGRESS
    ],
}

# The secret stands behind the URL that it signs for, as in the documentation.
NEW: dict[str, Any] = {}
for field, value in PENDING.items():
    NEW |= {field: value} | (SECRETS if field == "webhookUrl" else {})

CREATE_BODY = example("A link with its own webhook", CREATE, request=True)
CREATED = example("The new link", NEW | {"progress": []})
LISTED = example("A completed link", COMPLETED)
DETAIL = example("A completed link", COMPLETED | {"progress": PROGRESS})
RETRIED = example("The link, running again", PROCESSING)
