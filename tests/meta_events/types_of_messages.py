"""A message of every type that Meta documents, as it stands in `messages`."""

from typing import Any

FILE = {"id": "2754859441498128", "mime_type": "image/jpeg", "sha256": "c2hh"}
# Every type of the contract's table, and what Meta has announced beside it.
TYPES: list[tuple[str, dict[str, Any]]] = [
    ("text", {"text": {"body": "Hola"}}),
    ("text", {"text": {"body": "Hola"}, "context": {"from": "15550783881", "id": "wamid.0"}}),
    ("text", {"text": {"body": "x"}, "context": {"forwarded": True, "frequently_forwarded": True}}),
    (
        "text",
        {
            "text": {"body": "x"},
            "referral": {"source_url": "https://fb.me/x", "source_type": "ad", "ctwa_clid": "1"},
        },
    ),
    ("image", {"image": FILE | {"caption": "Look"}}),
    ("image", {"image": FILE | {"url": "https://lookaside.fbsbx.com/x"}}),
    ("video", {"video": FILE | {"mime_type": "video/mp4"}}),
    ("audio", {"audio": FILE | {"mime_type": "audio/ogg; codecs=opus", "voice": True}}),
    ("document", {"document": FILE | {"filename": "invoice.pdf", "caption": "The invoice"}}),
    ("sticker", {"sticker": FILE | {"mime_type": "image/webp", "animated": False}}),
    (
        "location",
        {"location": {"latitude": -34.6, "longitude": -58.38, "name": "Obelisco", "address": "9 de Julio"}},
    ),
    (
        "contacts",
        {"contacts": [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1 555", "wa_id": "1555"}]}]},
    ),
    (
        "contacts",
        {"contacts": [{"name": {"formatted_name": "Bo"}, "vcard": "BEGIN:VCARD", "origin": "other"}]},
    ),
    ("reaction", {"reaction": {"message_id": "wamid.0", "emoji": "👍"}}),
    ("reaction", {"reaction": {"message_id": "wamid.0"}}),
    ("button", {"button": {"payload": "STOP", "text": "Stop"}}),
    ("interactive", {"interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}}),
    ("interactive", {"interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "One"}}}),
    (
        "interactive",
        {
            "interactive": {
                "type": "nfm_reply",
                "nfm_reply": {"response_json": "{}", "name": "flow", "body": "Sent"},
            }
        },
    ),
    ("interactive", {"nothing": 1}),
    (
        "order",
        {
            "order": {
                "catalog_id": "1",
                "text": "x",
                "product_items": [
                    {"product_retailer_id": "a", "quantity": 1, "item_price": 2.5, "currency": "USD"}
                ],
            }
        },
    ),
    ("system", {"system": {"body": "Ana changed", "wa_id": "5491100000000", "type": "user_changed_number"}}),
    ("system", {"system": {"body": "x", "user_id": "AR.2002", "type": "user_changed_user_id"}}),
    ("system", {"system": {"body": "x", "type": "customer_identity_changed", "identity": "9f"}}),
    (
        "edit",
        {"edit": {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "new"}}}},
    ),
    ("revoke", {"revoke": {"original_message_id": "wamid.0"}}),
    (
        "unsupported",
        {"errors": [{"code": 131051, "title": "Message type unknown"}], "unsupported": {"type": "poll"}},
    ),
    ("unsupported", {"errors": [{"code": 131060, "title": "Unsupported in coexistence"}]}),
    ("request_welcome", {}),
    ("group_invite", {"group_invite": {"id": "1"}}),
    ("something_new", {"something_new": {"a": [1, {"b": None}]}}),
]
