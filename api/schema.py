"""The OpenAPI document: the envelope, the errors and the headers around what the views declare."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance, is_patched_serializer
from drf_spectacular.utils import OpenApiExample

from api.error_schema import (
    ALL_CODES,
    CODES,
    ERROR,
    IDEMPOTENCY_KEY,
    OF_META,
    REPLAYED_HEADER,
    error_response,
    headers,
)
from api.serializers import Input, Query

LIST_META = {
    "type": "object",
    "required": ["pagination"],
    "properties": {
        "pagination": {
            "type": "object",
            "required": ["page", "limit", "total", "hasMore"],
            "properties": {
                "page": {"type": "integer"},
                "limit": {"type": "integer"},
                "total": {"type": "integer"},
                "hasMore": {"type": "boolean"},
            },
        }
    },
}
VERBS = {"retrieve": "get", "create": "create", "partial_update": "update", "destroy": "delete"}
COMPONENTS = {"Error": ERROR, "ListMeta": LIST_META}


def example(name: str, value: Any, *, request: bool = False) -> OpenApiExample:
    """An example of an answer's `data`, or of a request's body."""
    statuses = ["200", "201", "202"]
    return OpenApiExample(
        name, value=value, request_only=request, response_only=not request, status_codes=statuses
    )


class ContractSchema(AutoSchema):
    """Wraps single answers into `data`, adds the errors that every call can have."""

    def get_operation_id(self) -> str:
        """`listOnboardingLinks`, `retryOnboardingLink`: what a generated client's methods are called."""
        many = "".join(word.title() for word in self.path.split("/")[2].split("-"))
        one, action = many.removesuffix("s"), getattr(self.view, "action", "")
        if action == "list":
            return f"list{many}"
        if action in VERBS:
            return VERBS[action] + one
        return f"get{one}{action.title()}" if self.method == "GET" else f"{action}{one}"

    def get_summary(self) -> str:
        """The first sentence of the method's own words, or of what every resource can do."""
        action = getattr(self.view, "action", "")
        said = (getattr(type(self.view), action, None) or type(self.view)).__doc__ or ""
        usual = {"list": "List them, newest first", "retrieve": "Read one"}
        return (said.strip().split("\n")[0].split(". ")[0].rstrip(".") or usual.get(action, "")).strip()

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """`Link` and `LinkRequest`: what is ours in the class names is left out."""
        name = str(super()._get_serializer_name(serializer, direction, bypass_extensions))
        return name.replace("Output", "").replace("Input", "")

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What is said of the class is shown; what is said of its base class is for us."""
        schema: Any = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        instance = force_instance(serializer)  # type: ignore[no-untyped-call]
        if not type(instance).__doc__:
            schema.pop("description", None)
        if direction == "request" and isinstance(instance, Input):
            is_patch = is_patched_serializer(instance, direction)
            schema |= strict(schema, instance, is_patch or isinstance(instance, Query))
        return schema

    def _resolve_path_parameters(self, variables: Any) -> Any:
        parameters = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in parameters:
            has_two_ids = parameter["name"] == "id" and getattr(self.view, "meta_id_field", None)
            parameter["description"] = "Our id, or Meta's." if has_two_ids else "Our id."
            parameter["schema"] = {"type": "string"} | ({} if has_two_ids else {"format": "uuid"})
        return parameters

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        response: Any = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, *args, **kwargs
        )
        if str(status_code).startswith("2") and not self._is_list_view(serializer):
            for content in of_json(response.get("content", {})):
                content["schema"] = {
                    "type": "object",
                    "required": ["data"],
                    "properties": {"data": content["schema"]},
                }
                for shown in content.get("examples", {}).values():
                    shown["value"] = {"data": shown["value"]}
        replayed = REPLAYED_HEADER if self.method == "POST" else {}
        response.setdefault("headers", {}).update(headers() | replayed)
        return response

    def _get_parameters(self) -> Any:
        key = {"$ref": "#/components/parameters/IdempotencyKey"}
        return super()._get_parameters() + ([key] if self.method == "POST" else [])

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self.error_statuses():
            bodies.setdefault(status, {"$ref": f"#/components/responses/{CODES[status]}"})
        return bodies

    def error_statuses(self) -> list[str]:
        statuses = ["400", "401", "403", "429", "500"]
        if "{" in self.path:
            statuses.append("404")
        if self.method in {"POST", "PATCH"}:
            statuses += ["413", "415"]
        asks_meta = getattr(self.view, "action", "") in getattr(self.view, "asks_meta", ())
        if self.method in {"DELETE", "PATCH", "POST"} or asks_meta:
            statuses.append("409")
        if asks_meta:
            statuses += OF_META
        if getattr(self.view, "action", "") in getattr(self.view, "may_be_busy", ()):
            statuses.append("503")
        return sorted(statuses)


def of_json(contents: dict[str, Any]) -> list[dict[str, Any]]:
    """What is wrapped: a file is not."""
    return [content for kind, content in contents.items() if kind == "application/json"]


def strict(schema: dict[str, Any], serializer: Input, is_exact: bool) -> dict[str, Any]:
    """A body's schema with what its fields say of themselves, and without room for unknown fields.

    Unless `is_exact`, `null` for an optional field is its absence.
    """
    for name, field in serializer.fields.items():
        property_schema = schema["properties"][name]
        for word, value in getattr(field, "request_schema", {}).items():
            property_schema.setdefault(word, value)
        if not is_exact and not field.required:
            schema["properties"][name] = or_null(property_schema)
    closed: dict[str, Any] = {"additionalProperties": False}
    if serializer.together:
        closed["anyOf"] = all_or_none(serializer.together, schema["properties"])
    if serializer.rules:
        closed["allOf"] = list(serializer.rules)
    return closed


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("type")
    if kinds is None:
        return {"anyOf": [schema, {"type": "null"}]}
    listed = [kinds] if isinstance(kinds, str) else [*kinds]
    nullable = schema | {"type": list(dict.fromkeys([*listed, "null"]))}
    if "enum" in schema:
        nullable["enum"] = list(dict.fromkeys([*schema["enum"], None]))
    return nullable


def all_or_none(names: tuple[str, ...], properties: dict[str, Any]) -> list[dict[str, Any]]:
    given = {name: {"type": next(k for k in properties[name]["type"] if k != "null")} for name in names}
    return [
        {"required": list(names), "properties": given},
        {"properties": {name: {"type": "null"} for name in names}},
    ]


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the shared shapes."""
    shapes = result.setdefault("components", {}).setdefault("schemas", {})
    shapes |= COMPONENTS
    result["components"]["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    result["components"]["responses"] = {code: error_response(status) for status, code in CODES.items()}
    shapes["Error"]["properties"]["error"]["properties"]["code"]["enum"] = ALL_CODES
    drop_marks(result)
    return result


def drop_marks(node: Any) -> None:
    """Takes out what the generator notes for itself."""
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
        for inner in node.values():
            drop_marks(inner)
    elif isinstance(node, list):
        for inner in node:
            drop_marks(inner)
