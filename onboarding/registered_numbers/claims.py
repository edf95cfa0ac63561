"""A number that several organizations ask for: who enters its code has it, and everybody else gives way."""

from datetime import datetime

from api.errors import ConflictError
from onboarding.models import RegisteredNumber
from onboarding.models.registered_numbers import RegisteredNumberQuerySet
from organizations.models import Organization
from phones.models import PhoneNumber

Status = RegisteredNumber.Status


class AnothersError(ConflictError):
    message = "Another organization has proven that this number is its own."


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


def take_over(number: RegisteredNumber) -> None:
    """The code was entered for `number`: nobody else's was right, and what they proved before is over."""
    others = others_of(number.phone_number, number.organization).waiting()
    others.update(status=Status.UNVERIFIED, verified_at=None, expires_at=None, code_given_at=None)
