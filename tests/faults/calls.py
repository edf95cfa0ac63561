"""Every Graph call of a signup, in their order, and everything that can go wrong with one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# How long the product waits for Meta here, in seconds.
TIMEOUT = 3.0
# Done in time and answered too late; done when the caller has given up, and has tried again were it rash.
ANSWERED_LATE = {"name": "slow", "ms": 1000 * (TIMEOUT + 0.5), "when": "after"}
DONE_LATE = {"name": "slow", "ms": 1000 * (TIMEOUT + 2)}
# What Meta asks to be left alone for, in minutes.
LIMITED = 0.05
TOGETHER, IN_TURN = "share_and_attach", "share_then_attach"

SIGN_IN = "end_user PERMISSION_MISSING"
OURS = "platform CONFIGURATION"
CREDIT = "platform CREDIT_REFUSED"


@dataclass(frozen=True)
class GraphCall:
    """One call of one step. `refused`: whose turn it is when Meta refuses its token for good.

    190 and 200 on the customer's token are cured by the end-user alone, on ours by us; whoever it was, our
    credit line is ours to arrange. `is_change`: Meta has something afterwards that it did not have.
    """

    step: str
    name: str  # the sandbox's
    refused: str = ""
    match: tuple[tuple[str, str], ...] = ()  # parameters that tell it from others of that name
    choice: str = "success"
    method: str = TOGETHER
    is_change: bool = False

    @property
    def label(self) -> str:
        return " ".join([f"{self.step}: {self.name}", *(value for _, value in self.match)])


@dataclass(frozen=True)
class Fault:
    """What the sandbox does to one call. `times`: the call is made again so often before it succeeds."""

    name: str
    scenario: Mapping[str, Any] = field(hash=False)
    is_refusal: bool = False
    needs_change: bool = False  # only what changes something at Meta is interesting


# Made after the completion, for links that ask for a template.
TEMPLATES = "create_templates"
EXCHANGE = GraphCall("exchange", "access_token", is_change=True)
FUNDING = (("fields", "primary_funding_id"),)


def sync(kind: str) -> GraphCall:
    match = (("sync_type", kind),)
    return GraphCall("sync_coexistence", "smb_app_data", SIGN_IN, match, "coexistence", is_change=True)


CALLS = (
    GraphCall("identify_assets", "debug_token", OURS),
    GraphCall("identify_assets", "phone_numbers", SIGN_IN),
    GraphCall("save_waba", "get_waba", SIGN_IN),
    GraphCall("save_phone", "get_phone_number", SIGN_IN),
    GraphCall("subscribe_app", "subscribe", SIGN_IN, is_change=True),
    GraphCall("subscribe_app", "subscribed_apps", SIGN_IN),
    GraphCall("assign_system_user", "assign_user", OURS, is_change=True),
    GraphCall("assign_system_user", "assigned_users", OURS),
    GraphCall("share_credit_line", "allocations", CREDIT),
    GraphCall("share_credit_line", "share_and_attach", CREDIT, is_change=True),
    GraphCall("share_credit_line", "get_allocation", CREDIT),
    GraphCall("share_credit_line", "get_waba", CREDIT, FUNDING),
    GraphCall("register_phone", "register", SIGN_IN, is_change=True),
    sync("smb_app_state_sync"),
    sync("history"),
    *(GraphCall(TEMPLATES, name, SIGN_IN) for name in ("list_templates", "begin_upload", "upload_file")),
    GraphCall(TEMPLATES, "create_template", SIGN_IN, is_change=True),
)
# What the other of Meta's two ways to share a credit line does instead.
CALLS_IN_TURN = (
    GraphCall("share_credit_line", "share_credit", CREDIT, method=IN_TURN, is_change=True),
    GraphCall("share_credit_line", "attach_credit", CREDIT, method=IN_TURN, is_change=True),
)
COMPLETION = GraphCall("complete_link", "no call")

FAULTS = (
    Fault("timeout", ANSWERED_LATE),
    Fault("done late", DONE_LATE, needs_change=True),
    Fault("reset, done", {"name": "reset_after_work"}),
    Fault("503", {"name": "graph_down", "how": "html"}),
    Fault("code 1", {"name": "error", "code": 1}),
    Fault("code 2, done", {"name": "error", "code": 2, "when": "after"}),
    Fault("80007", {"name": "rate_limited", "minutes": LIMITED}),
    Fault("unknown", {"name": "unknown_code", "times": 2}),
    Fault("190", {"name": "error", "code": 190}, is_refusal=True),
    Fault("200", {"name": "error", "code": 200}, is_refusal=True),
)
