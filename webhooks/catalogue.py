"""What the data of each event holds, as JSON Schema, and an example of each event that is sent today.

Every key is always there. New ones may be added.
"""

from typing import Any

Schema = dict[str, Any]


def holds(**properties: Schema) -> Schema:
    return {"type": "object", "required": [*properties], "properties": properties}


def or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": [*values]}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}
OUR_ID: Schema = {"type": "string", "format": "uuid"}
METAS_ID: Schema = {"type": "string", "pattern": "^[0-9]+$"}
PHONE_NUMBER: Schema = {"type": "string", "pattern": r"^\+[0-9]+$"}
CAPABILITIES = ("canReceiveMessages", "canSendMessages", "canSendTemplates")

CONNECTED = {
    "onboardingLinkId": OUR_ID,
    "externalId": or_null(TEXT),
    "phoneNumberId": OUR_ID,
    "phoneNumber": PHONE_NUMBER,
    "wabaId": OUR_ID,
    "metaWabaId": METAS_ID,
    "isPhoneRegistered": BOOLEAN,
}
READINESS = holds(
    **CONNECTED | {"onboardingLinkId": or_null(OUR_ID)},
    capabilities=holds(**dict.fromkeys(CAPABILITIES, BOOLEAN)),
    changed=list_of(one_of(*CAPABILITIES)),
    issues=list_of(ANY_OBJECT),
)
CONTACT = {
    "contactId": OUR_ID,
    "contactIdentifier": TEXT,
    "contactIdentifierType": one_of("phone", "wa_id", "bsuid", "username"),
    "contactReplyTo": TEXT,
    **dict.fromkeys(
        ("contactPhone", "contactName", "waId", "businessScopedUserId", "parentBusinessScopedUserId"),
        or_null(TEXT),
    ),
    "username": or_null(TEXT),
}
MESSAGE = holds(
    messageId=OUR_ID,
    conversationId=OUR_ID,
    phoneNumberId=OUR_ID,
    phoneNumber=PHONE_NUMBER,
    direction=one_of("inbound", "outbound"),
    type=TEXT,
    content=ANY_OBJECT,
    wamid=or_null(TEXT),
    status=one_of("pending", "sent", "delivered", "read", "played", "failed"),
    externalId=or_null(TEXT),
    error=or_null(holds(code=TEXT, title=TEXT, details=or_null(TEXT))),
    **CONTACT,
)
LINK = holds(
    onboardingLinkId=OUR_ID,
    externalId=or_null(TEXT),
    status=one_of("pending", "processing", "completed", "expired"),
    step=or_null(TEXT),
    lastError=or_null(ANY_OBJECT),
    nextAction=or_null(ANY_OBJECT),
)
ENDPOINT = holds(webhookId=OUR_ID, reason=TEXT)

DATA: dict[str, Schema] = {
    "phone_number.connected": holds(**CONNECTED),
    "message.received": MESSAGE,
    "message.sent": MESSAGE,
    "message.status_updated": MESSAGE,
    "phone_number.ready": READINESS,
    "phone_number.not_ready": READINESS,
    "phone_number.disconnected": holds(
        phoneNumberId=OUR_ID, phoneNumber=PHONE_NUMBER, wabaId=OUR_ID, reason=TEXT, initiatedBy=TEXT
    ),
    "onboarding_link.opened": LINK,
    "onboarding_link.abandoned": LINK,
    "onboarding_link.failed": LINK,
    "onboarding_link.needs_action": LINK,
    "onboarding_link.completed": LINK,
    "onboarding_link.expired": LINK,
    "contact.updated": holds(phoneNumberId=OUR_ID, **CONTACT),
    "template.status_updated": holds(
        wabaId=OUR_ID, templateName=TEXT, languageCode=TEXT, status=TEXT, reason=or_null(TEXT)
    ),
    "webhook.test": ENDPOINT,
    "webhook.disabled": ENDPOINT,
}

# Of the events that are sent today; the others are in the catalogue, and come with their part of the product.
EXAMPLES: dict[str, dict[str, Any]] = {
    "phone_number.connected": {
        "onboardingLinkId": "550e8400-e29b-41d4-a716-446655440000",
        "externalId": "customer-123",
        "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
        "phoneNumber": "+5491155551234",
        "wabaId": "770e8400-e29b-41d4-a716-446655440002",
        "metaWabaId": "102290129340398",
        "isPhoneRegistered": True,
    },
    "webhook.test": {"webhookId": "880e8400-e29b-41d4-a716-446655440003", "reason": "test_call"},
    "webhook.disabled": {"webhookId": "880e8400-e29b-41d4-a716-446655440003", "reason": "gone"},
}
