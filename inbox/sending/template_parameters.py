"""`parameters` of a template message, turned into Meta's components.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
"""

from typing import Any

from api.passed_on import PassedOn, wrong_part

PARTS = ("header", "body", "buttons")
MEDIA = ("image", "video", "document")
MAX_PARAMETERS = 100
# What a button of each kind takes: our name for it, and the parameter that Meta wants.
OF_BUTTONS = {
    "url": ("text", "text", "text"),
    "quick_reply": ("payload", "payload", "payload"),
    "copy_code": ("code", "coupon_code", "coupon_code"),
}
NEEDED = "required"


class TemplateParameters(PassedOn):
    """`{header: [..], body: [..], buttons: [..]}`; a value of each, in the order of the placeholders. Null is
    as if it were not there.

    A value is a text, `{name, text}` for a named placeholder, `{type: image, mediaId or mediaUrl}` (video,
    document) or Meta's own parameter object. A button's is the text that its URL ends with, an object `{type,
    text | payload | code | parameters, index}`, or null for a button that takes nothing.
    """

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = super().to_internal_value(data)
        for name in given:
            if name not in PARTS:
                raise wrong_part(name, "Unknown field.", "unknown")
        given = {name: values for name, values in given.items() if values is not None}
        for name, values in given.items():
            if not isinstance(values, list):
                raise wrong_part(name, "A list is needed.", "not_a_list")
            if len(values) > MAX_PARAMETERS:
                raise wrong_part(name, f"At most {MAX_PARAMETERS} are allowed.", "max_length")
            for place, value in enumerate(values):
                (check_button if name == "buttons" else check_value)(value, f"{name}.{place}")
        return given


def check_value(value: Any, path: str) -> None:
    if isinstance(value, str):
        if not value:
            raise wrong_part(path, "This field may not be blank.", "blank")
        return
    if not isinstance(value, dict):
        raise wrong_part(path, "A string or an object is needed.", "not_text")
    kind = value.get("type", "text")
    if not isinstance(kind, str):
        raise wrong_part(f"{path}.type", "A string is needed.", "not_text")
    if kind == "text" and not isinstance(value.get("text"), str):
        raise wrong_part(f"{path}.text", "This field is required.", NEEDED)
    ours = [name for name in ("mediaId", "mediaUrl") if value.get(name)]
    if kind in MEDIA and kind not in value and len(ours) != 1:
        raise wrong_part(f"{path}.mediaId", "Either mediaId or mediaUrl is needed.", NEEDED)


def check_button(value: Any, path: str) -> None:
    if value is None or (isinstance(value, str) and value):
        return
    if not isinstance(value, dict):
        raise wrong_part(path, "A string or an object is needed.", "not_text")
    kind, index = value.get("type"), value.get("index", 0)
    if not isinstance(kind, str):
        raise wrong_part(f"{path}.type", "This field is required.", NEEDED)
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < MAX_PARAMETERS:
        raise wrong_part(f"{path}.index", "The button's place is needed, from 0.", "invalid")
    if "parameters" in value:
        if not isinstance(value["parameters"], list):
            raise wrong_part(f"{path}.parameters", "A list is needed.", "not_a_list")
        return
    if kind.lower() not in OF_BUTTONS:
        raise wrong_part(f"{path}.parameters", "This field is required for such a button.", NEEDED)
    name, *_ = OF_BUTTONS[kind.lower()]
    if not isinstance(value.get(name), str) or not value[name]:
        raise wrong_part(f"{path}.{name}", "This field is required.", NEEDED)


def components(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Meta's components. Media of ours are named by Meta's ids already."""
    made: list[dict[str, Any]] = [
        {"type": part, "parameters": [parameter(value) for value in given[part]]}
        for part in ("header", "body")
        if given.get(part)
    ]
    for place, value in enumerate(given.get("buttons") or ()):
        if value is not None:
            made.append(button(value, place))
    return made


def parameter(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": "text", "text": value}
    kind = value.get("type", "text")
    if kind == "text":
        named = {"parameter_name": value["name"]} if value.get("name") else {}
        rest = {name: inner for name, inner in value.items() if name not in {"name", "type", "text"}}
        return {"type": "text", **named, "text": value["text"], **rest}
    if kind in MEDIA and kind not in value:
        where = {"id": value["mediaId"]} if value.get("mediaId") else {"link": value["mediaUrl"]}
        called = {"filename": value["filename"]} if value.get("filename") else {}
        return {"type": kind, kind: where | called}
    return dict(value)


def button(value: Any, place: int) -> dict[str, Any]:
    given = {"type": "url", "text": value} if isinstance(value, str) else value
    kind = given["type"].lower()
    parameters = given.get("parameters")
    if parameters is None:
        ours, theirs, key = OF_BUTTONS[kind]
        parameters = [{"type": theirs, key: given[ours]}]
    return {
        "type": "button",
        "sub_type": kind,
        "index": str(given.get("index", place)),
        "parameters": parameters,
    }
