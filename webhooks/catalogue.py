"""What the data of each event holds, as JSON Schema, and an example of each event that is sent today.

Every key is always there. New ones may be added.
"""

from typing import Any

from webhooks.message_examples import MESSAGE_EXAMPLES

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
ACTORS = ("end_user", "customer", "platform", "meta")
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
    changed=list_of(one_of(*CAPABILITIES))
    | {"description": "Empty: nothing changed; `issues` has a new warning, such as TOKEN_EXPIRES_SOON."},
    issues=list_of(
        holds(
            entity=TEXT,
            code=TEXT,
            message=TEXT,
            solution=TEXT,
            capability=or_null(TEXT),
        )
    ),
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
    timestamp={"type": "string", "format": "date-time"},
    replyTo=or_null(holds(messageId=or_null(OUR_ID), wamid=TEXT)),
    context=or_null(ANY_OBJECT),
)
ACTOR = one_of("end_user", "customer", "platform", "meta")
MOMENT: Schema = {"type": "string", "format": "date-time"}
LAST_ERROR = holds(code=TEXT, message=TEXT, step=or_null(TEXT), actor=ACTOR, at=MOMENT)
NEXT_ACTION = holds(actor=ACTOR, code=TEXT, message=TEXT)
NEXT_ACTION["properties"] |= {"url": {"type": "string", "format": "uri"}, "deadline": MOMENT}
LINK = holds(
    onboardingLinkId=OUR_ID,
    externalId=or_null(TEXT),
    status=one_of("pending", "processing", "completed", "expired"),
    step=or_null(TEXT),
    lastError=or_null(LAST_ERROR),
    nextAction=or_null(NEXT_ACTION),
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
        phoneNumberId=OUR_ID,
        phoneNumber=PHONE_NUMBER,
        wabaId=OUR_ID,
        reason=TEXT,
        initiatedBy=one_of(*ACTORS),
    ),
    "onboarding_link.opened": LINK,
    "onboarding_link.abandoned": LINK,
    "onboarding_link.failed": LINK,
    "onboarding_link.needs_action": LINK,
    "onboarding_link.completed": LINK,
    "onboarding_link.expired": LINK,
    "contact.updated": holds(
        phoneNumberId=OUR_ID,
        **CONTACT,
        mergedContactId=or_null(OUR_ID)
        | {"description": "A contact that turned out to be the same person, and is gone."},
    ),
    "template.status_updated": holds(
        wabaId=OUR_ID, templateName=TEXT, languageCode=TEXT, status=TEXT, reason=or_null(TEXT)
    ),
    "webhook.test": ENDPOINT,
    "webhook.disabled": ENDPOINT,
}

LINK_EXAMPLE: dict[str, Any] = {
    "onboardingLinkId": "550e8400-e29b-41d4-a716-446655440000",
    "externalId": "customer-123",
    "status": "pending",
    "step": None,
    "lastError": None,
    "nextAction": None,
}


def asked_for(code: str, message: str) -> dict[str, Any]:
    url = f"https://api.example.com/signup/{LINK_EXAMPLE['onboardingLinkId']}"
    return {"actor": "end_user", "code": code, "message": message, "url": url}


def gone_wrong(code: str, message: str, step: str) -> dict[str, Any]:
    at = "2026-01-15T10:34:58.000Z"
    return {"code": code, "message": message, "step": step, "actor": "end_user", "at": at}


SIGN_UP_AGAIN = asked_for("SIGN_UP_AGAIN", "The end-user has to open the link and sign up again.")

THE_PHONE = {
    "onboardingLinkId": "550e8400-e29b-41d4-a716-446655440000",
    "externalId": "customer-123",
    "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
    "phoneNumber": "+5491155551234",
    "wabaId": "770e8400-e29b-41d4-a716-446655440002",
    "metaWabaId": "102290129340398",
    "isPhoneRegistered": True,
}
READY = THE_PHONE | {
    "capabilities": dict.fromkeys(CAPABILITIES, True),
    "changed": ["canSendMessages", "canSendTemplates"],
    "issues": [],
}
# Of the events that are sent today; the others are in the catalogue, and come with their part of the product.
EXAMPLES: dict[str, dict[str, Any]] = {
    "phone_number.connected": THE_PHONE,
    "onboarding_link.opened": LINK_EXAMPLE
    | {"nextAction": asked_for("OPEN_LINK", "The end-user has to open the link.")},
    "onboarding_link.abandoned": LINK_EXAMPLE
    | {
        "step": "PHONE_NUMBER_SETUP",
        "lastError": gone_wrong(
            "CANCELLED", "The end-user left Meta's window before the end.", "PHONE_NUMBER_SETUP"
        ),
        "nextAction": SIGN_UP_AGAIN,
    },
    "onboarding_link.failed": LINK_EXAMPLE
    | {
        "step": "identify_assets",
        "lastError": gone_wrong(
            "WRONG_NUMBER",
            "Another number was connected than the one that was asked for.",
            "identify_assets",
        ),
        "nextAction": SIGN_UP_AGAIN,
    },
    "onboarding_link.needs_action": LINK_EXAMPLE
    | {
        "status": "processing",
        "nextAction": asked_for(
            "ENTER_PIN",
            "This number has a two-step verification PIN. Its owner has to enter it, or switch it off.",
        ),
    },
    "onboarding_link.completed": LINK_EXAMPLE | {"status": "completed"},
    "onboarding_link.expired": LINK_EXAMPLE
    | {
        "status": "expired",
        "nextAction": {
            "actor": "customer",
            "code": "LINK_EXPIRED",
            "message": "The link has expired. Make a new one.",
        },
    },
    "phone_number.ready": READY,
    "phone_number.not_ready": READY
    | {
        "capabilities": dict.fromkeys(CAPABILITIES, True) | {"canSendTemplates": False},
        "changed": ["canSendTemplates"],
        "issues": [
            {
                "entity": "WABA",
                "code": "141006",
                "message": "There is an error with the payment method.",
                "solution": "Please add a new payment method to the account.",
                "capability": "canSendTemplates",
            }
        ],
    },
    "phone_number.disconnected": {
        "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
        "phoneNumber": "+5491155551234",
        "wabaId": "770e8400-e29b-41d4-a716-446655440002",
        "reason": "PARTNER_REMOVED",
        "initiatedBy": "end_user",
    },
    **MESSAGE_EXAMPLES,
    "template.status_updated": {
        "wabaId": "770e8400-e29b-41d4-a716-446655440002",
        "templateName": "order_shipped",
        "languageCode": "es_AR",
        "status": "REJECTED",
        "reason": "INVALID_FORMAT",
    },
    "webhook.test": {"webhookId": "880e8400-e29b-41d4-a716-446655440003", "reason": "test_call"},
    "webhook.disabled": {"webhookId": "880e8400-e29b-41d4-a716-446655440003", "reason": "gone"},
}
