"""Which link has a registered number: one open one at most, and in the end the one that connected it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from api.errors import ConflictError, InvalidFieldError
from onboarding.models import OnboardingLink, RegisteredNumber, Signup
from onboarding.registered_numbers.claims import locked_rows, lose
from organizations.models import Organization

Status = RegisteredNumber.Status
LinkStatus = OnboardingLink.Status
# As long as this a window of Meta's counts as open, if nothing has come of it.
WINDOW_STAYS = timedelta(minutes=30)


class NotVerifiedError(ConflictError):
    message = "This registered number is not verified yet."


class ExpiredError(ConflictError):
    message = "This registered number has expired. Ask for another code and verify it anew."


class UsedError(ConflictError):
    message = "This registered number was used: a link has connected it."


class TakenError(ConflictError):
    """One link a number."""

    def __init__(self, link: OnboardingLink) -> None:
        super().__init__(f"This registered number is in an open link: {link.pk}.")


def take_for_link(*, organization: Organization, registered_number_id: UUID) -> RegisteredNumber:
    """The number for a link that the caller's transaction makes; its row is locked until that ends.

    Raises InvalidFieldError where the organization has no such number, and ConflictError where it cannot be
    taken: not verified, expired, used, or in another open link. A link that has expired gives it up.
    """
    rows = RegisteredNumber.objects.for_organization(organization).select_for_update(no_key=True)
    number = rows.filter(pk=registered_number_id).first()
    if number is None:
        raise InvalidFieldError("registeredNumberId", "You have no registered number of this id.", "unknown")
    now = timezone.now()
    refuse_unusable(number, now)
    give_up_expired(number, now)
    refuse_taken(number)
    return number


def refuse_unusable(number: RegisteredNumber, now: datetime) -> None:
    if number.status == Status.USED:
        raise UsedError
    if number.status != Status.VERIFIED:
        raise NotVerifiedError
    if number.is_expired(now):
        raise ExpiredError


def give_up_expired(number: RegisteredNumber, now: datetime) -> None:
    """But for one whose end-user has Meta's window open, and may finish there."""
    opened = Signup.objects.filter(state=Signup.State.OPENED, started_at__gt=now - WINDOW_STAYS)
    expired = links_with(number).filter(status=LinkStatus.PENDING, expires_at__lte=now)
    give_up(expired.exclude(Exists(opened.filter(link=OuterRef("pk")))))


def give_up(links: QuerySet[OnboardingLink]) -> None:
    """Under the number's lock. A link that somebody works on right now keeps it."""
    idle = list(links.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    OnboardingLink.objects.filter(pk__in=idle).update(registered_number=None)


def refuse_taken(number: RegisteredNumber) -> None:
    taker = links_with(number).exclude(status=LinkStatus.COMPLETED).only("pk").first()
    if taker:
        raise TakenError(taker)


def links_with(number: RegisteredNumber) -> QuerySet[OnboardingLink]:
    return OnboardingLink.objects.filter(registered_number=number)


def is_open(now: datetime) -> Q:
    """Of links: what still needs its number."""
    is_waiting = Q(expires_at=None) | Q(expires_at__gt=now)
    return Q(status=LinkStatus.PROCESSING) | Q(status=LinkStatus.PENDING) & is_waiting


def note_connected(*, link: OnboardingLink, phone_number: str, now: datetime) -> RegisteredNumber | None:
    """The organization's registered number of a number that `link` has just connected: it is used now.

    Within the completion's transaction. None where the number was not registered. Whoever else waited for it
    waits no more.
    """
    rows = list(locked_rows(phone_number))
    lose(phone_number, link.organization)
    own = (row for row in rows if row.organization_id == link.organization_id and row.status != Status.USED)
    number = next(own, None)
    if number is not None:
        number.status, number.used_at = Status.USED, now
        number.save(update_fields=["status", "used_at"])
        give_up(links_with(number).exclude(pk=link.pk).exclude(status=LinkStatus.COMPLETED))
    return number
