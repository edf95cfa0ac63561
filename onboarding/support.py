"""What support decides about a WABA that was shared with us and whose signup is not clear."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from onboarding.matching import CLICK_MAY_LAG, LEFT, contradicts, fitting, may_take_token
from onboarding.models import OnboardingLink, SharedWaba, Signup
from onboarding.recovery import is_configured
from onboarding.tasks import look_on_commit

Outcome = SharedWaba.Outcome
# Support sees who signed up in the last day; by itself a shorter window counts.
SEEN, OF_A_LINK = timedelta(hours=24), 3
# Of the accounts that nobody has, so many at most are named on a link's page.
MOST_SHOWN = 20


class AlreadySettledError(ConflictError):
    message = "It has its signup already."


class NotACandidateError(ConflictError):
    message = "That signup cannot take it: its link is no longer open, or it brought another account."


class NotConfiguredError(ConflictError):
    message = "META_SYSTEM_USER_TOKEN is not set, so that no token can be fetched."


def candidates(shared: SharedWaba) -> list[Signup]:
    """The signups that support may choose from, the newest click first; some cannot take a token any more.

    A few of each link: who opens one again and again hides nobody else.
    """
    of_link: Counter[UUID] = Counter()
    found = []
    for signup in fitting(shared, SEEN):
        of_link[signup.link_id] += 1
        if of_link[signup.link_id] <= OF_A_LINK:
            found.append(signup)
    return found


def unsettled_for(link: OnboardingLink) -> list[SharedWaba]:
    """Accounts that Meta told of, nobody has, and this link may have brought. Two queries."""
    if link.status != OnboardingLink.Status.PENDING:
        return []
    clicked = link.signups.filter(started_at__isnull=False, meta_waba_id=None).defer("access_token")
    tries = [one for one in clicked.order_by("-started_at")[:OF_A_LINK] if one.session_event not in LEFT]
    if not tries:
        return []
    first = min(one.started_at for one in tries if one.started_at)
    told = SharedWaba.objects.for_support().filter(last_told_at__gte=first - CLICK_MAY_LAG)
    found = told.order_by("-last_told_at")[:MOST_SHOWN]
    return [shared for shared in found if any(may_have_brought(one, shared) for one in tries)]


def may_have_brought(signup: Signup, shared: SharedWaba) -> bool:
    """As `fitting` judges, of rows that were read."""
    if signup.started_at is None or contradicts(signup, shared):
        return False
    return shared.last_told_at - SEEN <= signup.started_at <= shared.last_told_at + CLICK_MAY_LAG


@transaction.atomic
def assign(*, shared: SharedWaba, signup: Signup, by: Any) -> None:
    """`by`, a member of the staff, knows that `signup` brought this WABA. Its token is fetched right after.

    Raises AlreadySettledError, NotACandidateError, NotConfiguredError.
    """
    row = unsettled(shared)
    chosen = next((one for one in candidates(row) if one.pk == signup.pk), None)
    if chosen is None or not may_take_token(chosen, timezone.now()):
        raise NotACandidateError
    if not is_configured():
        raise NotConfiguredError
    wait(row, signup=chosen, settled_by=by)


@transaction.atomic
def look_again(*, shared: SharedWaba) -> None:
    """Decides anew: something was corrected. Raises AlreadySettledError."""
    wait(unsettled(shared), signup=None, settled_by=None)


@transaction.atomic
def give_up(*, shared: SharedWaba, by: Any) -> None:
    """Nothing is to be done about it. Raises AlreadySettledError."""
    row = unsettled(shared)
    row.outcome, row.signup, row.settled_by = Outcome.GIVEN_UP, None, by
    row.settled_at, row.next_look_at = timezone.now(), None
    row.save()


def unsettled(shared: SharedWaba) -> SharedWaba:
    row = SharedWaba.objects.select_for_update(of=("self",)).get(pk=shared.pk)
    if row.outcome in {Outcome.KNOWN, Outcome.RECOVERED}:
        raise AlreadySettledError
    return row


def wait(row: SharedWaba, *, signup: Signup | None, settled_by: Any) -> None:
    row.outcome, row.signup, row.settled_by = Outcome.WAITING, signup, settled_by
    row.error, row.settled_at, row.next_look_at = None, None, timezone.now()
    row.save()
    look_on_commit(row.pk)
