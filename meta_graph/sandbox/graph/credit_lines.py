"""The partner's credit line: shared with a customer's portfolio, attached to an account, taken back.

https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
"""

import secrets
from typing import Any

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter, unreachable
from meta_graph.sandbox.graph.fields import NodeType, only, read
from meta_graph.sandbox.graph.oauth import require_partner
from meta_graph.sandbox.graph.paging import paged
from meta_graph.sandbox.graph.tokens import may_reach
from meta_graph.sandbox.wsgi import Json

CURRENCIES = ("AUD", "EUR", "GBP", "IDR", "INR", "USD")
LIVE, DELETED = "APPROVED", "DELETED"


def receiving_business(call: Call, allocation: Json, nested: str) -> Any:
    business = call.state.objects[allocation["business"]]
    return only({"id": business["id"], "name": business["name"]}, nested)


def receiving_credential(call: Call, allocation: Json, nested: str) -> Any:
    return only({"id": allocation["credential"]}, nested) if allocation["request_status"] == LIVE else None


CREDIT_LINE = NodeType("ExtendedCredit", "", frozenset({"legal_entity_name"}))
ALLOCATION = NodeType(
    "ExtendedCreditAllocationConfig",
    "",
    frozenset({"request_status"}),
    {"receiving_business": receiving_business, "receiving_credential": receiving_credential},
)


def credit_lines(call: Call) -> Json:
    """`GET /{our business}/extendedcredits`."""
    require_partner(call.caller)
    lines = call.state.of_kind("credit_line", business=call.node["id"])
    return paged(call, [read(call, line, CREDIT_LINE, call.text("fields")) for line in lines])


def allocations(call: Call) -> Json:
    """`GET /{credit line}/owning_credit_allocation_configs`: what is not revoked, of one portfolio or all."""
    require_partner(call.caller)
    wanted = call.text("receiving_business_id")
    found = [
        allocation
        for allocation in call.state.of_kind("allocation", credit_line=call.node["id"], request_status=LIVE)
        if wanted in ("", allocation["business"])
    ]
    return paged(call, [read(call, allocation, ALLOCATION, call.text("fields")) for allocation in found])


def share_and_attach(call: Call) -> Json:
    """`POST /{credit line}/whatsapp_credit_sharing_and_attach`: each call makes another allocation."""
    require_partner(call.caller)
    waba, currency = asked_waba(call), asked_currency(call)
    if call.world.config.system_user_id not in waba.get("assigned_users", {}):
        raise GraphError(200, "(#200) Permissions error",
                         details="The system user is not assigned to the account.")  # fmt: skip
    refuse_other_currency(call, waba, currency)
    allocation = add_allocation(call, waba["business"])
    attach_to(call, waba, allocation, currency)
    return {"allocation_config_id": allocation["id"], "waba_id": waba["id"]}


def share(call: Call) -> Json:
    """`POST /{credit line}/whatsapp_credit_sharing`, the first half of the newer method."""
    require_partner(call.caller)
    business = call.text("receiving_business_id")
    if not any(waba["is_shared"] for waba in call.state.of_kind("waba", business=business)):
        raise invalid_parameter("receiving_business_id shares no WhatsApp Business Account with the partner")
    return {"success": True, "allocation_config_id": add_allocation(call, business)["id"]}


def attach(call: Call) -> Json:
    """`POST /{credit line}/whatsapp_credit_attach`, the second half, with the customer's token."""
    if call.caller.record is None:
        raise GraphError(200, "(#200) Requires a business token of the account's owner")
    waba, currency = asked_waba(call), asked_currency(call)
    refuse_other_currency(call, waba, currency)
    shared = list(
        call.state.of_kind(
            "allocation", credit_line=call.node["id"], business=waba["business"], request_status=LIVE
        )
    )
    if not shared:
        raise invalid_parameter("the credit line is not shared with the owner of waba_id")
    allocation = attached(call, waba) or shared[-1]
    attach_to(call, waba, allocation, currency)
    return {"success": True, "waba_id": waba["id"], "allocation_config_id": allocation["id"]}


def revoke(call: Call) -> Json:
    """`DELETE /{allocation}`: every account that it pays for is without credit."""
    require_partner(call.caller)
    call.node["request_status"] = DELETED
    for waba in call.state.of_kind("waba", primary_funding_id=call.node["credential"]):
        waba["primary_funding_id"] = None
    return {"success": True}


def primary_funding_id(call: Call, waba: Json, nested: str) -> Any:
    """Refused to a Tech Provider, who has no credit line."""
    if next(call.state.of_kind("credit_line"), None) is None:
        raise GraphError(10, "(#10) Application does not have permission for this action")
    return waba.get("primary_funding_id")


def asked_waba(call: Call) -> Json:
    waba = call.state.objects.get(call.text("waba_id"), {})
    if waba.get("kind") != "waba" or not may_reach(call.world, call.caller, waba):
        raise unreachable("post", call.text("waba_id"))
    return waba


def asked_currency(call: Call) -> str:
    currency = call.text("waba_currency")
    if currency not in CURRENCIES:
        raise invalid_parameter(f"waba_currency must be one of {', '.join(CURRENCIES)}")
    return currency


def refuse_other_currency(call: Call, waba: Json, currency: str) -> None:
    if attached(call, waba) is not None and waba["currency"] != currency:
        raise invalid_parameter("the currency of an account with a credit line cannot be changed")


def attached(call: Call, waba: Json) -> Json | None:
    """The allocation that pays for the account."""
    credential = waba.get("primary_funding_id")
    return next(call.state.of_kind("allocation", credential=credential), None) if credential else None


def add_allocation(call: Call, business: str) -> Json:
    return call.state.add(
        "allocation",
        credit_line=call.node["id"],
        business=business,
        credential=str(10**14 + secrets.randbelow(9 * 10**14)),
        request_status=LIVE,
    )


def attach_to(call: Call, waba: Json, allocation: Json, currency: str) -> None:
    """The first credit line stays: a later allocation pays for nothing."""
    if attached(call, waba) is None:
        waba |= {"primary_funding_id": allocation["credential"], "currency": currency}
