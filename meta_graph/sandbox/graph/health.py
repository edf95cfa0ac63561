"""`health_status`: what Meta says of the ability to send, from the worst of the entities."""

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.wsgi import Json

ORDER = ("AVAILABLE", "LIMITED", "BLOCKED")
NOT_REGISTERED = {
    "error_code": 141000,
    "error_description": "The phone number is not registered with Cloud API.",
    "possible_solution": "Register the phone number.",
}


def entity(kind: str, identifier: str, node: Json) -> Json:
    """One entity; a node's own `health` (set by a scenario or a test) is added as it is."""
    return {"entity_type": kind, "id": identifier, "can_send_message": "AVAILABLE", **node.get("health", {})}


def phone_entity(phone: Json) -> Json:
    if phone["status"] == "CONNECTED":
        return entity("PHONE_NUMBER", phone["id"], phone)
    return entity("PHONE_NUMBER", phone["id"], phone) | {
        "can_send_message": "BLOCKED",
        "errors": [NOT_REGISTERED],
    }


def health_status(call: Call, node: Json, nested: str = "") -> Json:
    entities = []
    waba = node
    if node["kind"] == "phone_number":
        entities.append(phone_entity(node))
        waba = call.state.objects[node["waba"]]
    entities.append(entity("WABA", waba["id"], waba))
    entities.append(entity("BUSINESS", waba["business"], call.state.objects[waba["business"]]))
    entities.append(entity("APP", call.world.config.app_id, {}))
    worst = max((part["can_send_message"] for part in entities), key=ORDER.index)
    return {"can_send_message": worst, "entities": entities}
