"""The number is put on the Cloud API, unless it is there. Each call is one of Meta's ten in 72 hours."""

from datetime import datetime, timedelta

from django.utils import timezone

from meta_graph import phone_numbers
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, NeedsCustomer, NotYet, Settled
from phones.models import PhoneNumber, RegistrationAttempt
from phones.registration import AttemptsUsedUpError, Standing, pin_for, register, standing
from phones.services import note_registered, refresh_phone

# After Meta said that the attempts are used up.
BLOCKED_FOR = timedelta(hours=72)
Maker = RegistrationAttempt.Maker
VERIFY_NUMBER = ("VERIFY_NUMBER", "The number has to be verified in WhatsApp Manager first.")
ASKED = {
    Cause.PIN_MISMATCH: (
        "ENTER_PIN",
        "This number has a two-step verification PIN. Its owner has to enter it, or switch it off.",
    ),
    Cause.PIN_TOO_MANY: (
        "ENTER_PIN",
        "A wrong PIN was entered too often. Its owner has to wait and enter the right one.",
    ),
    Cause.NUMBER_NOT_VERIFIED: VERIFY_NUMBER,
}


def run(signup: Signup, run: StepRun) -> Settled:
    token = business_token(signup.token_value)
    is_first = run.attempts == 1
    phone = signup.saved_phone if is_first else known_again(signup.saved_phone, token)
    match standing(phone):
        case Standing.COEXISTENCE | Standing.REGISTERED:
            return Settled.SKIPPED if is_first else Settled.DONE
        case Standing.NEEDS_VERIFICATION:
            raise NeedsCustomer(*VERIFY_NUMBER, Actor.END_USER)
    register_now(phone, token, made_by=Maker.PERSON if was_asked(run) else Maker.PLATFORM)
    note_registered(phone=phone)
    return Settled.DONE


def was_asked(run: StepRun) -> bool:
    return bool(run.error and run.error["code"] == "ENTER_PIN")


def known_again(phone: PhoneNumber, token: Token) -> PhoneNumber:
    """The phone as it is now: the try before may have registered it without our learning so."""
    info = phone_numbers.read_phone_number(phone_number_id=phone.meta_phone_number_id, token=token)
    return refresh_phone(phone=phone, info=info)


def register_now(phone: PhoneNumber, token: Token, *, made_by: Maker) -> None:
    """One call of register. Raises NeedsCustomer, NotYet or GraphError."""
    try:
        register(phone=phone, pin=pin_for(phone), made_by=made_by, token=token)
    except AttemptsUsedUpError as error:
        raise too_many(error.retry_at or timezone.now() + BLOCKED_FOR) from error
    except GraphError as error:
        if error.cause is Cause.TOO_MANY_ATTEMPTS:
            raise too_many(timezone.now() + BLOCKED_FOR) from error
        if error.cause in ASKED:
            raise NeedsCustomer(*ASKED[error.cause], Actor.END_USER, cause=error) from error
        raise


def too_many(at: datetime) -> NotYet:
    return NotYet(
        "TOO_MANY_ATTEMPTS",
        "Meta allows ten registrations of a number in 72 hours; nothing is tried before they are over.",
        Actor.META,
        at=at,
    )
