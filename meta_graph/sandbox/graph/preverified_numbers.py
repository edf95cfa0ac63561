"""The partner's pool of pre-verified numbers, as Graph shows and changes it; for our system user alone."""

from datetime import UTC, datetime
from typing import Any

from meta_graph.sandbox import numbers, preverified
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter, unreachable
from meta_graph.sandbox.graph.fields import NodeType, read
from meta_graph.sandbox.graph.oauth import require_partner
from meta_graph.sandbox.graph.paging import paged
from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from meta_graph.sandbox.wsgi import Json

SHORTEST, LONGEST = 8, 15  # digits of a number with its calling code


def code_verification_status(call: Call, entry: Json, nested: str) -> str:
    return preverified.status(call.world, entry)


def code_verification_time(call: Call, entry: Json, nested: str) -> str | None:
    return moment(entry["verified_at"])


def verification_expiry_time(call: Call, entry: Json, nested: str) -> str | None:
    verified_at = entry["verified_at"]
    return None if verified_at is None else moment(verified_at + preverified.LIFE)


def owner_business(call: Call, entry: Json, nested: str) -> Any:
    return {"id": entry["business"], "name": call.world.config.app_name}


def moment(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}+0000"


PREVERIFIED_NUMBER = NodeType(
    "WhatsAppBusinessPreVerifiedPhoneNumber",
    "phone_number,code_verification_status,verification_expiry_time",
    frozenset({"phone_number"}),
    {
        "code_verification_status": code_verification_status,
        "code_verification_time": code_verification_time,
        "verification_expiry_time": verification_expiry_time,
        "owner_business": owner_business,
    },
)


def add(call: Call) -> Json:
    """`POST /{our business}/add_phone_numbers {phone_number}`."""
    require_ours(call)
    digits = numbers.digits_of(call.text("phone_number"))
    if not SHORTEST <= len(digits) <= LONGEST:
        raise GraphError(100, "Invalid phone number")
    if numbers.find(call.state, digits) or preverified.find(call.state, digits):
        raise GraphError(136021, "(#136021) This phone number is already in use", subcode=2388012)
    return {"id": preverified.add(call.world, f"+{digits}")["id"]}


def listed(call: Call) -> Json:
    """`GET /{our business}/preverified_numbers`, or those with one `code_verification_status`."""
    require_ours(call)
    entries = list(call.state.of_kind(preverified.KIND, business=call.node["id"]))
    if wanted := call.text("code_verification_status"):
        entries = [entry for entry in entries if preverified.status(call.world, entry) == wanted]
    return paged(call, [read(call, entry, PREVERIFIED_NUMBER, call.text("fields")) for entry in entries])


def delete(call: Call) -> Json:
    require_partner(call.caller)
    del call.state.objects[call.node["id"]]
    return {"success": True}


def request_code(call: Call) -> Json:
    require_partner(call.caller)
    if call.text("code_method") not in ("SMS", "VOICE"):
        raise invalid_parameter("code_method must be SMS or VOICE")
    if not call.text("language"):
        raise invalid_parameter("language must be a valid locale identifier")
    if preverified.status(call.world, call.node) == "VERIFIED":
        raise GraphError(100, "This phone number has already been verified", type="GraphMethodException")
    call.node["verification_code"] = VERIFICATION_CODE
    return {"success": True}


def verify_code(call: Call) -> Json:
    require_partner(call.caller)
    entry = call.node
    if entry["verification_code"] is None or call.text("code") != entry["verification_code"]:
        raise GraphError(100, "The verification code is invalid", type="GraphMethodException")
    entry |= {"verification_code": None, "verified_at": call.world.now()}
    return {"success": True}


def require_ours(call: Call) -> None:
    require_partner(call.caller)
    if call.node["id"] != call.world.config.business_id:
        raise unreachable(call.request.method, call.node["id"])
