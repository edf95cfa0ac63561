"""Meta's decisions on templates, and the webhook that tells each.

https://developers.facebook.com/docs/whatsapp/business-management-api/webhooks/components
"""

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.messaging.habits import habits
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.webhooks import Notification
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

REJECTED, REASON, NO_REASON = "REJECTED", "INVALID_FORMAT", "NONE"


def review(world: World, template: Json) -> None:
    """Decides a moment later; a name with "reject" in it is rejected, whatever else is the habit."""
    known = habits(world)
    if known["reviewMs"] is None:
        return
    status = REJECTED if "reject" in template["name"] else str(known["review"])
    world.later.run(lambda: end(world, template, status), float(known["reviewMs"]) / 1000)


def end(world: World, template: Json, status: str) -> None:
    """The review's end, unless the template was decided on or deleted meanwhile."""
    with world.state as state:
        if state.objects.get(template["id"], {}).get("status") != "PENDING":
            return
        one = decided(world, template, status)
    webhooks.deliver(world, one)


def decide(world: World, identifier: str, status: str, reason: str = "") -> Json:
    """Another status of a template, told at once: `{statuses, value}`. Raises UnknownObjectError."""
    with world.state as state:
        template = state.objects.get(identifier, {})
        if template.get("kind") != "template":
            raise UnknownObjectError(identifier)
        one = decided(world, template, status, reason)
    return {"statuses": [webhooks.post(world, one)], "value": one.value}


def decided(world: World, template: Json, status: str, reason: str = "") -> Notification:
    """The template has its new status, and this tells it: templates always go to the app's own callback."""
    why = reason or (REASON if status == REJECTED else NO_REASON)
    template |= {"status": status, "rejected_reason": why}
    value: Json = {
        "event": status,
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": why,
        "message_template_category": template["category"],
    }
    if status == "PAUSED":
        value["other_info"] = {"title": "FIRST_PAUSE", "description": "The template has low quality."}
    return webhooks.notification(world, template["waba"], "message_template_status_update", value)
