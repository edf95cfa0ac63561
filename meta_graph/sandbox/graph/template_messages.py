"""Messages made from a template, which must be approved in that language and get all its parameters."""

import re
from typing import Any

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.wsgi import Json

REFUSED = {"PAUSED": 132015, "DISABLED": 132016}
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def check_template(call: Call, content: Any, *, is_number: bool) -> Json:
    """The template. Raises GraphError where it cannot be sent so."""
    if not isinstance(content, dict):
        raise invalid_parameter("template must be an object")
    language = content.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not content.get("name") or not code:
        raise refusal(131008, "Required parameter is missing: template.name and template.language.code")
    template = found(call, str(content["name"]), str(code))
    if template["category"] == "AUTHENTICATION" and not is_number:
        raise refusal(131062)
    check_parameters(template, content.get("components") or [])
    return template


def found(call: Call, name: str, code: str) -> Json:
    waba = call.node["waba"]
    template = next(call.state.of_kind("template", waba=waba, name=name, language=code), None)
    if template is not None and template["status"] == "APPROVED":
        return template
    if template is not None and template["status"] in REFUSED:
        raise refusal(REFUSED[template["status"]])
    raise GraphError(
        132001,
        "(#132001) Template name does not exist in the translation",
        details=f"template name ({name}) does not exist in {code}",
    )


def check_parameters(template: Json, given: Any) -> None:
    """The header's and the body's placeholders are all filled, none too many."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid_parameter("template.components must be a list of objects")
    for kind in ("header", "body"):
        wanted = parameters_of(template, kind)
        counts = [len(one.get("parameters") or []) for one in given if str(one.get("type")).lower() == kind]
        if sum(counts) != wanted:
            details = (
                f"{kind}: number of localizable_params ({sum(counts)}) does not match the expected number of"
                f" params ({wanted})"
            )
            raise GraphError(
                132000,
                "(#132000) Number of parameters does not match the expected number of params",
                details=details,
            )


def parameters_of(template: Json, kind: str) -> int:
    """How many a component takes: its placeholders, or the one file of a header with media."""
    for component in template["components"]:
        if str(component.get("type")).lower() == kind:
            if kind == "header" and str(component.get("format", "TEXT")).upper() != "TEXT":
                return 1
            return len(set(PLACEHOLDER.findall(str(component.get("text", "")))))
    return 0
