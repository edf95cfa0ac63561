"""A number of the WhatsApp Business app: its contacts and chats, asked for once each, sent by webhook.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

import secrets

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.wsgi import Json

WINDOW = 24 * 3600  # seconds after the onboarding
SYNC_TYPES = ("smb_app_state_sync", "history")
CUSTOMER = {"wa_id": "16315550123", "user_id": "US.13491208655302741918"}
DECLINED = {
    "code": 2593109,
    "title": "History sync is turned off by the business from the WhatsApp Business App",
    "message": "History sync is turned off by the business from the WhatsApp Business App",
    "error_data": {"details": "History sharing is turned off by the business."},
}


def request_sync(call: Call) -> Json:
    """`POST /{phone}/smb_app_data`: accepted once a type, within 24 hours, for numbers of the app alone."""
    phone, sync_type = call.node, call.text("sync_type")
    if call.text("messaging_product") != "whatsapp" or sync_type not in SYNC_TYPES:
        raise invalid_parameter(f"sync_type must be one of {', '.join(SYNC_TYPES)}")
    if not phone["is_on_biz_app"]:
        raise invalid_parameter("the number is not used with the WhatsApp Business app")
    if not call.state.objects[phone["waba"]]["is_subscribed"]:
        raise invalid_parameter("the app is not subscribed to the account's webhooks")
    if sync_type in phone.setdefault("syncs", {}):
        raise GraphError(2593107, "(#2593107) Synchronization request limit exceeded",
                         details="This synchronization was requested before.")  # fmt: skip
    if call.world.now() - phone.get("onboarded_at", 0) > WINDOW:
        raise GraphError(2593108, "(#2593108) Synchronization request made outside of the allowed window",
                         details="More than 24 hours have passed since the onboarding.")  # fmt: skip
    request_id = secrets.token_hex(16)
    phone["syncs"][sync_type] = request_id
    tell(call, phone, sync_type)
    return {"messaging_product": "whatsapp", "request_id": request_id}


def tell(call: Call, phone: Json, sync_type: str) -> None:
    """What follows by webhook: a contact, a chat, or that the history was not shared."""
    digits = digits_of(phone["display_phone_number"])
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": digits, "phone_number_id": phone["id"]},
    }
    if sync_type == "history":
        declined = phone.get("is_history_declined", False)
        value["history"] = [{"errors": [DECLINED]}] if declined else [chunk(call, digits)]
    else:
        value["state_sync"] = [contact(call)]
    waba = call.state.objects[phone["waba"]]
    override = phone.get("override_callback_uri") or waba.get("override_callback_uri")
    one = webhooks.notification(call.world, waba["id"], sync_type, value, override=override)
    webhooks.send(call.world, one)


def contact(call: Call) -> Json:
    return {
        "type": "contact",
        "contact": {"full_name": "Ana Ruiz", "first_name": "Ana", "phone_number": CUSTOMER["wa_id"]},
        "action": "add",
        "metadata": {"timestamp": str(int(call.world.now()))},
    }


def chunk(call: Call, digits: str) -> Json:
    message = {
        "from": CUSTOMER["wa_id"],
        "to": digits,
        "id": f"wamid.{secrets.token_hex(24)}",
        "timestamp": str(int(call.world.now()) - 3600),
        "type": "text",
        "text": {"body": "Are you open on Sunday?"},
        "history_context": {"status": "READ"},
    }
    thread = {"id": CUSTOMER["wa_id"], "context": CUSTOMER, "messages": [message]}
    return {"metadata": {"phase": 0, "chunk_order": 1, "progress": 100}, "threads": [thread]}
