"""A number for an account that has none, and the proof of a number: what the page asks for and is given.

A signup that ended without a number keeps its token; once a number is there and verified, it goes on.
Meta is never called inside a transaction. The page may repeat every call: what is there is looked for first.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import phonenumbers
from django.db import transaction
from django.utils import timezone

from api.errors import ApiError, ConflictError, NotFoundError, RateLimitedError
from meta_graph import wabas
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from meta_graph.phone_numbers import PhoneNumberInfo
from onboarding import readiness, resuming
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.next_action import lacks_number, verify_number
from onboarding.signups import LinkExpiredError
from onboarding.tasks import ring_steps
from phones import verification
from phones.verification import Method

# Each look costs the account two of the 200 calls that Meta allows it in an hour: a person who does nothing
# but look leaves 80 for the rest of the signup.
BETWEEN_LOOKS = timedelta(seconds=60)


class NothingAskedError(ConflictError):
    message = "No number is asked for now."


class NumberInUseError(ApiError):
    status, code = 422, "NUMBER_IN_USE"
    message = "This number is used with WhatsApp elsewhere. It has to be released there first."


class WrongNumberError(ApiError):
    status, code, message = 422, "WRONG_NUMBER", "The link was made for another number."


class TooManyLooksError(RateLimitedError):
    message = "The account was looked at a moment ago."


@dataclass(frozen=True)
class Question:
    """What a signup waits for: a number (`run` is None), or the proof of the one that it has."""

    signup: Signup
    run: StepRun | None
    meta_phone_number_id: str | None

    @property
    def token(self) -> Token:
        return business_token(self.signup.token_value)


def question(link: OnboardingLink, signup_id: UUID) -> Question:
    """What is asked now. Raises NotFoundError, LinkExpiredError, NothingAskedError."""
    signups = Signup.objects.select_related("link", "phone", "waba")
    signup = signups.filter(pk=signup_id, link=link).first()
    if signup is None:
        raise NotFoundError
    if lacks_number(signup):
        if signup.link.is_expired(timezone.now()):
            raise LinkExpiredError
        return Question(signup, None, signup.added_phone_number_id)
    run = unverified_run(signup)
    if run is None or signup.phone is None:
        raise NothingAskedError
    return Question(signup, run, signup.phone.meta_phone_number_id)


def unverified_run(signup: Signup) -> StepRun | None:
    return StepRun.objects.filter(
        signup=signup,
        step="register_phone",
        status=StepRun.Status.NEEDS_CUSTOMER,
        error__code="VERIFY_NUMBER",
    ).first()


def add_number(
    *,
    link: OnboardingLink,
    signup_id: UUID,
    phone_number: str,
    display_name: str,
    method: Method,
    language: str,
) -> None:
    """Adds an E.164 number to the account that was signed in for, and has a code sent to it.

    Raises what `question` does, WrongNumberError, NumberInUseError, and what `send_code` does.
    """
    asked = question(link, signup_id)
    if asked.run is not None:
        raise NothingAskedError
    if link.expected_phone_number not in {None, phone_number}:
        raise WrongNumberError
    waba_id = asked.signup.meta_waba_id or ""
    try:
        found = number_there(waba_id, phone_number, asked.token)
        added_id = found.id if found else added(waba_id, phone_number, display_name, asked.token)
    except GraphError as error:
        raise of_refusal(error) from error
    is_proven = found is not None and found.code_verification_status == verification.VERIFIED
    keep_number(asked.signup, added_id)
    if is_proven:
        go_on(asked)
    else:
        send_code(asked, added_id, method, language)


def number_there(waba_id: str, phone_number: str, token: Token) -> PhoneNumberInfo | None:
    """The account's own entry of that number, if any."""
    numbers = wabas.list_phone_numbers(waba_id=waba_id, token=token)
    return next((info for info in numbers if info.phone_number == phone_number), None)


def added(waba_id: str, phone_number: str, display_name: str, token: Token) -> str:
    """Meta's id of the number that was added now, or by the same call a moment ago."""
    parsed = phonenumbers.parse(phone_number)
    country_code = str(parsed.country_code)
    try:
        return wabas.add_phone_number(
            waba_id=waba_id,
            country_code=country_code,
            phone_number=phone_number.removeprefix(f"+{country_code}"),
            verified_name=display_name,
            token=token,
        )
    except GraphError:
        if found := number_there(waba_id, phone_number, token):
            return found.id
        raise


def of_refusal(error: GraphError) -> ApiError:
    if error.cause is Cause.NUMBER_IN_USE:
        return NumberInUseError(
            meta={"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
        )
    return verification.of_refusal(error)


@transaction.atomic
def keep_number(signup: Signup, meta_phone_number_id: str) -> None:
    """The signup's own from now on, to be taken once it is verified. Raises NothingAskedError."""
    current = readiness.locked(signup.pk)
    if not lacks_number(current):
        raise NothingAskedError
    Signup.objects.filter(pk=current.pk).update(added_phone_number_id=meta_phone_number_id)
    OnboardingLink.objects.filter(pk=current.link_id).update(next_action=verify_number(current.link))


def request_code(*, link: OnboardingLink, signup_id: UUID, method: Method, language: str) -> None:
    """Another code. Raises what `question` and `send_code` do; NothingAskedError before there is a number."""
    asked = question(link, signup_id)
    if asked.meta_phone_number_id is None:
        raise NothingAskedError
    send_code(asked, asked.meta_phone_number_id, method, language)


def send_code(asked: Question, meta_phone_number_id: str, method: Method, language: str) -> None:
    """At most three an hour for a number. Raises CodesUsedUpError, CodeNotSentError, another ApiError."""
    with transaction.atomic():
        readiness.locked(asked.signup.pk)
        request = verification.entered(meta_phone_number_id, method, timezone.now())
    if request is None:
        return
    try:
        verification.send(request, language=language, token=asked.token)
    except verification.CodeNotSentError:
        if not verification.is_verified(meta_phone_number_id, asked.token):
            raise
        go_on(asked)


def verify_code(*, link: OnboardingLink, signup_id: UUID, code: str) -> None:
    """The digits that the number got: the signup goes on. Raises WrongCodeError, another ApiError."""
    asked = question(link, signup_id)
    if asked.meta_phone_number_id is None:
        raise NothingAskedError
    verification.verify(meta_phone_number_id=asked.meta_phone_number_id, code=code, token=asked.token)
    go_on(asked)


def check_again(*, link: OnboardingLink, signup_id: UUID) -> None:
    """A number was added in WhatsApp Manager. Raises what `question` does, and TooManyLooksError."""
    asked = question(link, signup_id)
    if asked.run is not None:
        raise NothingAskedError
    looked_at = StepRun.objects.get(signup=asked.signup, step="identify_assets").finished_at
    now = timezone.now()
    if looked_at and now - looked_at < BETWEEN_LOOKS:
        seconds = math.ceil((looked_at + BETWEEN_LOOKS - now).total_seconds())
        raise TooManyLooksError(headers={"Retry-After": str(seconds)})
    go_on(asked)


@transaction.atomic
def go_on(asked: Question) -> None:
    """What waited for the number or its proof is due now. Nothing, where somebody else made it so."""
    signup, now = readiness.locked(asked.signup.pk), timezone.now()
    if asked.run is None:
        ring_steps(signup.pk, resuming.go_on(signup, now) if lacks_number(signup) else ())
        return
    waiting = StepRun.objects.filter(pk=asked.run.pk, status=StepRun.Status.NEEDS_CUSTOMER)
    if waiting.update(status=StepRun.Status.WAITING, next_attempt_at=now, finished_at=None, is_put_off=False):
        readiness.advance(signup, now)
        ring_steps(signup.pk, (asked.run.step,))
