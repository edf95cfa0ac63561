"""What a client asks Meta for about a number: registering it, and another PIN.

Each call is made in the request. What Meta refuses or cannot do is raised as the GraphError that it is.
"""

import math

from django.utils import timezone

from api.errors import ConflictError, RateLimitedError
from meta_graph import limits, phone_numbers
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from phones.health import SyncStatus, sync_status
from phones.models import PhoneNumber
from phones.reasons import TOKENS
from phones.registration import (
    AttemptsUsedUpError,
    CoexistenceError,
    Maker,
    Standing,
    attempts_left,
    next_attempt_at,
    pin_for,
    refuse_second,
    register,
    standing,
)
from phones.services import note_registered, refresh_phone, request_sync
from phones.subjects import about_phone
from phones.two_step import drop_new, is_refusal, keep_new, send_new, take_over
from wabas.models import Waba
from wabas.tokens import TokenStatus, token_status


class NotConnectedError(ConflictError):
    message = "This number is disconnected. Have it connected again by a new onboarding link."


class NoTokenError(ConflictError):
    """The token could not be used; nothing was asked of Meta."""


class AlreadyRegisteredError(ConflictError):
    message = "The number is registered already."


class NotVerifiedError(ConflictError):
    message = "The number has to be verified first: its owner does that in WhatsApp Manager."


class NotRegisteredError(ConflictError):
    message = "The number is not registered. Registering it sets its PIN too."


class PausedError(RateLimitedError):
    """Meta wants to hear nothing of the account until `retry_at`; nothing was asked of it."""

    message = "Meta's rate limit is reached."


class PinOfAppError(ConflictError):
    message = "The number is on the WhatsApp Business app, where its owner sets the PIN."


def register_phone(*, phone: PhoneNumber, pin: str | None = None) -> PhoneNumber:
    """Puts the number on the Cloud API with `pin`, else with its own. Raises ConflictError, GraphError.

    Where our row does not refuse it, what Meta says of the number now decides whether it may: an earlier call
    may have done it unnoticed. A given PIN is kept before it is sent, and becomes the number's own when Meta
    takes it. Raises PausedError too.
    """
    began = timezone.now()
    current, token = usable(phone)
    refuse_known(current)
    refuse_paused(current.waba)
    with about_phone(current, "register"):
        info = phone_numbers.read_phone_number(phone_number_id=current.meta_phone_number_id, token=token)
        refuse_needless(refresh_phone(phone=current, info=info))
        if current.disconnected_at:
            raise NotConnectedError
        tried = pin or str(current.new_pin or pin_for(current))
        try:
            register(
                phone=current,
                pin=tried,
                made_by=Maker.PERSON,
                token=token,
                is_new_pin=pin is not None,
                # While Meta was asked what the number is another caller may have begun.
                alone_since=began,
            )
        except GraphError as error:
            if is_refusal(error):
                drop_new(current, tried)
            if error.cause is Cause.TOO_MANY_ATTEMPTS:
                raise used_up(current) from error
            raise
    if current.new_pin:
        take_over(current, tried)
    note_registered(phone=current)
    request_sync(phone=current)
    return current


def set_phone_pin(*, phone: PhoneNumber, pin: str) -> PhoneNumber:
    """Gives the number another two-step PIN at Meta. Raises ConflictError, PausedError, GraphError.

    Kept before it is sent. Where Meta's answer is not learnt, the next check sends it again.
    """
    current, token = usable(phone)
    match standing(current):
        case Standing.COEXISTENCE:
            raise PinOfAppError
        case Standing.NEEDS_VERIFICATION | Standing.NEEDS_REGISTRATION:
            raise NotRegisteredError
    refuse_paused(current.waba)
    keep_new(current, pin)
    with about_phone(current, "pin"):
        send_new(current, token)
    return current


def usable(phone: PhoneNumber) -> tuple[PhoneNumber, Token]:
    """The number as it is now, and the token that opens it. Raises ConflictError without one."""
    current = PhoneNumber.objects.select_related("waba").get(pk=phone.pk)
    if current.disconnected_at or not current.waba.is_connected:
        raise NotConnectedError
    status = token_status(current.waba, timezone.now())
    if status is not TokenStatus.VALID:
        raise NoTokenError(f"{TOKENS[status].message} {TOKENS[status].solution}")
    return current, business_token(current.waba.access_token or "")


def refuse_known(phone: PhoneNumber) -> None:
    """What our own rows say, as long as they are fresh, costs none of the account's calls."""
    if phone.is_coexistence:
        raise CoexistenceError
    now = timezone.now()
    if standing(phone) is Standing.REGISTERED and sync_status(phone, now) is SyncStatus.FRESH:
        raise AlreadyRegisteredError
    refuse_second(phone)
    if attempts_left(phone, now, made_by=Maker.PERSON) == 0:
        raise used_up(phone)


def refuse_paused(waba: Waba) -> None:
    pause = limits.pause_until(waba.meta_waba_id)
    if pause:
        seconds = max(1, math.ceil((pause - timezone.now()).total_seconds()))
        raise PausedError(retry_at=pause, headers={"Retry-After": str(seconds)})


def refuse_needless(phone: PhoneNumber) -> None:
    match standing(phone):
        case Standing.REGISTERED:
            # Not more often than clients may ask for a check: a refusal costs nothing to repeat.
            request_sync(phone=phone)
            raise AlreadyRegisteredError
        case Standing.NEEDS_VERIFICATION:
            raise NotVerifiedError


def used_up(phone: PhoneNumber) -> AttemptsUsedUpError:
    return AttemptsUsedUpError(retry_at=next_attempt_at(phone, timezone.now(), made_by=Maker.PERSON))
