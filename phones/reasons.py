"""What keeps a number from receiving or sending: the words, the cure, and who has to move."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from api.times import timestamp
from wabas.tokens import TokenStatus


class Capability(StrEnum):
    CAN_RECEIVE_MESSAGES = "canReceiveMessages"
    CAN_SEND_MESSAGES = "canSendMessages"
    CAN_SEND_TEMPLATES = "canSendTemplates"


class Actor(StrEnum):
    """Who has to move now. `customer` is the caller of this API."""

    END_USER = "end_user"
    CUSTOMER = "customer"
    PLATFORM = "platform"
    META = "meta"


ALL = tuple(Capability)
RECEIVING = (Capability.CAN_RECEIVE_MESSAGES,)
TEMPLATES = (Capability.CAN_SEND_TEMPLATES,)
OUTGOING = (Capability.CAN_SEND_MESSAGES, Capability.CAN_SEND_TEMPLATES)
CONNECT_AGAIN = "Send your end-user a new onboarding link and have the number connected again."


@dataclass(frozen=True)
class Reason:
    """Without capabilities it turns nothing off.

    `warning`, where somebody has to hear of it all the same: what tells it from an earlier one of its code.
    `deadline`: when it ends by itself, or when a warning comes true.
    """

    entity: str
    code: str
    message: str
    solution: str
    capabilities: tuple[Capability, ...]
    actor: Actor
    warning: str = ""
    deadline: datetime | None = None


TOKENS = {
    status: Reason("WABA", f"TOKEN_{status.upper()}", message, CONNECT_AGAIN, OUTGOING, Actor.CUSTOMER)
    for status, message in (
        (TokenStatus.MISSING, "There is no access token for the WABA of this number."),
        (TokenStatus.EXPIRED, "The access token of the WABA has expired."),
        (TokenStatus.INVALID, "Meta no longer accepts the access token of the WABA."),
    )
}
NO_ACCESS = Reason(
    "PHONE_NUMBER",
    "NO_ACCESS",
    "Meta does not show us this number: it was removed, or our permission was taken back.",
    CONNECT_AGAIN,
    ALL,
    Actor.CUSTOMER,
)
NOT_REGISTERED = Reason(
    "PHONE_NUMBER",
    "NOT_REGISTERED",
    "The number is not registered on the Cloud API.",
    "Register the number; where it has a two-step verification PIN, its owner's PIN is needed.",
    ALL,
    Actor.CUSTOMER,
)
NOT_SUBSCRIBED = Reason(
    "WABA",
    "NOT_SUBSCRIBED",
    "Our app is not subscribed to the webhooks of the WABA, so incoming messages do not reach us.",
    "Retry the onboarding link, or have the number connected again.",
    RECEIVING,
    Actor.CUSTOMER,
)


def token_expires(at: datetime) -> Reason:
    message = f"The access token of the WABA expires on {day(at)}. Until then everything works."
    return Reason(
        "WABA",
        "TOKEN_EXPIRES_SOON",
        message,
        f"{CONNECT_AGAIN} That renews the access.",
        (),
        Actor.CUSTOMER,
        warning=timestamp(at),
        deadline=at,
    )


def pin_changed(at: datetime) -> Reason:
    message = f"Somebody changed the two-step PIN of this number on {day(at)}. Everything works as before."
    return Reason(
        "PHONE_NUMBER",
        "PIN_CHANGED",
        message,
        "Set a PIN of your own with POST /v1/phones/{id}/pin. Without one its owner is asked for the new PIN "
        "should the number have to be registered again.",
        (),
        Actor.CUSTOMER,
        warning=timestamp(at),
    )


def day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def not_connected(status: str, capabilities: tuple[Capability, ...]) -> Reason:
    return Reason(
        "PHONE_NUMBER",
        "PHONE_NOT_CONNECTED",
        f"Meta shows the number as {status}, not as CONNECTED.",
        "Its owner sees in WhatsApp Manager what has to be done.",
        capabilities,
        Actor.END_USER,
    )


def not_checked(capabilities: tuple[Capability, ...]) -> Reason:
    return Reason(
        "PHONE_NUMBER",
        "NOT_CHECKED",
        "This was not checked at Meta yet.",
        "A check is queued by each read of the health. Read it again in a few seconds.",
        capabilities,
        Actor.PLATFORM,
    )


def of_meta_error(entity: str, error: dict[str, Any], capabilities: tuple[Capability, ...]) -> Reason:
    """An entry of an entity's `errors`, in Meta's own words."""
    return Reason(
        entity,
        str(error.get("error_code")),
        str(error.get("error_description") or "Meta gave no description."),
        str(error.get("possible_solution") or "See WhatsApp Manager."),
        capabilities,
        mover(entity),
    )


def blocked(entity: str, capabilities: tuple[Capability, ...]) -> Reason:
    message = "Meta blocks messages and gave no reason."
    return Reason(entity, "BLOCKED", message, "See WhatsApp Manager.", capabilities, mover(entity))


def limited(entity: str, text: str, capabilities: tuple[Capability, ...]) -> Reason:
    return Reason(entity, "LIMITED", text, "See WhatsApp Manager.", capabilities, mover(entity))


def mover(entity: str) -> Actor:
    """The app is ours; the number, the account and the portfolio are the end-user's."""
    return Actor.PLATFORM if entity == "APP" else Actor.END_USER
