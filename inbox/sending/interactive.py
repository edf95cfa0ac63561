"""Interactive messages: each form's required parts are there before Meta is asked; the rest is passed on.

https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-messages
"""

from collections.abc import Iterator, Mapping
from typing import Any

from api.passed_on import PassedOn, wrong_part

BODY = "body.text"
# What each form cannot do without. A form that is not here is newer than this list, and passed on.
REQUIRED: dict[str, tuple[str, ...]] = {
    "button": (BODY, "action.buttons"),
    "list": (BODY, "action.button", "action.sections"),
    "cta_url": (BODY, "action.parameters.display_text", "action.parameters.url"),
    "flow": (BODY, "action.parameters.flow_message_version", "action.parameters.flow_cta"),
    "location_request_message": (BODY,),
    "product": ("action.catalog_id", "action.product_retailer_id"),
    "product_list": ("header.text", BODY, "action.catalog_id", "action.sections"),
    "catalog_message": (BODY,),
    "address_message": (BODY, "action.parameters.country"),
    "call_permission_request": (),
    "carousel": (BODY, "action.cards"),
    "request_contact_info": (BODY,),
    "order_details": (BODY, "action.parameters"),
    "order_status": (BODY, "action.parameters"),
}
# The one name that an action of a form has; filled in where it was left out.
ACTION_NAMES = {
    "cta_url": "cta_url",
    "flow": "flow",
    "location_request_message": "send_location",
    "catalog_message": "catalog_message",
    "address_message": "address_message",
    "call_permission_request": "call_permission_request",
    "request_contact_info": "request_contact_info",
    "order_details": "review_and_pay",
    "order_status": "review_order",
}
LISTS = {"action.buttons": 3, "action.sections": 10, "action.cards": 10}
HEADERS = ("text", "image", "video", "document")


class Interactive(PassedOn):
    """Meta's `interactive` object. Raises a ValidationError that names the part that is missing."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = super().to_internal_value(data)
        form = given.get("type")
        if not isinstance(form, str) or not form:
            raise wrong_part("type", "This field is required.", "required")
        if form in ACTION_NAMES and isinstance(given.setdefault("action", {}), dict):
            given["action"].setdefault("name", ACTION_NAMES[form])
        for path in REQUIRED.get(form, ()):
            check_part(given, path)
        check_header(given)
        for path, missing in missing_inside(given, form):
            raise wrong_part(path, missing, "required")
        return given


def check_part(given: Mapping[str, Any], path: str) -> None:
    found = part(given, path)
    if found in (None, "", [], {}):
        raise wrong_part(path, "This field is required.", "required")
    if path in LISTS and not isinstance(found, list):
        raise wrong_part(path, "A list is needed.", "not_a_list")
    if path in LISTS and len(found) > LISTS[path]:
        raise wrong_part(path, f"At most {LISTS[path]} are allowed.", "max_length")
    if path == BODY and not isinstance(found, str):
        raise wrong_part(path, "A string is needed.", "not_text")


def check_header(given: Mapping[str, Any]) -> None:
    header = given.get("header")
    if header is None:
        return
    kind = header.get("type") if isinstance(header, dict) else None
    if kind not in HEADERS:
        raise wrong_part("header.type", f"One of {', '.join(HEADERS)} is needed.", "invalid_choice")
    if not header.get(kind):
        raise wrong_part(f"header.{kind}", "This field is required.", "required")


def missing_inside(given: Mapping[str, Any], form: str) -> Iterator[tuple[str, str]]:
    """The parts of buttons and rows that are not there."""
    action = given.get("action") or {}
    if form == "button":
        for place, button in enumerate(action["buttons"]):
            for name in ("id", "title"):
                if not part(button, f"reply.{name}"):
                    yield f"action.buttons.{place}.reply.{name}", "This field is required."
    if form == "list":
        for place, section in enumerate(action["sections"]):
            rows = part(section, "rows")
            if not isinstance(rows, list) or not rows:
                yield f"action.sections.{place}.rows", "This field is required."
                return
            for number, row in enumerate(rows):
                for name in ("id", "title"):
                    if not part(row, name):
                        yield f"action.sections.{place}.rows.{number}.{name}", "This field is required."
    if form == "flow" and not any(part(action, f"parameters.{name}") for name in ("flow_id", "flow_name")):
        yield "action.parameters.flow_id", "Either flow_id or flow_name is required."


def part(given: Any, path: str) -> Any:
    """What stands at a path of names, None where there is nothing."""
    for name in path.split("."):
        given = given.get(name) if isinstance(given, dict) else None
    return given
