"""When a number must be registered at Meta, with which PIN, how often, and the ledger of the calls."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from meta_graph import phone_numbers
from meta_graph.client import Token
from meta_graph.errors import Cause, GraphError
from phones.models import PhoneNumber, RegistrationAttempt
from phones.two_step import keep_new

Maker = RegistrationAttempt.Maker
# Meta allows ten calls for one number in 72 hours. The platform stops at seven: the rest is for people.
WINDOW = timedelta(hours=72)
LIMITS = {Maker.PLATFORM: 7, Maker.PERSON: 10}
REGISTERED, DEREGISTERED = "registered", "deregistered"
# On the Cloud API in these states too: another registration would not cure what Meta holds against it.
STILL_REGISTERED = frozenset({"CONNECTED", "FLAGGED", "RESTRICTED", "RATE_LIMITED", "BANNED"})


class Standing(StrEnum):
    """What registering would mean for a number as Meta last described it."""

    COEXISTENCE = "coexistence"
    REGISTERED, DEREGISTERED = "registered", "deregistered"
    NEEDS_VERIFICATION = "needs_verification"
    NEEDS_REGISTRATION = "needs_registration"


class AttemptsUsedUpError(ConflictError):
    message = "The registration attempts of this number are used up."


class UnderWayError(ConflictError):
    message = "A registration of this number is under way."


class CoexistenceError(ConflictError):
    """Registering or deregistering would take the number from its owner's phone."""

    message = "The number is on the WhatsApp Business app and is never registered."


def standing(phone: PhoneNumber) -> Standing:
    """A registered number that is registered again with another PIN looks like a failure (133005).

    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/registration
    """
    if phone.is_coexistence:
        return Standing.COEXISTENCE
    if phone.is_registered or (phone.platform_type == "CLOUD_API" and phone.status in STILL_REGISTERED):
        return Standing.REGISTERED
    if phone.code_verification_status not in {"VERIFIED", None}:
        return Standing.NEEDS_VERIFICATION
    return Standing.NEEDS_REGISTRATION


def needs_registration(phone: PhoneNumber) -> bool:
    return standing(phone) is Standing.NEEDS_REGISTRATION


def pin_for(phone: PhoneNumber) -> str:
    """The number's PIN, made once and committed before anybody can send it. Racing callers get the same."""
    if not phone.pin:
        made = f"{secrets.randbelow(1_000_000):06d}"
        with transaction.atomic(durable=True):
            PhoneNumber.objects.filter(pk=phone.pk, pin=None).update(pin=made)
        phone.refresh_from_db(fields=["pin"])
    return str(phone.pin)


def attempts_left(phone: PhoneNumber, now: datetime, *, made_by: Maker = Maker.PLATFORM) -> int:
    """How many calls `made_by` may still make; every call of the last 72 hours counts, whoever made it."""
    if blocked_until(phone, now) > now:
        return 0
    return max(0, LIMITS[made_by] - phone.registration_attempts.filter(made_at__gt=now - WINDOW).count())


def next_attempt_at(phone: PhoneNumber, now: datetime, *, made_by: Maker = Maker.PLATFORM) -> datetime:
    """When `made_by` may call again: `now`, or the end of the window of the call that is in the way."""
    in_window = phone.registration_attempts.filter(made_at__gt=now - WINDOW).order_by("-made_at")
    in_the_way = in_window.values_list("made_at", flat=True)[LIMITS[made_by] - 1 : LIMITS[made_by]]
    return max([blocked_until(phone, now), *(made_at + WINDOW for made_at in in_the_way)])


def blocked_until(phone: PhoneNumber, now: datetime) -> datetime:
    """Meta said 133016: others may have called too. Nobody calls for 72 hours; `now` where it did not."""
    refused = phone.registration_attempts.filter(
        made_at__gt=now - WINDOW, outcome=str(Cause.TOO_MANY_ATTEMPTS)
    )
    newest = refused.order_by("-made_at").values_list("made_at", flat=True).first()
    return newest + WINDOW if newest else now


def refuse_second(phone: PhoneNumber) -> None:
    """While a call is on its way, another would only use up an attempt. Raises UnderWayError."""
    patience = timedelta(seconds=settings.META_REQUEST_TIMEOUT + 5)
    on_its_way = phone.registration_attempts.filter(outcome=None, made_at__gt=timezone.now() - patience)
    made_at: datetime | None = on_its_way.values_list("made_at", flat=True).first()
    if made_at:
        raise UnderWayError(retry_at=made_at + patience)


def register(
    *,
    phone: PhoneNumber,
    pin: str,
    made_by: Maker,
    token: Token,
    is_new_pin: bool = False,
    alone_since: datetime | None = None,
) -> None:
    """One call of Meta's register, written down before it is made; `is_new_pin`: its PIN with it.

    Where Meta holds an earlier deregistration that was not finished (133000) that is finished here, once;
    the error is raised all the same. Raises GraphError, AttemptsUsedUpError, CoexistenceError; and
    UnderWayError where somebody else has begun a call after `alone_since`.
    """
    if phone.is_coexistence:
        raise CoexistenceError
    attempt = _entered(phone, made_by, pin if is_new_pin else None, alone_since)
    try:
        phone_numbers.register(phone_number_id=phone.meta_phone_number_id, pin=pin, token=token)
    except GraphError as error:
        _settle(attempt, str(error.cause))
        if error.cause is Cause.INCOMPLETE_DEREGISTRATION:
            _finish_deregistration(phone, attempt, token)
        raise
    _settle(attempt, REGISTERED)
    if phone.pin != pin or phone.pin_changed_at:
        PhoneNumber.objects.filter(pk=phone.pk).update(pin=pin, pin_changed_at=None)
        phone.refresh_from_db(fields=["pin", "pin_changed_at"])


def _finish_deregistration(phone: PhoneNumber, attempt: RegistrationAttempt, token: Token) -> None:
    """Meta allows ten of these in 72 hours too. Raises GraphError, unless there is nothing to deregister."""
    since = attempt.made_at - WINDOW
    if phone.registration_attempts.filter(made_at__gt=since, outcome=DEREGISTERED).exists():
        return
    try:
        phone_numbers.deregister(phone_number_id=phone.meta_phone_number_id, token=token)
    except GraphError as error:
        if error.cause is not Cause.ALREADY_DONE:
            raise
    _settle(attempt, DEREGISTERED)


@transaction.atomic(durable=True)
def _entered(
    phone: PhoneNumber, made_by: Maker, new_pin: str | None, alone_since: datetime | None
) -> RegistrationAttempt:
    """The ledger's row, counted under the number's lock: two callers cannot both take the last attempt."""
    PhoneNumber.objects.select_for_update(no_key=True).only("pk").get(pk=phone.pk)
    now = timezone.now()
    if alone_since is not None:
        refuse_second(phone)
        if phone.registration_attempts.filter(made_at__gte=alone_since).exists():
            raise UnderWayError
    if attempts_left(phone, now, made_by=made_by) == 0:
        raise AttemptsUsedUpError(retry_at=next_attempt_at(phone, now, made_by=made_by))
    if new_pin is not None:
        keep_new(phone, new_pin)
    return RegistrationAttempt.objects.create(phone=phone, made_by=made_by, made_at=now)


def _settle(attempt: RegistrationAttempt, outcome: str) -> None:
    attempt.outcome = outcome
    attempt.save(update_fields=["outcome"])
