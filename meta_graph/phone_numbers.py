"""Phone numbers at Meta: what they are, verifying and registering them, and bringing along an app's chats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from meta_graph.answers import accepted, flag, identifier, mapping, reading, text
from meta_graph.client import Token, call, node

FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,code_verification_status,name_status,"
    "platform_type,throughput,account_mode,is_on_biz_app,is_pin_enabled,is_preverified_number,health_status"
)


@dataclass(frozen=True)
class PhoneNumberInfo:
    """A phone number as Meta sees it; what Meta leaves out is None. `health` is Meta's `health_status`."""

    id: str
    display_phone_number: str | None
    phone_number: str | None
    verified_name: str | None
    status: str | None
    quality_rating: str | None
    code_verification_status: str | None
    name_status: str | None
    platform_type: str | None
    throughput_level: str | None
    account_mode: str | None
    is_on_biz_app: bool | None
    is_pin_enabled: bool | None
    is_preverified_number: bool | None
    health: dict[str, Any] | None


def read_phone_number(*, phone_number_id: str, token: Token) -> PhoneNumberInfo:
    """https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status"""
    answer = call("read_phone_number", "GET", node(phone_number_id), token=token, params={"fields": FIELDS})
    with reading("read_phone_number"):
        return phone_number_info(answer)


def register(
    *, phone_number_id: str, pin: str, token: Token, data_localization_region: str | None = None
) -> None:
    """Puts the number on the Cloud API. `pin` is the existing one, or becomes the number's; six digits.

    Meta allows ten calls for one number in 72 hours.
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/registration
    """
    body = {"messaging_product": "whatsapp", "pin": pin}
    if data_localization_region:
        body["data_localization_region"] = data_localization_region
    answer = call("register", "POST", node(phone_number_id, "register"), token=token, json=body)
    with reading("register"):
        accepted(answer)


def set_pin(*, phone_number_id: str, pin: str, token: Token) -> None:
    """A new two-step PIN, six digits.

    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/two-step-verification
    """
    answer = call("set_pin", "POST", node(phone_number_id), token=token, json={"pin": pin})
    with reading("set_pin"):
        accepted(answer)


def deregister(*, phone_number_id: str, token: Token) -> None:
    """Takes the number off the Cloud API. Not allowed for numbers on the WhatsApp Business app.

    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/registration
    """
    answer = call("deregister", "POST", node(phone_number_id, "deregister"), token=token)
    with reading("deregister"):
        accepted(answer)


def request_code(
    *, phone_number_id: str, method: Literal["SMS", "VOICE"], language: str, token: Token
) -> None:
    """Has Meta send or say a code to the number. `language` is like en_US.

    https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers
    """
    body = {"code_method": method, "language": language}
    answer = call("request_code", "POST", node(phone_number_id, "request_code"), token=token, json=body)
    with reading("request_code"):
        accepted(answer)


def verify_code(*, phone_number_id: str, code: str, token: Token) -> None:
    """The code that the number got, in digits: the number is verified, not yet registered.

    https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers
    """
    answer = call(
        "verify_code", "POST", node(phone_number_id, "verify_code"), token=token, json={"code": code}
    )
    with reading("verify_code"):
        accepted(answer)


def request_sync(
    *, phone_number_id: str, sync_type: Literal["smb_app_state_sync", "history"], token: Token
) -> str:
    """Asks for the contacts or the chats of a number of the WhatsApp Business app; returns the request's id.

    Each may be asked for once, within 24 hours after the onboarding; they come by webhook, or a refusal.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
    """
    body = {"messaging_product": "whatsapp", "sync_type": sync_type}
    answer = call("request_sync", "POST", node(phone_number_id, "smb_app_data"), token=token, json=body)
    with reading("request_sync"):
        return identifier(answer, "request_id")


def override_callback(*, phone_number_id: str, callback_uri: str, verify_token: str, token: Token) -> None:
    """Sends the number's messages to a callback of its own, which Meta calls at once to verify it.

    Goes before the WABA's override and the app's callback; events of the account still come to the app's.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/webhooks/override
    """
    override = {"override_callback_uri": callback_uri, "verify_token": verify_token}
    answer = call(
        "override_callback",
        "POST",
        node(phone_number_id),
        token=token,
        json={"webhook_configuration": override},
    )
    with reading("override_callback"):
        accepted(answer)


def phone_number_info(answer: dict[str, Any]) -> PhoneNumberInfo:
    """One phone node. Raises LookupError, TypeError or ValueError for another shape."""
    shown = text(answer, "display_phone_number")
    return PhoneNumberInfo(
        id=identifier(answer),
        display_phone_number=shown,
        phone_number=e164(shown),
        verified_name=text(answer, "verified_name"),
        status=text(answer, "status"),
        quality_rating=text(answer, "quality_rating"),
        code_verification_status=text(answer, "code_verification_status"),
        name_status=text(answer, "name_status"),
        platform_type=text(answer, "platform_type"),
        throughput_level=text(mapping(answer, "throughput") or {}, "level"),
        account_mode=text(answer, "account_mode"),
        is_on_biz_app=flag(answer, "is_on_biz_app"),
        is_pin_enabled=flag(answer, "is_pin_enabled"),
        is_preverified_number=flag(answer, "is_preverified_number"),
        health=mapping(answer, "health_status"),
    )


def e164(shown: str | None) -> str | None:
    """Meta shows "+1 631-555-5555" here and "16315555555" elsewhere: both are +16315555555."""
    digits = re.sub(r"[^0-9]", "", shown or "")
    return f"+{digits}" if digits else None
