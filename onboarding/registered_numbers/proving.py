"""The code of a registered number: with it the number is verified, for 90 days."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError, NotFoundError
from meta_graph import phone_numbers
from meta_graph.errors import Action, Cause, GraphError
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers import pool
from onboarding.registered_numbers.claims import (
    locked_rows,
    refuse_anothers,
    refuse_renewing,
    take_over,
)
from onboarding.registered_numbers.taking import UsedError
from onboarding.subjects import about_number
from phones import verification

Status = RegisteredNumber.Status
# So long does Meta keep a number verified that no signup has claimed.
LIFE = timedelta(days=90)


class NoCodeError(ConflictError):
    message = "No code is waiting to be entered. Ask for another one."


def verify_number(*, number: RegisteredNumber, code: str) -> RegisteredNumber:
    """The digits that the number got. A number that is verified is answered as it is.

    Raises WrongCodeError, ConflictError (used, another organization's, no code asked for), another ApiError.
    """
    token = pool.our_token()
    current, given_before = begun(number)
    if current.status == Status.VERIFIED and not current.is_expired(timezone.now()):
        return current
    entry = current.meta_preverified_id or ""
    with about_number(current, "verify_number"):
        try:
            phone_numbers.verify_code(phone_number_id=entry, code=code, token=token)
        except GraphError as error:
            settle_refused(current, error, given_before)
    return proven(current)


@transaction.atomic
def begun(number: RegisteredNumber) -> tuple[RegisteredNumber, datetime | None]:
    """The number as it is now, and since when an answer to an earlier code is missing.

    Written down before Meta is asked: an answer that gets lost is looked for afterwards.
    """
    rows, now = every_row(number), timezone.now()
    current = of_them(number, rows)
    if current.status == Status.USED:
        raise UsedError
    if current.status == Status.VERIFIED and not current.is_expired(now):
        return current, None
    refuse_anothers(current.phone_number, current.organization, now)
    refuse_renewing(rows, now)
    if current.meta_preverified_id is None:
        raise NoCodeError
    given_before, current.code_given_at = current.code_given_at, now
    current.save(update_fields=["code_given_at"])
    return current, given_before


def settle_refused(number: RegisteredNumber, error: GraphError, given_before: datetime | None) -> None:
    """Returns where it was proven by an earlier call all the same. Else raises what is to be told."""
    if error.action is Action.RETRY and (error.cause is Cause.RATE_LIMITED or not error.was_sent):
        forget_code(number, given_before)
    if error.action is Action.RETRY:
        raise error
    if given_before and was_proven(number):
        return
    forget_code(number, None)
    if error.cause is Cause.OBJECT_GONE:
        raise NoCodeError from error
    raise verification.of_refusal(error) from error


def forget_code(number: RegisteredNumber, given_before: datetime | None) -> None:
    RegisteredNumber.objects.filter(pk=number.pk).update(code_given_at=given_before)


def was_proven(number: RegisteredNumber) -> bool:
    """Whether a code whose answer was lost was right. Raises GraphError.

    Meta sends codes to unproven numbers alone: who has proven it since is one of those whose answer is
    missing. Where that are several nobody is believed, and a new code decides.
    """
    asked = RegisteredNumber.objects.waiting().filter(phone_number=number.phone_number)
    if asked.exclude(pk=number.pk).exclude(code_given_at=None).exists():
        return False
    found = pool.find(number.phone_number)
    return found is not None and found.is_verified and found.id == number.meta_preverified_id


@transaction.atomic
def proven(number: RegisteredNumber) -> RegisteredNumber:
    """Verified from now on. Raises AnothersError where another organization's code was first."""
    current, now = locked(number), timezone.now()
    refuse_anothers(current.phone_number, current.organization, now)
    take_over(current)
    current.status, current.verified_at, current.expires_at = Status.VERIFIED, now, now + LIFE
    current.code_given_at = None
    current.save(update_fields=["status", "verified_at", "expires_at", "code_given_at"])
    return current


def locked(number: RegisteredNumber) -> RegisteredNumber:
    """Its row among all of that number, which are locked. Raises NotFoundError."""
    return of_them(number, every_row(number))


def every_row(number: RegisteredNumber) -> list[RegisteredNumber]:
    rows = locked_rows(number.phone_number).select_related("organization")
    return list(rows.select_for_update(no_key=True, of=("self",)))


def of_them(number: RegisteredNumber, rows: list[RegisteredNumber]) -> RegisteredNumber:
    for row in rows:
        if row.pk == number.pk:
            return row
    raise NotFoundError


def note_lapse(number: RegisteredNumber) -> None:
    """What is verified here and has an unproven entry at Meta needs another code. Raises GraphError.

    One without an entry stays verified: a sign-up that is under way has just claimed it.
    """
    if number.status != Status.VERIFIED or number.is_expired(timezone.now()):
        return
    found = pool.find(number.phone_number)
    if found is None or found.is_verified:
        return
    RegisteredNumber.objects.filter(
        pk=number.pk, status=Status.VERIFIED, verified_at=number.verified_at
    ).update(status=Status.UNVERIFIED, verified_at=None, expires_at=None)
