"""Meta's error object and the failures that more than one endpoint answers."""

import secrets
from dataclasses import dataclass

from meta_graph.sandbox.wsgi import Json

# Most errors are 400; these are the exceptions of Meta's error code page.
STATUSES = {
    **dict.fromkeys((0, 190), 401),
    **dict.fromkeys((10, 200, 368, 131005, 131031), 403),
    **dict.fromkeys((3, 131000, 131016, 133000), 500),
    **dict.fromkeys((2, 133004), 503),
}


@dataclass
class GraphError(Exception):
    """One answer of Meta's error shape; `details` becomes `error_data.details`."""

    code: int
    message: str
    subcode: int | None = None
    type: str = "OAuthException"
    details: str | None = None
    is_transient: bool | None = None
    status: int | None = None
    wait_minutes: float = 0  # goes into the usage header as estimated_time_to_regain_access
    html: str = ""  # the body of an answer that is no JSON at all

    def http_status(self) -> int:
        return self.status or STATUSES.get(self.code, 400)

    def as_json(self) -> Json:
        error: Json = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.is_transient is not None:
            error["is_transient"] = self.is_transient
        error["fbtrace_id"] = trace_id()
        return {"error": error}


def trace_id() -> str:
    return f"A{secrets.token_urlsafe(16)}"


def unreachable(method: str, identifier: str) -> GraphError:
    """What Meta says of objects that are not there and of objects that the token may not see."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{identifier}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation. Please read the Graph API"
        " documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
        type="GraphMethodException",
    )


def unknown_path(path: str) -> GraphError:
    return GraphError(2500, f"Unknown path components: {path}")


def invalid_parameter(details: str) -> GraphError:
    return GraphError(100, f"(#100) Invalid parameter: {details}", details=details)


def missing_permission(scope: str) -> GraphError:
    return GraphError(200, f"(#200) Requires {scope} permission to manage the object")


def rate_limited(minutes: float = 5) -> GraphError:
    """80007: comes as HTTP 400; the usage header of the same answer says how long to wait."""
    return GraphError(
        80007,
        "(#80007) There have been too many calls to this WhatsApp Business account. Wait and try again.",
        wait_minutes=minutes,
    )
