"""WhatsApp Business accounts: their numbers, their users, their webhook subscription, what they own."""

import json

from meta_graph.sandbox import numbers, preverified
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.graph.fields import read
from meta_graph.sandbox.graph.nodes import CATALOG, DATASET, PHONE_NUMBER
from meta_graph.sandbox.graph.oauth import require_partner
from meta_graph.sandbox.graph.paging import paged
from meta_graph.sandbox.handshake import verify_callback
from meta_graph.sandbox.wsgi import Json

TASKS = frozenset(
    {
        "DEVELOP",
        "MANAGE",
        "MANAGE_BILLING",
        "MANAGE_EXTENSIONS",
        "MANAGE_PHONE",
        "MANAGE_PHONE_ASSETS",
        "MANAGE_TEMPLATES",
        "MESSAGING",
        "VIEW_COST",
        "VIEW_PHONE_ASSETS",
        "VIEW_TEMPLATES",
    }
)


def phone_numbers(call: Call) -> Json:
    phones = call.state.of_kind("phone_number", waba=call.node["id"])
    return paged(call, [read(call, phone, PHONE_NUMBER, call.text("fields")) for phone in phones])


def add_phone_number(call: Call) -> Json:
    """`POST /{waba}/phone_numbers {cc, phone_number, verified_name}`: added unverified."""
    if not call.text("cc").isdigit() or not call.text("phone_number") or not call.text("verified_name"):
        raise invalid_parameter("cc, phone_number and verified_name are required")
    display = f"+{call.text('cc')} {call.text('phone_number')}"
    if numbers.find(call.state, display) is not None:
        raise GraphError(136021, "(#136021) This phone number is already in use", subcode=2388012)
    preverified.claim(call.state, display)
    phone = numbers.add(call.state, call.node["id"], display, call.text("verified_name"))
    phone["code_verification_status"] = "NOT_VERIFIED"
    return {"id": phone["id"]}


def assigned_users(call: Call) -> Json:
    """`GET /{waba}/assigned_users?business=`: who of our portfolio may work on the account."""
    require_partner(call.caller)
    if call.text("business") != call.world.config.business_id:
        raise GraphError(100, "(#100) The parameter business is required")
    rows = [
        {"id": user, "name": call.state.objects[user]["name"], "tasks": tasks}
        for user, tasks in call.node.get("assigned_users", {}).items()
    ]
    return paged(call, rows)


def assign_user(call: Call) -> Json:
    """`POST /{waba}/assigned_users?user=&tasks=`: by an admin system user's token only."""
    require_partner(call.caller)
    if call.state.objects[call.world.config.system_user_id]["role"] != "ADMIN":
        raise GraphError(200, "(#200) Permissions error", details="An admin system user is required.")
    user, tasks = call.state.objects.get(call.text("user"), {}), parsed_tasks(call.text("tasks"))
    if user.get("kind") != "system_user":
        raise invalid_parameter("user must be a system user of the portfolio")
    if not tasks or not set(tasks) <= TASKS:
        raise invalid_parameter(f"tasks must be some of {', '.join(sorted(TASKS))}")
    call.node.setdefault("assigned_users", {})[user["id"]] = tasks
    return {"success": True}


def parsed_tasks(text: str) -> list[str]:
    """A JSON array, with the quotes of JSON or with those of Meta's own examples."""
    try:
        tasks = json.loads(text.replace("'", '"'))
    except ValueError:
        return []
    return tasks if isinstance(tasks, list) and all(isinstance(task, str) for task in tasks) else []


def subscribe(call: Call) -> Json:
    """`POST /{waba}/subscribed_apps`: an override's URL is verified first; without one it is removed."""
    url = call.text("override_callback_uri")
    if len(url) > 200:
        raise invalid_parameter("override_callback_uri is longer than 200 characters")
    if url:
        verify_callback(url, call.text("verify_token"))
    with call.state:
        call.node["is_subscribed"] = True
        call.node["override_callback_uri"] = url or None
    return {"success": True}


def unsubscribe(call: Call) -> Json:
    call.node["is_subscribed"] = False
    call.node["override_callback_uri"] = None
    return {"success": True}


def subscribed_apps(call: Call) -> Json:
    if not call.node["is_subscribed"]:
        return {"data": []}
    config = call.world.config
    link = f"https://www.facebook.com/games/?app_id={config.app_id}"
    app: Json = {"whatsapp_business_api_data": {"id": config.app_id, "link": link, "name": config.app_name}}
    if call.node["override_callback_uri"]:
        app["override_callback_uri"] = call.node["override_callback_uri"]
    return {"data": [app]}


def dataset(call: Call) -> Json:
    """`GET /{waba}/dataset`: the one dataset of the account, empty where there is none."""
    for node in call.state.of_kind("dataset", business=call.node["business"]):
        return read(call, node, DATASET, call.text("fields"))
    return {"data": []}


def product_catalogs(call: Call) -> Json:
    catalogs = call.state.of_kind("catalog", business=call.node["business"])
    return paged(call, [read(call, node, CATALOG, call.text("fields")) for node in catalogs])
