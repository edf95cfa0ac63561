"""What the scenarios do: the errors they answer and the changes they make to numbers, accounts and tokens."""

from typing import Any

from meta_graph.sandbox.graph.errors import GraphError, rate_limited
from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.wsgi import ConnectionCut, Json

SORRY = "<html><body><h1>Sorry, something went wrong.</h1></body></html>"
DEFAULT_PIN = "123456"
EXTRA_SCOPES = ("business_management", "pages_show_list", "catalog_management", "instagram_basic",
                "whatsapp_business_manage_events", "ads_read")  # fmt: skip


def refuse(code: int, message: str, subcode: int | None = None, details: str | None = None) -> Any:
    return lambda options: GraphError(code, message, subcode=subcode, details=details)


def any_error(options: Json) -> GraphError:
    code = int(options.get("code", 1))
    subcode = options.get("subcode")
    return GraphError(
        code,
        str(options.get("message", f"(#{code}) An error that the scenario asked for")),
        subcode=int(subcode) if subcode is not None else None,
        details=options.get("details"),
        is_transient=options.get("isTransient"),
        status=int(options["status"]) if options.get("status") else None,
    )


def too_many_calls(options: Json) -> GraphError:
    """Meta writes whole minutes; a test may ask for less than one."""
    return rate_limited(float(options.get("minutes", 5)))


def down(options: Json) -> GraphError:
    """Meta's edge answers HTML when Graph itself is away (`how` is html), or nothing at all (reset)."""
    if options.get("how") == "reset":
        raise ConnectionCut
    status = 500 if options.get("how") == "error" else 503
    html = SORRY if options.get("how") == "html" else ""
    return GraphError(2, "Service temporarily unavailable", is_transient=True, status=status, html=html)


def cut(options: Json) -> GraphError:
    raise ConnectionCut


def no_credit(options: Json) -> GraphError:
    if int(options.get("code", 131042)) == 131042:
        return GraphError(131042, "(#131042) Business eligibility payment issue",
                          details="The credit line cannot be shared with this business.")  # fmt: skip
    return any_error({"message": "(#200) Permissions error", **options})


def locked(options: Json) -> GraphError:
    if int(options.get("code", 368)) == 368:
        return GraphError(368, "(#368) Temporarily blocked for policies violations")
    return GraphError(131031, "(#131031) Business Account locked", details="The account has been locked.")


def no_message(options: Json) -> GraphError:
    return refusal(int(options.get("code", 131047)), str(options.get("details", "")))


def failing(options: Json) -> Json:
    return {"statuses": options.get("statuses", ["sent", "failed"]), "code": int(options.get("code", 131026))}


def these_statuses(options: Json) -> Json:
    return {name: options[name] for name in ("statuses", "code") if name in options}


def backwards(options: Json) -> Json:
    return {"statuses": ["read", "delivered", "sent"]}


def twice(options: Json) -> Json:
    return {"each": 2}


def first(options: Json) -> Json:
    return {"isFirst": True}


def pin_tries(options: Json) -> GraphError:
    """133008, or 133009 where `code` says so; how long to wait is only in the words."""
    code, minutes = int(options.get("code", 133008)), options.get("minutes", 5)
    title = {133009: "Two step verification PIN Guessed Too Fast"}.get(
        code, "Too Many two step verification PIN Guesses"
    )
    return GraphError(code, f"(#{code}) {title}", details=f"Please try again in {minutes} minutes.")


def half_deregister(phone: Json, options: Json) -> None:
    phone["is_half_deregistered"] = True


def decline_history(phone: Json, options: Json) -> None:
    phone["is_history_declined"] = True


def end_window(phone: Json, options: Json) -> None:
    phone["onboarded_at"] = 0


def sync_before(phone: Json, options: Json) -> None:
    phone["syncs"] = {"smb_app_state_sync": "before", "history": "before"}


def set_currency(waba: Json, options: Json) -> None:
    waba["currency"] = str(options.get("currency", "BRL"))


def set_pin(phone: Json, options: Json) -> None:
    phone["pin"] = str(options.get("pin", DEFAULT_PIN))


def drop_verification(phone: Json, options: Json) -> None:
    phone["code_verification_status"] = "NOT_VERIFIED"


def drop_scopes(token: Json, options: Json) -> None:
    wanted = options.get("scopes", ["whatsapp_business_management"])
    token["scopes"] = [scope for scope in token["scopes"] if scope not in wanted]


def drop_extra_scopes(token: Json, options: Json) -> None:
    drop_scopes(token, {"scopes": EXTRA_SCOPES})


def revoke(token: Json, options: Json) -> None:
    token["is_revoked"] = True


def block_payment(waba: Json, options: Json) -> None:
    waba["health"] = {
        "can_send_message": "BLOCKED",
        "errors": [
            {
                "error_code": 141006,
                "error_description": "There is an error with the payment method. This will block business"
                " initiated conversations.",
                "possible_solution": "There was an error with your payment method. Please add a new payment"
                " method to the account.",
            }
        ],
    }


CODE_EXPIRED = refuse(100, "This authorization code has expired.", 36007)
CODE_USED = refuse(100, "This authorization code has been used.", 36009)
TOO_MANY = refuse(133016, "(#133016) Account register or deregister rate limit exceeded",
                  details="There were too many attempts for this number.")  # fmt: skip
IN_USE = refuse(136021, "(#136021) This phone number is already in use", 2388012)
CODE_NOT_SENT = refuse(136024, "(#136024) Request code error", 2388091,
                       "The code could not be sent. Try again later.")  # fmt: skip
JUST_DELETED = refuse(133015, "(#133015) Wait a few minutes before registering this phone number",
                      details="The number was deleted recently.")  # fmt: skip
MAINTENANCE = refuse(131057, "(#131057) Account in maintenance mode",
                     details="The WhatsApp Business Account is in maintenance mode.")  # fmt: skip
UNKNOWN_CODE = refuse(987654, "(#987654) Something that is documented nowhere")


def decided(options: Json) -> Json:
    """What a template is from its first moment on."""
    status = str(options.get("status", "REJECTED"))
    return {"status": status, "rejected_reason": "INVALID_FORMAT" if status == "REJECTED" else "NONE"}
