"""The bodies and answers that the OpenAPI document shows."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

TO = "5491155551234"
BODIES: dict[str, dict[str, Any]] = {
    "Text": {"type": "text", "to": TO, "text": "Hello!"},
    "Answer to a message": {
        "type": "text",
        "to": "AR.13491208655302741918",
        "text": "Yes, until 20:00.",
        "replyTo": "990e8400-e29b-41d4-a716-446655440004",
    },
    "Image by URL": {
        "type": "image",
        "to": TO,
        "mediaUrl": "https://shop.example.com/offer.png",
        "caption": "Today only",
    },
    "Document that was uploaded": {
        "type": "document",
        "to": TO,
        "mediaId": "aa0e8400-e29b-41d4-a716-446655440005",
        "filename": "invoice-17.pdf",
    },
    "Template": {
        "type": "template",
        "to": TO,
        "templateName": "order_shipped",
        "languageCode": "en_US",
        "parameters": {"header": [], "body": ["Ana", "17"], "buttons": ["track/17"]},
    },
    "Location": {
        "type": "location",
        "to": TO,
        "location": {"latitude": -34.6037, "longitude": -58.3816, "name": "The shop"},
    },
    "Contact": {
        "type": "contacts",
        "to": TO,
        "contacts": [{"name": {"formatted_name": "Ana Gomez"}, "phones": [{"phone": "+54 9 11 5555-1234"}]}],
    },
    "Buttons": {
        "type": "interactive",
        "to": TO,
        "interactive": {
            "type": "button",
            "body": {"text": "Shall we deliver today?"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]},
        },
    },
    "Reaction": {
        "type": "reaction",
        "to": TO,
        "reaction": {"messageId": "990e8400-e29b-41d4-a716-446655440004", "emoji": "👍"},
    },
}
ACCEPTED: dict[str, Any] = {
    "messageId": "bb0e8400-e29b-41d4-a716-446655440006",
    "wamid": "wamid.HBgNNTQ5MTE1NTU1MTIzNBUCABEYEjA",
    "status": "sent",
}
NEW_MESSAGE = [OpenApiExample(name, body, request_only=True) for name, body in BODIES.items()]
SENT = [
    OpenApiExample("Meta has accepted it", ACCEPTED, response_only=True, status_codes=["201"]),
    OpenApiExample(
        "On its way",
        ACCEPTED | {"wamid": None, "status": "pending"},
        response_only=True,
        status_codes=["201"],
    ),
]
WAS_READ = OpenApiExample("The message", ACCEPTED | {"status": "delivered"}, response_only=True)
READ = OpenApiExample("With a typing indicator", {"typing": True}, request_only=True)
