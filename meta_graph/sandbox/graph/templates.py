"""Message templates of an account: listed, handed in, edited, deleted.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
"""

import json
import re
from typing import Any

from meta_graph.sandbox.graph import uploads
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.graph.fields import NodeType, read
from meta_graph.sandbox.graph.paging import paged
from meta_graph.sandbox.messaging import reviews
from meta_graph.sandbox.scenario_table import SCENARIOS
from meta_graph.sandbox.wsgi import Json

CATEGORIES = frozenset({"AUTHENTICATION", "MARKETING", "UTILITY"})
COMPONENTS = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"})
# Meta does not count what is no letter or digit.
DANGLING = re.compile(r"^\W*\{\{\w+\}\}|\{\{\w+\}\}\W*$")
TEMPLATE = NodeType(
    "WhatsAppMessageTemplate",
    "name,status,category,language,components",
    frozenset({"name", "status", "category", "language", "components", "rejected_reason", "quality_score"}),
)


def listed(call: Call) -> Json:
    """`GET /{waba}/message_templates`: `name` is looked for in names, the other filters are exact."""
    exact = {name: call.text(name) for name in ("status", "category", "language") if call.text(name)}
    found = [
        read(call, template, TEMPLATE, call.text("fields"))
        for template in call.state.of_kind("template", waba=call.node["id"], **exact)
        if call.text("name") in template["name"]
    ]
    return paged(call, found)


def create(call: Call) -> Json:
    """`POST /{waba}/message_templates`: PENDING, and decided on by webhook."""
    name, language = call.text("name"), call.text("language")
    components = objects(call.fields.get("components"))
    if not re.fullmatch(r"[a-z0-9_]{1,512}", name):
        raise invalid_parameter("name may have small letters, digits and underscores")
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2,4})?", language):
        raise invalid_parameter("language is no language of templates")
    if call.text("category") not in CATEGORIES:
        raise invalid_parameter(f"category must be one of {', '.join(sorted(CATEGORIES))}")
    check_components(components)
    check_sample(call, components)
    if next(call.state.of_kind("template", waba=call.node["id"], name=name, language=language), None):
        raise GraphError(100, "Invalid parameter", subcode=2388024,
                         details="Content in this language already exists")  # fmt: skip
    template = call.state.add(
        "template",
        waba=call.node["id"],
        name=name,
        language=language,
        category=call.text("category"),
        components=components,
        quality_score={"score": "UNKNOWN"},
        **first_status(call),
    )
    if template["status"] == "PENDING":
        reviews.review(call.world, template)
    return {name: template[name] for name in ("id", "status", "category")}


def first_status(call: Call) -> Json:
    """PENDING, unless a scenario has Meta decide at once."""
    makers = [(SCENARIOS[active["name"]].outcome, active) for active in call.taken]
    decided = next((make(active) for make, active in makers if make is not None), {})
    return {"status": "PENDING", "rejected_reason": "NONE"} | decided


def objects(value: Any) -> list[Json]:
    """A list of components; a form carries it as JSON in a text."""
    try:
        components = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        components = None
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise invalid_parameter("components must be a list of objects")
    return components


def check_components(components: list[Json]) -> None:
    kinds = [str(component.get("type", "")).upper() for component in components]
    if not set(kinds) <= COMPONENTS or len(set(kinds)) < len(kinds) or "BODY" not in kinds:
        raise invalid_parameter("components must have a BODY, and no type twice")
    body = components[kinds.index("BODY")]
    text, example = str(body.get("text", "")), body.get("example")
    if "{{" in text and not example:
        raise GraphError(100, "Invalid parameter", subcode=2388043,
                         details="A body with variables needs an example.")  # fmt: skip
    if DANGLING.search(text):
        raise GraphError(100, "Invalid parameter", subcode=2388299,
                         details="Variables can't be at the start or end of the template.")  # fmt: skip


def check_sample(call: Call, components: list[Json]) -> None:
    """A header with a document is reviewed by a sample of one, which was uploaded before.

    Of pictures and films any text is taken here for a handle.
    """
    for header in (one for one in components if str(one.get("format", "")).upper() == "DOCUMENT"):
        example = header.get("example")
        handles = example.get("header_handle") if isinstance(example, dict) else None
        if not isinstance(handles, list) or not handles or not uploads.is_handle(call.state, handles[0]):
            raise GraphError(100, "Invalid parameter", subcode=2388043,
                             details="A header with a document needs the handle of a sample.")  # fmt: skip


def delete(call: Call) -> Json:
    """`DELETE /{waba}/message_templates?name=&hsm_id=`: in all languages, or the one with that id."""
    found = [
        template
        for template in call.state.of_kind("template", waba=call.node["id"], name=call.text("name"))
        if call.text("hsm_id") in ("", template["id"])
    ]
    if not found:
        raise GraphError(100, "Invalid parameter", subcode=2593002, details="Message template not found")
    for template in found:
        del call.state.objects[template["id"]]
    return {"success": True}
