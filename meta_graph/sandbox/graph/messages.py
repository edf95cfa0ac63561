"""Messages: sending one, and marking one of a person's as read.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from meta_graph.sandbox.graph import message_types
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.graph.phone_numbers import not_registered
from meta_graph.sandbox.messaging import habits, people, statuses, telling
from meta_graph.sandbox.messaging.chats import new_wamid
from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.messaging.outcomes import outcome
from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.scenario_table import SCENARIOS
from meta_graph.sandbox.wsgi import Json

LONGEST_CALLBACK_DATA = 512


def send(call: Call) -> Json:
    """`POST /{phone}/messages`: accepted with a wamid; what becomes of it comes by webhook."""
    phone, body = call.node, call.request.body_fields
    with call.state:
        type_ = checked_type(call)
        person = recipient(call)
        template = message_types.check(call, type_, body, person)
        habits.check_rates(call.world, phone, person)
        is_free = type_ != "template"
        code = 131047 if is_free and habits.check_window(call.world, phone, person) else None
        ending = outcome(type_, habits.habits(call.world), chosen(call), code=code)
        ending = message_types.ending(call, type_, body, ending)
        entry = add(call, type_, person, template)
    statuses.follow(call.world, phone, entry, ending, habits.habits(call.world)["everyMs"])
    return accepted(call, person, entry)


def checked_type(call: Call) -> str:
    """The type of a message that may be sent at all. Raises GraphError."""
    body = call.request.body_fields
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required.")
    if call.node["status"] != "CONNECTED":
        raise not_registered()
    if body.get("recipient_type", "individual") != "individual":
        raise invalid_parameter("recipient_type must be individual")
    if len(str(body.get("biz_opaque_callback_data") or "")) > LONGEST_CALLBACK_DATA:
        raise invalid_parameter(f"biz_opaque_callback_data is longer than {LONGEST_CALLBACK_DATA} characters")
    context = body.get("context")
    if context is not None and not (isinstance(context, dict) and context.get("message_id")):
        raise invalid_parameter("context needs a message_id")
    return message_types.known(str(body.get("type", "text")))


def recipient(call: Call) -> Json:
    """The person behind `to` (a number) or `recipient` (a user id); with both the number counts."""
    body, business = call.request.body_fields, telling.business_of(call.world, call.node)
    to, user_id = body.get("to"), body.get("recipient")
    if to:
        digits = digits_of(str(to))
        if not 7 <= len(digits) <= 15 or any(character.isalpha() for character in str(to)):
            raise refusal(131009, "to is not a phone number.")
        if digits == telling.own_digits(call.node):
            raise refusal(131021)
        return people.with_number(call.state, business, digits)
    if not user_id:
        raise GraphError(100, "(#100) The parameter to is required.")
    person = people.with_user_id(call.state, business, str(user_id))
    if person is None:
        raise refusal(131026, "recipient is no user of this business portfolio.")
    return person


def chosen(call: Call) -> list[Json]:
    """The outcomes that scenarios choose for this call."""
    makers = [(SCENARIOS[active["name"]].outcome, active) for active in call.taken]
    return [make(active) for make, active in makers if make is not None]


def add(call: Call, type_: str, person: Json, template: Json | None) -> Json:
    body = call.request.body_fields
    fields = {
        "wamid": new_wamid(),
        "type": type_,
        "content": body.get(type_),
        "context": body.get("context"),
        "body": body,
        "callbackData": body.get("biz_opaque_callback_data"),
        "category": template["category"].lower() if template else None,
        "addressedBy": "number" if body.get("to") else "user_id",
    }
    return call.world.chats.add(call.node["id"], person, "out", call.world.now(), fields)


def accepted(call: Call, person: Json, entry: Json) -> Json:
    """To a number the answer has the WhatsApp id alone, to a user id the user id alone."""
    body = call.request.body_fields
    if entry["addressedBy"] == "number":
        contact = {"input": str(body["to"]), "wa_id": person["number"]}
    else:
        contact = {"input": str(body["recipient"]), "user_id": person["userId"]}
    message: Json = {"id": entry["wamid"]}
    if entry["type"] == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}


def mark_read(call: Call) -> Json:
    """`POST /{phone}/messages {status: "read", message_id}`: it and all before it in the chat are read."""
    body = call.request.body_fields
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required.")
    typing = body.get("typing_indicator")
    if typing is not None and not (isinstance(typing, dict) and typing.get("type") == "text"):
        raise invalid_parameter("typing_indicator.type must be text")
    chats = call.world.chats
    found = chats.find(str(body.get("message_id", "")))
    if found is None or found["phoneNumberId"] != call.node["id"] or found["direction"] != "in":
        raise invalid_parameter("message_id is no message that this number received")
    for entry in chats.listed(call.node["id"], found["number"], "in"):
        chats.note(entry, isRead=True)
        if entry is found:
            break
    chats.note(found, isRead=True, isTyping=typing is not None)
    return {"success": True}
