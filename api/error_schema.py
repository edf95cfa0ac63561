"""Errors and headers as the OpenAPI document shows them."""

from typing import Any

MESSAGES = {
    "400": "The request is not valid; `details` name the fields.",
    "401": "No key, or one that is unknown, revoked or expired.",
    "403": "The key lacks the scope, or the organization is suspended.",
    "404": "There is no such resource in your organization.",
    "409": "The resource is not in a state that allows this. Or the Idempotency-Key was used with another"
    " request, or belongs to one that is still running: `Retry-After` says when to ask again.",
    "413": "The body is larger than 1 MiB.",
    "415": "The body is not application/json.",
    "422": "Meta understood and refused: do not repeat it as it is.",
    "429": "Too many requests; `Retry-After` says for how long.",
    "500": "Unexpected server error.",
    "502": "Meta could not be reached, or failed.",
    "503": "The service is not available right now; `Retry-After` says when to ask again.",
}
CODES = {
    "400": "VALIDATION_ERROR",
    "401": "UNAUTHORIZED",
    "403": "FORBIDDEN",
    "404": "NOT_FOUND",
    "409": "CONFLICT",
    "413": "PAYLOAD_TOO_LARGE",
    "415": "UNSUPPORTED_MEDIA_TYPE",
    "422": "META_REFUSED",
    "429": "RATE_LIMITED",
    "500": "INTERNAL_ERROR",
    "502": "META_ERROR",
    "503": "SERVICE_UNAVAILABLE",
}
# Of calls that are made at Meta before they are answered.
OF_META = ("422", "502")
LIMIT_HEADERS = {
    "RateLimit-Limit": "Requests that this key may make in a window.",
    "RateLimit-Remaining": "Requests left in this window.",
    "RateLimit-Reset": "Seconds until the window ends.",
}
ERROR_HEADERS = {
    "401": {"WWW-Authenticate": "`Bearer`: how to authenticate."},
    "409": {"Retry-After": "Seconds to wait, where a request with this Idempotency-Key is still running."},
    "429": {"Retry-After": "Seconds to wait."},
    "503": {"Retry-After": "Seconds to wait."},
}
REPLAYED_HEADER = {
    "Idempotency-Replayed": {
        "description": "`true` where this is the answer that the same request got before.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Makes it safe to send this again: for 24 hours the same key with the same body is"
    " answered as the first time, and nothing is done twice. Use a new one, a UUID say, for each request.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "example": "9f1c2d5e-order-4711",
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
ALL_CODES = [*CODES.values(), "METHOD_NOT_ALLOWED"]


def headers() -> dict[str, Any]:
    limits = {name: header(text, "integer") for name, text in LIMIT_HEADERS.items()}
    return {"X-Request-Id": header("This request's id, for support.", "string")} | limits


def header(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def error_response(status: str) -> dict[str, Any]:
    value: dict[str, Any] = {"message": MESSAGES[status], "code": CODES[status], "requestId": "b7f9c1de"}
    if status in OF_META:
        value["meta"] = {"code": 133005, "subcode": None, "traceId": "AbCdEfGhIjK"}
    if status == "400":
        value["details"] = [{"field": "name", "message": "This field is required.", "code": "required"}]
    return {
        "description": MESSAGES[status],
        "headers": {"X-Request-Id": header("This request's id, for support.", "string")}
        | {name: header(text, "string") for name, text in ERROR_HEADERS.get(status, {}).items()},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {CODES[status]: {"value": {"error": value}}},
            }
        },
    }
