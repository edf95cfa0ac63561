"""The partner's app: what it is called and which webhooks it is subscribed to."""

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.graph.fields import NodeType
from meta_graph.sandbox.wsgi import Json

APP = NodeType("Application", "name", frozenset({"name"}))


def subscriptions(call: Call) -> Json:
    """`GET /{app}/subscriptions`, for the app's own token only."""
    if call.caller.kind != "APP":
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    app = call.node
    if not app["callback_url"]:
        return {"data": []}
    fields = [{"name": name, "version": call.version} for name in app["fields"]]
    row = {
        "object": "whatsapp_business_account",
        "callback_url": app["callback_url"],
        "active": app["is_active"],
        "fields": fields,
    }
    return {"data": [row]}
