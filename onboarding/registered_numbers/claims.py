"""A number that several organizations ask for: who enters its code has it, and everybody else gives way."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from api.errors import ConflictError
from onboarding.models import RegisteredNumber
from onboarding.models.registered_numbers import RegisteredNumberQuerySet
from organizations.models import Organization
from phones.models import PhoneNumber

Status = RegisteredNumber.Status
# So long a code whose answer was lost stands in the way of what would make it worthless.
IN_DOUBT_FOR = timedelta(days=1)
# Longer than the two calls of a renewal may take; after it whoever began it has died.
RENEWAL_LASTS = timedelta(minutes=2)


class AnothersError(ConflictError):
    message = "Another organization has proven that this number is its own."


class VerifiedError(ConflictError):
    message = "This number is verified already."


class InDoubtError(ConflictError):
    message = "A code was entered for this number, and Meta did not say whether it was right. Try later."


class RenewingError(ConflictError):
    message = "Another code is on its way to this number. Enter that one, or try again in a moment."


def locked_rows(phone_number: str) -> RegisteredNumberQuerySet:
    """Every organization's row of a number, in one order for everybody who locks them."""
    rows = RegisteredNumber.objects.filter(phone_number=phone_number).order_by("pk")
    return rows.select_for_update(no_key=True)


def others_of(phone_number: str, organization: Organization) -> RegisteredNumberQuerySet:
    return RegisteredNumber.objects.filter(phone_number=phone_number).exclude(organization=organization)


def refuse_anothers(phone_number: str, organization: Organization, now: datetime) -> None:
    """Raises AnothersError where another one has it verified, or connected by a link."""
    others = others_of(phone_number, organization)
    users = others.filter(status=Status.USED).values("organization")
    connected = PhoneNumber.objects.filter(phone_number=phone_number, disconnected_at=None)
    if others.published_as("verified", now).exists() or connected.filter(organization__in=users).exists():
        raise AnothersError


def refuse_verified(number: RegisteredNumber, now: datetime) -> None:
    if number.status == Status.VERIFIED and not number.is_expired(now):
        raise VerifiedError


def refuse_proven(number: RegisteredNumber, rows: Iterable[RegisteredNumber], now: datetime) -> None:
    """Among the number's locked `rows`. Raises VerifiedError, or AnothersError."""
    refuse_anothers(number.phone_number, number.organization, now)
    for row in rows:
        refuse_verified(row, now)


def refuse_in_doubt(rows: Iterable[RegisteredNumber], now: datetime) -> None:
    """A code is at Meta right now, or its answer was lost: it may have been right."""
    if any(row.code_given_at and now - row.code_given_at < IN_DOUBT_FOR for row in rows):
        raise InDoubtError


def refuse_renewing(rows: Iterable[RegisteredNumber], now: datetime) -> None:
    """The entry at Meta is being replaced: nobody proves the one that goes."""
    if any(row.renewing_since and now - row.renewing_since < RENEWAL_LASTS for row in rows):
        raise RenewingError


def is_anothers_proof(phone_number: str, organization: Organization, now: datetime) -> bool:
    """Of a number that Meta has as pre-verified: whether only another organization's code can have done that.

    All organizations' entries are in one pool, and their ids are in what a browser gets to see.
    """
    own = RegisteredNumber.objects.for_organization(organization).filter(phone_number=phone_number)
    if own.filter(status=Status.VERIFIED).exists():
        return False
    others = others_of(phone_number, organization).waiting()
    may_have = others.filter(code_given_at__gt=now - IN_DOUBT_FOR)
    return (others.published_as("verified", now) | may_have).exists()


def lose(phone_number: str, organization: Organization) -> None:
    """`organization` has connected it: what others proved of it is over, and their entry is gone at Meta."""
    others_of(phone_number, organization).waiting().update(
        status=Status.UNVERIFIED,
        verified_at=None,
        expires_at=None,
        code_given_at=None,
        meta_preverified_id=None,
    )


def take_over(number: RegisteredNumber) -> None:
    """The code was entered for `number`: nobody else's was right, and what they proved before is over."""
    others = others_of(number.phone_number, number.organization).waiting()
    others.update(status=Status.UNVERIFIED, verified_at=None, expires_at=None, code_given_at=None)
