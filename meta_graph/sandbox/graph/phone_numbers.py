"""Phone numbers: registration and its PIN, verification codes, the number's own callback."""

from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.errors import GraphError, invalid_parameter
from meta_graph.sandbox.handshake import verify_callback
from meta_graph.sandbox.wsgi import Json

WINDOW = 72 * 3600  # seconds
ATTEMPTS = 10
VERIFICATION_CODE = "246810"  # what the SMS or the call says


def register(call: Call) -> Json:
    """`POST /{phone}/register`: the PIN that is set must match; otherwise this one becomes it."""
    phone, pin = call.node, call.text("pin")
    count_attempt(call, "register")
    if call.text("messaging_product") != "whatsapp":
        raise invalid_parameter("messaging_product must be whatsapp")
    check_pin_form(pin)
    refuse_business_app(phone)
    if phone.get("is_half_deregistered"):
        raise GraphError(133000, "(#133000) Incomplete Deregistration",
                         details="An earlier deregistration was not completed.")  # fmt: skip
    if phone["code_verification_status"] != "VERIFIED":
        raise GraphError(133006, "(#133006) Phone number needs to be verified before registering",
                         details="Request a verification code and verify the number first.")  # fmt: skip
    if phone["pin"] is not None and phone["pin"] != pin:
        raise GraphError(133005, "(#133005) Two step verification PIN Mismatch",
                         details="The PIN does not match the one that is set.")  # fmt: skip
    phone |= {
        "pin": pin,
        "status": "CONNECTED",
        "platform_type": "CLOUD_API",
        "throughput_level": "STANDARD",
        "quality_rating": "GREEN",
        "last_onboarded_time": timestamp(call),
    }
    return {"success": True}


def deregister(call: Call) -> Json:
    phone = call.node
    count_attempt(call, "deregister")
    refuse_business_app(phone)
    if phone["platform_type"] != "CLOUD_API" and not phone.get("is_half_deregistered"):
        raise not_registered()
    phone |= {
        "is_half_deregistered": False,
        "status": "DISCONNECTED",
        "platform_type": "NOT_APPLICABLE",
        "throughput_level": "NOT_APPLICABLE",
    }
    return {"success": True}


def update(call: Call) -> Json:
    """`POST /{phone}`: a new two-step PIN, or the number's own webhook override (an empty one removes it)."""
    override = call.fields.get("webhook_configuration")
    if isinstance(override, dict):
        url = str(override.get("override_callback_uri") or "")
        if url:
            verify_callback(url, str(override.get("verify_token", "")))
        with call.state:
            call.node["override_callback_uri"] = url or None
        return {"success": True}
    check_pin_form(call.text("pin"))
    with call.state:
        if call.node["platform_type"] != "CLOUD_API":
            raise not_registered()
        call.node["pin"] = call.text("pin")
    return {"success": True}


def request_code(call: Call) -> Json:
    if call.text("code_method") not in ("SMS", "VOICE"):
        raise invalid_parameter("code_method must be SMS or VOICE")
    if not call.text("language"):
        raise invalid_parameter("language is required")
    if call.node["code_verification_status"] == "VERIFIED":
        raise GraphError(136024, "(#136024) Request code error", details="The number is verified already.")
    call.node["verification_code"] = VERIFICATION_CODE
    return {"success": True}


def verify_code(call: Call) -> Json:
    phone = call.node
    if phone.get("verification_code") is None or call.text("code") != phone["verification_code"]:
        raise GraphError(
            136025, "(#136025) Verify code error", subcode=2388093, details="The code is not right."
        )
    phone |= {"verification_code": None, "code_verification_status": "VERIFIED"}
    return {"success": True}


def count_attempt(call: Call, what: str) -> None:
    """Every call counts, the refused ones too. Raises GraphError 133016 after ten in 72 hours."""
    now = call.world.now()
    attempts = [at for at in call.node["attempts"].get(what, []) if at > now - WINDOW]
    if len(attempts) >= ATTEMPTS:
        raise GraphError(133016, "(#133016) Account register or deregister rate limit exceeded",
                         details="There were too many attempts for this number.")  # fmt: skip
    call.node["attempts"][what] = [*attempts, now]


def check_pin_form(pin: str) -> None:
    if len(pin) != 6 or not pin.isascii() or not pin.isdigit():
        raise invalid_parameter("pin must be six digits")


def refuse_business_app(phone: Json) -> None:
    if phone["is_on_biz_app"]:
        raise GraphError(100, "(#100) Invalid parameter",
                         details="The number is used with the WhatsApp Business app.")  # fmt: skip


def not_registered() -> GraphError:
    return GraphError(133010, "(#133010) Account not registered", details="The number is not registered.")


def timestamp(call: Call) -> str:
    return f"{call.world.iso_now()}+0000"
