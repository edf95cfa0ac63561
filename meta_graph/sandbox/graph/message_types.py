"""What Meta asks of each type of message, and refuses.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#message-object
"""

import re
from collections.abc import Callable
from typing import Any

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.graph.interactives import check_interactive
from meta_graph.sandbox.graph.template_messages import check_template
from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.messaging.files import KINDS, kind_of
from meta_graph.sandbox.messaging.outcomes import Outcome
from meta_graph.sandbox.wsgi import Json

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
WITH_CAPTION = frozenset({"image", "video", "document"})


def known(type_: str) -> str:
    """Raises GraphError for what is no type."""
    if type_ not in TYPES:
        named = ", ".join(sorted(name.upper() for name in TYPES))
        raise GraphError(100, f'(#100) Param type must be one of {{{named}}} - got "{type_}".')
    return type_


def check(call: Call, type_: str, body: Json, person: Json) -> Json | None:
    """Raises GraphError for a message that Meta would not take; returns the template of one that has one."""
    content = body.get(type_)
    if not content:
        raise GraphError(100, f"(#100) The parameter {type_} is required.")
    if type_ == "template":
        return check_template(call, content, is_number=bool(body.get("to")))
    CHECKS[type_](call, type_, content)
    return None


def ending(call: Call, type_: str, body: Json, usual: Outcome) -> Outcome:
    """A reaction to what is no message of the chat fails later, by a status."""
    if type_ == "reaction" and call.world.chats.find(str(body["reaction"]["message_id"])) is None:
        return Outcome(("failed",), 131009)
    return usual


def check_text(call: Call, type_: str, content: Any) -> None:
    required(content, "text", "body")
    if len(str(content["body"])) > LONGEST_TEXT:
        raise GraphError(100, f"(#100) Param text['body'] must be at most {LONGEST_TEXT} characters long.")


def check_media(call: Call, type_: str, content: Any) -> None:
    """An id of this number's media of that type, or a link; captions where a type has them."""
    required(content, type_)
    if bool(content.get("id")) == bool(content.get("link")):
        raise invalid_parameter(f"{type_} needs one of id and link")
    if content.get("link") and not re.match(r"https?://\S+$", str(content["link"])):
        raise refusal(131009, f"{type_}.link is not a URL.")
    if content.get("id"):
        check_media_id(call, type_, str(content["id"]))
    if content.get("caption") and type_ not in WITH_CAPTION:
        raise invalid_parameter(f"{type_} has no caption")
    if len(str(content.get("caption") or "")) > LONGEST_CAPTION:
        raise invalid_parameter(f"{type_}.caption is longer than {LONGEST_CAPTION} characters")


def check_media_id(call: Call, type_: str, identifier: str) -> None:
    media = call.state.objects.get(identifier, {})
    is_ours = media.get("kind") == "media" and media["phone"] == call.node["id"]
    if not is_ours or media["expires_at"] <= call.world.now():
        raise GraphError(
            100,
            f"(#100) Param {type_}['id'] is not a valid whatsapp business account media attachment ID",
        )
    if kind_of(media["mime_type"]) != type_:
        raise refusal(131053, f"The media is not of a type that can be sent as {type_}.")


def check_location(call: Call, type_: str, content: Any) -> None:
    required(content, "location", "latitude", "longitude")
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            is_right = abs(float(content[name])) <= most
        except (TypeError, ValueError):
            is_right = False
        if not is_right:
            raise refusal(131009, f"location.{name} is not a coordinate.")


def check_contacts(call: Call, type_: str, content: Any) -> None:
    if not isinstance(content, list):
        raise invalid_parameter("contacts must be a list")
    for contact in content:
        required(contact, "contacts", "name")
        required(contact["name"], "contacts.name", "formatted_name")


def check_reaction(call: Call, type_: str, content: Any) -> None:
    required(content, "reaction", "message_id")
    if not isinstance(content.get("emoji", ""), str):
        raise invalid_parameter("reaction.emoji must be a text")


def required(content: Any, name: str, *fields: str) -> None:
    """Raises GraphError 131008 for what is not there."""
    if not isinstance(content, dict):
        raise invalid_parameter(f"{name} must be an object")
    for field in fields:
        if content.get(field) in (None, ""):
            raise refusal(131008, f"Required parameter is missing: {name}.{field}")


def check_interactive_message(call: Call, type_: str, content: Any) -> None:
    required(content, "interactive", "type")
    check_interactive(content)


Check = Callable[[Call, str, Any], None]
CHECKS: dict[str, Check] = {
    "text": check_text,
    **dict.fromkeys(KINDS, check_media),
    "location": check_location,
    "contacts": check_contacts,
    "reaction": check_reaction,
    "interactive": check_interactive_message,
}
TYPES = frozenset({*CHECKS, "template"})
