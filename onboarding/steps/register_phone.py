"""The number is put on the Cloud API, unless it is there. Each call is one of Meta's ten in 72 hours."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from meta_graph import phone_numbers
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from onboarding.models import Signup, StepRun
from onboarding.next_action import VERIFY_NUMBER
from onboarding.outcomes import Actor, NeedsCustomer, NotYet, Settled, StepError
from onboarding.verdicts import retry_at, verdict
from phones.models import PhoneNumber, RegistrationAttempt
from phones.registration import WINDOW, AttemptsUsedUpError, Standing, pin_for, register, standing
from phones.services import is_on_both, note_registered, refresh_phone

Maker = RegistrationAttempt.Maker
ENTER_PIN = (
    "ENTER_PIN",
    "This number has a two-step verification PIN. Its owner has to enter it, or switch it off.",
)
ASKED = {Cause.PIN_MISMATCH: ENTER_PIN, Cause.NUMBER_NOT_VERIFIED: VERIFY_NUMBER}
ASKED_OF_PEOPLE = frozenset({ENTER_PIN[0], VERIFY_NUMBER[0]})
PIN_LOCKED = ("PIN_LOCKED", "A wrong PIN was entered too often. Meta takes the right one after a while.")
JUST_RELEASED = (
    "JUST_RELEASED",
    "The number was released a moment ago. Meta takes it again in five minutes.",
)
# Where Meta names no time, in seconds.
PIN_LOCK = 300.0
PIN_WORDS = re.compile(r"\bpin\b|two.step", re.IGNORECASE)


def run(signup: Signup, run: StepRun) -> Settled:
    token = business_token(signup.token_value)
    is_first = run.attempts == 1
    phone = signup.saved_phone if is_first else known_again(signup.saved_phone, token)
    match standing(phone):
        case Standing.COEXISTENCE | Standing.REGISTERED:
            return Settled.SKIPPED if is_first else Settled.DONE
        case Standing.NEEDS_VERIFICATION:
            raise NeedsCustomer(*VERIFY_NUMBER, Actor.END_USER)
    said_before = run.error["code"] if run.error else None
    if said_before == PIN_LOCKED[0]:
        raise NeedsCustomer(*ENTER_PIN, Actor.END_USER)
    register_now(phone, token, run, Maker.PERSON if said_before in ASKED_OF_PEOPLE else Maker.PLATFORM)
    note_registered(phone=phone)
    return Settled.DONE


def known_again(phone: PhoneNumber, token: Token) -> PhoneNumber:
    """The phone as it is now: the try before may have registered it without our learning so."""
    info = phone_numbers.read_phone_number(phone_number_id=phone.meta_phone_number_id, token=token)
    known = refresh_phone(phone=phone, info=info)
    if is_on_both(info) and not known.is_coexistence:
        known.is_coexistence = True
        known.save(update_fields=["is_coexistence", "updated_at"])
    return known


def register_now(phone: PhoneNumber, token: Token, run: StepRun, made_by: Maker) -> None:
    """One call of register. Raises NeedsCustomer, NotYet or GraphError."""
    try:
        register(phone=phone, pin=pin_for(phone), made_by=made_by, token=token)
    except AttemptsUsedUpError as error:
        raise too_many(error.retry_at or timezone.now() + WINDOW) from error
    except GraphError as error:
        if meant := meaning(error, run):
            raise meant from error
        raise


def meaning(error: GraphError, run: StepRun) -> StepError | None:
    """What Meta's refusal asks of whom; None where it means here what it means everywhere."""
    now = timezone.now()
    if error.cause in ASKED or is_about_pin(error):
        return NeedsCustomer(*ASKED.get(error.cause, ENTER_PIN), Actor.END_USER, cause=error)
    if error.cause is Cause.TOO_MANY_ATTEMPTS:
        return too_many(now + WINDOW)
    if error.cause is Cause.PIN_TOO_MANY:
        return NotYet(*PIN_LOCKED, Actor.META, at=now + timedelta(seconds=error.retry_after or PIN_LOCK))
    if error.cause is Cause.JUST_DELETED:
        return NotYet(*JUST_RELEASED, Actor.META, at=retry_at(run, now, error.retry_after))
    if error.broken:
        # Meta may be at it still: asked again before it has ended, it would register twice.
        return verdict(run, error, now, wait=settings.META_REQUEST_TIMEOUT)
    return None


def is_about_pin(error: GraphError) -> bool:
    """131031 says that the account is locked, and of a wrong PIN as well: its words tell which."""
    return error.cause is Cause.ACCOUNT_LOCKED and bool(PIN_WORDS.search(f"{error.message} {error.details}"))


def too_many(at: datetime) -> NotYet:
    return NotYet(
        "TOO_MANY_ATTEMPTS",
        "Meta allows ten registrations of a number in 72 hours; nothing is tried before they are over.",
        Actor.META,
        at=at,
    )
