"""Business portfolios: what customers share with ours and who acts for it, and what a customer's owns."""

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import unreachable
from meta_graph.sandbox.graph.fields import NodeType, read
from meta_graph.sandbox.graph.nodes import INSTAGRAM, PAGE, WABA
from meta_graph.sandbox.graph.oauth import require_partner
from meta_graph.sandbox.graph.paging import paged
from meta_graph.sandbox.graph.tokens import may_reach
from meta_graph.sandbox.wsgi import Json


def owned(call: Call, kind: str, node_type: NodeType) -> Json:
    """All assets of one kind that belong to the portfolio; accounts only where the token covers them."""
    nodes = call.state.of_kind(kind, business=call.node["id"])
    if kind == "waba":
        nodes = filter(lambda waba: may_reach(call.world, call.caller, waba), nodes)
    return paged(call, [read(call, node, node_type, call.text("fields")) for node in nodes])


def owned_pages(call: Call) -> Json:
    return owned(call, "page", PAGE)


def instagram_accounts(call: Call) -> Json:
    return owned(call, "instagram_account", INSTAGRAM)


def system_users(call: Call) -> Json:
    """`GET /{our business}/system_users`."""
    require_partner(call.caller)
    users = call.state.of_kind("system_user", business=call.node["id"])
    return paged(call, [{"id": user["id"], "name": user["name"], "role": user["role"]} for user in users])


def owned_wabas(call: Call) -> Json:
    return owned(call, "waba", WABA)


def client_wabas(call: Call) -> Json:
    """`GET /{our business}/client_whatsapp_business_accounts`: every WABA shared with us, newest first."""
    require_partner(call.caller)
    if call.node["id"] != call.world.config.business_id:
        raise unreachable("get", call.node["id"])
    wabas = [node for node in call.state.of_kind("waba") if node["is_shared"]]
    return paged(call, [read(call, node, WABA, call.text("fields")) for node in reversed(wabas)])
