"""What Meta announced of a whole account, as reasons: restrictions, a ban, a violation, a pause, its end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from api.times import timestamp
from phones.models import PhoneNumber
from phones.reasons import ALL, CONNECT_AGAIN, OUTGOING, TEMPLATES, Actor, Capability, Reason, day
from wabas.models import Waba

# Meta never takes a violation back: it is shown for so long.
VIOLATION_SHOWN = timedelta(days=30)
VIOLATION = "violation"
SUPPORT = "Its owner sees in Meta's Business Support Home what was wrong, and can ask for a review there."
# https://developers.facebook.com/docs/whatsapp/overview/policy-enforcement
RESTRICTIONS: dict[str, tuple[str, tuple[Capability, ...]]] = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": (
        "Meta does not let this account start conversations: templates are not sent.",
        TEMPLATES,
    ),
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": (
        "Meta does not let this account answer what people write.",
        (Capability.CAN_SEND_MESSAGES,),
    ),
    "RESTRICTED_UTILITY_TEMPLATES": (
        "Meta does not let this account send utility templates. Other templates are sent.",
        (),
    ),
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": ("Meta does not let this account add phone numbers.", ()),
}
PAUSED = Reason(
    "WABA",
    "SENDING_PAUSED",
    "The owner is moving the WhatsApp Business app to another phone. Nothing can be sent meanwhile.",
    "Wait: it goes on by itself when the app runs on the new phone.",
    OUTGOING,
    Actor.END_USER,
)
WHY_DISCONNECTED = {
    "REQUESTED": "It was disconnected over this API.",
    "RELEASED": "Our support released it.",
    "PARTNER_REMOVED": "Its owner took our access back in Meta's settings.",
    "PARTNER_APP_UNINSTALLED": "Its owner took our app's permissions back.",
    "ACCOUNT_DELETED": "The account was deleted at Meta.",
    "NO_LONGER_SHARED": "Meta no longer lists it as shared with us.",
    "ACCOUNT_DISCONNECTED": "Its owner disconnected it in the WhatsApp Business app.",
    "BUSINESS_DOWNGRADE": "Its owner went back from the WhatsApp Business app to WhatsApp.",
    "CHANGE_NUMBER": "Its owner changed the number in the WhatsApp Business app.",
    "COMPANION_INACTIVITY": "Nothing came over the API for some 30 days.",
    "PRIMARY_INACTIVITY": "The phone with the WhatsApp Business app was not used for some 14 days.",
    "USER_RE_REGISTERED": "Its owner registered the number anew in the WhatsApp Business app.",
}


def of_account(waba: Waba, now: datetime) -> Iterator[Reason]:
    if waba.paused_at:
        yield PAUSED
    yield from of_ban(waba)
    for restriction in in_force(waba, now):
        yield of_restriction(restriction)
    told = violation_told_at(waba)
    if waba.violation_type and told and told > now - VIOLATION_SHOWN:
        yield violation(waba.violation_type, told)


def of_ban(waba: Waba) -> Iterator[Reason]:
    if waba.ban_state == "DISABLE":
        message = "Meta disabled this account."
        yield Reason("WABA", "ACCOUNT_DISABLED", message, SUPPORT, ALL, Actor.END_USER)
    elif waba.ban_state == "SCHEDULE_FOR_DISABLE":
        when = waba.ban_date or "soon"
        message = f"Meta is going to disable this account: {when}."
        yield Reason("WABA", "ACCOUNT_WILL_BE_DISABLED", message, SUPPORT, (), Actor.END_USER, when)


def in_force(waba: Waba, now: datetime) -> list[dict[str, Any]]:
    """The restrictions that have not ended."""
    ends = ((restriction, ends_at(restriction)) for restriction in waba.restrictions)
    return [restriction for restriction, end in ends if end is None or end > now]


def ends_at(restriction: dict[str, Any]) -> datetime | None:
    end = restriction.get("expiresAt")
    return datetime.fromisoformat(end) if end else None


def of_restriction(restriction: dict[str, Any]) -> Reason:
    kind, end = str(restriction["type"]), ends_at(restriction)
    unknown = (f"Meta restricts this account: {kind.replace('_', ' ').lower()}.", ())
    message, capabilities = RESTRICTIONS.get(kind, unknown)
    solution = str(restriction.get("remediation") or SUPPORT)
    if end:
        message, solution = f"{message} It ends on {day(end)}.", f"Wait until {day(end)}. {solution}"
    actor = Actor.META if end else Actor.END_USER
    return Reason("WABA", kind, message, solution, capabilities, actor, deadline=end)


def violation_told_at(waba: Waba) -> datetime | None:
    told = waba.told_at.get(VIOLATION)
    return datetime.fromisoformat(told) if told else None


def violation(kind: str, told: datetime) -> Reason:
    message = f"Meta found a violation of its policy: {kind.replace('_', ' ').lower()}."
    return Reason("WABA", "ACCOUNT_VIOLATION", message, SUPPORT, (), Actor.END_USER, timestamp(told))


def of_disconnection(phone: PhoneNumber) -> Iterator[Reason]:
    """Nothing is worth saying beside it."""
    if not phone.waba.is_connected:
        why = WHY_DISCONNECTED.get(phone.waba.disconnect_reason or "", "")
        message = f"The WABA of this number is disconnected. {why}".strip()
        yield Reason("WABA", "WABA_DISCONNECTED", message, CONNECT_AGAIN, ALL, Actor.CUSTOMER)
    elif phone.disconnected_at:
        why = WHY_DISCONNECTED.get(phone.disconnect_reason or "", "")
        message = f"This number is disconnected. {why}".strip()
        yield Reason("PHONE_NUMBER", "PHONE_DISCONNECTED", message, CONNECT_AGAIN, ALL, Actor.CUSTOMER)
