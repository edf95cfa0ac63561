"""Interactive messages: what each form of them needs.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#interactive-object
"""

from typing import Any

from meta_graph.sandbox.graph.errors import invalid_parameter
from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.wsgi import Json

# What the action of each form must hold; all but the forms in WITHOUT_BODY have a body.
ACTIONS = {
    "button": ("buttons",),
    "list": ("button", "sections"),
    "cta_url": ("name", "parameters"),
    "flow": ("name", "parameters"),
    "location_request_message": ("name",),
    "address_message": ("name", "parameters"),
    "call_permission_request": ("name",),
    "request_contact_info": ("name",),
    "product": ("catalog_id", "product_retailer_id"),
    "product_list": ("catalog_id", "sections"),
    "catalog_message": ("name",),
    "carousel": ("cards",),
}
WITHOUT_BODY = frozenset({"product"})
MOST_BUTTONS, MOST_ROWS, LONGEST_BODY, LONGEST_TITLE, LONGEST_ROW = 3, 10, 1024, 20, 24


def check_interactive(content: Json) -> None:
    """Raises GraphError for a form that Meta does not know, or one that lacks or exceeds something."""
    form, action = str(content["type"]), content.get("action")
    if form not in ACTIONS:
        raise refusal(131009, f"interactive.type is none of {', '.join(ACTIONS)}")
    if not isinstance(action, dict):
        raise refusal(131008, "Required parameter is missing: interactive.action")
    for name in ACTIONS[form]:
        if not action.get(name):
            raise refusal(131008, f"Required parameter is missing: interactive.action.{name}")
    check_body(form, content.get("body"))
    if form == "button":
        check_buttons(action["buttons"])
    if form == "list":
        check_sections(action["sections"])


def check_body(form: str, body: Any) -> None:
    text = body.get("text") if isinstance(body, dict) else None
    if not text and form not in WITHOUT_BODY:
        raise refusal(131008, "Required parameter is missing: interactive.body.text")
    if len(str(text or "")) > LONGEST_BODY * (4 if form == "list" else 1):
        raise refusal(131009, "interactive.body.text is too long")


def check_buttons(buttons: Any) -> None:
    replies = [button.get("reply") for button in objects("action.buttons", buttons)]
    if not 1 <= len(replies) <= MOST_BUTTONS:
        raise refusal(131009, f"There must be 1 to {MOST_BUTTONS} buttons")
    check_titles(objects("buttons.reply", replies), LONGEST_TITLE)


def check_sections(sections: Any) -> None:
    rows = [
        row
        for section in objects("action.sections", sections)
        for row in objects("section.rows", section.get("rows"))
    ]
    if not 1 <= len(rows) <= MOST_ROWS:
        raise refusal(131009, f"There must be 1 to {MOST_ROWS} rows")
    check_titles(rows, LONGEST_ROW)


def check_titles(rows: list[Json], longest: int) -> None:
    for row in rows:
        if not row.get("id") or not row.get("title"):
            raise refusal(131008, "Required parameter is missing: id and title")
        if len(str(row["title"])) > longest:
            raise refusal(131009, f"The title is longer than {longest} characters")
    if len({str(row["id"]) for row in rows}) < len(rows):
        raise refusal(131009, "The ids are not unique")


def objects(name: str, value: Any) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid_parameter(f"{name} must be a list of objects")
    return value
