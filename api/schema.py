"""The OpenAPI document: the envelope, the errors and the headers around what the views declare."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample

MESSAGES = {
    "400": "The request is not valid; `details` name the fields.",
    "401": "No key, or one that is unknown, revoked or expired.",
    "403": "The key lacks the scope, or the organization is suspended.",
    "404": "There is no such resource in your organization.",
    "409": "The resource is not in a state that allows this.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not application/json.",
    "429": "Too many requests; `Retry-After` says for how long.",
    "500": "Unexpected server error.",
}
CODES = {
    "400": "VALIDATION_ERROR",
    "401": "UNAUTHORIZED",
    "403": "FORBIDDEN",
    "404": "NOT_FOUND",
    "409": "CONFLICT",
    "413": "PAYLOAD_TOO_LARGE",
    "415": "UNSUPPORTED_MEDIA_TYPE",
    "429": "RATE_LIMITED",
    "500": "INTERNAL_ERROR",
}
LIMIT_HEADERS = {
    "RateLimit-Limit": "Requests that this key may make in a window.",
    "RateLimit-Remaining": "Requests left in this window.",
    "RateLimit-Reset": "Seconds until the window ends.",
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "code", "requestId"],
            "properties": {
                "message": {"type": "string"},
                "code": {"type": "string", "enum": []},
                "requestId": {"type": "string"},
                "details": {
                    "type": "array",
                    "description": "On validation errors: which fields are wrong, and why.",
                    "items": {
                        "type": "object",
                        "required": ["field", "message", "code"],
                        "properties": {name: {"type": "string"} for name in ("field", "message", "code")},
                    },
                },
                "meta": {
                    "type": "object",
                    "description": "What Meta said, where it said something.",
                    "properties": {
                        "code": {"type": ["integer", "null"]},
                        "subcode": {"type": ["integer", "null"]},
                        "traceId": {"type": ["string", "null"]},
                    },
                },
                "retryAt": {"type": "string", "format": "date-time"},
            },
        }
    },
}
ALL_CODES = [*CODES.values(), "METHOD_NOT_ALLOWED", "META_REFUSED", "META_ERROR", "SERVICE_UNAVAILABLE"]
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
    return OpenApiExample(name, value=value, request_only=request, response_only=not request)


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

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """`Link` and `LinkRequest`: what is ours in the class names is left out."""
        name = str(super()._get_serializer_name(serializer, direction, bypass_extensions))  # type: ignore[no-untyped-call]
        return name.replace("Output", "").replace("Input", "")

    def _get_response_for_code(self, serializer: Any, status_code: str, *args: Any, **kwargs: Any) -> Any:
        response: Any = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, *args, **kwargs
        )
        if str(status_code).startswith("2") and not self._is_list_view(serializer):
            for content in response.get("content", {}).values():
                content["schema"] = {
                    "type": "object",
                    "required": ["data"],
                    "properties": {"data": content["schema"]},
                }
                for shown in content.get("examples", {}).values():
                    shown["value"] = {"data": shown["value"]}
        response.setdefault("headers", {}).update(headers())
        return response

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self.error_statuses():
            bodies.setdefault(status, error_response(status))
        return bodies

    def error_statuses(self) -> list[str]:
        statuses = ["400", "401", "403", "429", "500"]
        if "{" in self.path:
            statuses.append("404")
        if self.method in {"POST", "PATCH"}:
            statuses += ["413", "415"]
        if self.method == "DELETE" or (self.method == "POST" and "{" in self.path):
            statuses.append("409")
        return sorted(statuses)


def headers() -> dict[str, Any]:
    limits = {name: header(text, "integer") for name, text in LIMIT_HEADERS.items()}
    return {"X-Request-Id": header("This request's id, for support.", "string")} | limits


def header(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def error_response(status: str) -> dict[str, Any]:
    value: dict[str, Any] = {"message": MESSAGES[status], "code": CODES[status], "requestId": "b7f9c1de"}
    if status == "400":
        value["details"] = [{"field": "name", "message": "This field is required.", "code": "required"}]
    return {
        "description": MESSAGES[status],
        "headers": {"X-Request-Id": header("This request's id, for support.", "string")},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {CODES[status]: {"value": {"error": value}}},
            }
        },
    }


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds the shared shapes."""
    shapes = result.setdefault("components", {}).setdefault("schemas", {})
    shapes |= COMPONENTS
    shapes["Error"]["properties"]["error"]["properties"]["code"]["enum"] = ALL_CODES
    return result
