"""Signups that finished at Meta and whose code never came: Meta tells of the WABA, the token is fetched.

Everything is driven by the rows of SharedWaba: each is looked at when its time has come, by one process at a
time, until it is settled. Which signup a WABA belongs to is decided by `matching`, whose docstring has the
rule. A process that dies leaves the row to the next look: fetching a token makes nothing new at Meta.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from journal.subjects import about
from meta_graph import oauth, wabas
from meta_graph.client import system_token
from meta_graph.errors import Action, GraphError
from meta_graph.oauth import AccessToken
from onboarding import readiness, tokens
from onboarding.matching import Verdict, judge
from onboarding.models import OnboardingLink, SharedWaba, SharedWabaQuerySet, Signup
from onboarding.outcomes import Actor, Problem
from onboarding.subjects import about_signup
from onboarding.verdicts import problem_of

log = structlog.get_logger("onboarding.recovery")
Outcome = SharedWaba.Outcome
DEED = "recovery"
META_ID = re.compile(r"[0-9]{1,32}", re.ASCII)
# Meta may refuse the token of a business that it has only just connected.
REFUSALS_COUNT_AFTER = timedelta(minutes=10)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)


@dataclass(frozen=True)
class Look:
    """What a look led to: the signup that goes on, and its steps that are ready."""

    signup_id: UUID | None = None
    ready: tuple[str, ...] = ()


def is_configured() -> bool:
    """Whether tokens can be fetched at all. Without our system user's token the end-user signs in again."""
    return bool(settings.META_SYSTEM_USER_TOKEN)


@transaction.atomic
def note_partner_added(*, meta_waba_id: str, owner_business_id: str | None, at: datetime) -> None:
    """Meta said that a WABA was shared with us. May be called any number of times, in any order.

    `at` is Meta's time of the event, the same however often it is delivered: a later one is a new sign-up,
    which is looked at again whatever became of the one before. What is no id of Meta's is not kept.
    """
    if not META_ID.fullmatch(meta_waba_id):
        return
    owner = owner_business_id if owner_business_id and META_ID.fullmatch(owner_business_id) else None
    row, is_new = SharedWaba.objects.select_for_update(of=("self",)).get_or_create(
        meta_waba_id=meta_waba_id,
        defaults={
            "owner_business_id": owner,
            "first_told_at": at,
            "last_told_at": at,
            "next_look_at": first_look(at),
        },
    )
    if is_new:
        return
    row.first_told_at = min(row.first_told_at, at)
    if at > row.last_told_at:
        row.owner_business_id = owner or row.owner_business_id
        row.last_told_at = at
        if row.settled_at and at > row.settled_at:
            row.outcome, row.signup, row.error = Outcome.WAITING, None, None
            row.settled_at, row.settled_by, row.next_look_at = None, None, first_look(at)
    row.save()


def note_found(*, meta_waba_id: str, owner_business_id: str | None, at: datetime) -> bool:
    """A WABA that Meta lists as shared with us, and no event told of. False: there is a row already.

    Nobody knows when it was shared: no signup gets it by itself, and support decides.
    """
    _, is_new = SharedWaba.objects.get_or_create(
        meta_waba_id=meta_waba_id,
        defaults={
            "owner_business_id": owner_business_id,
            "first_told_at": at,
            "last_told_at": at,
            "outcome": Outcome.NOBODY,
            "settled_at": at,
        },
    )
    return is_new


def first_look(at: datetime) -> datetime:
    """Long enough after Meta's word for the code of an ordinary signup to be there first."""
    return at + timedelta(seconds=settings.RECOVERY_SILENCE_SECONDS)


def hurry(at: datetime) -> None:
    """A browser, or an exchange, has said something: what waits for its signup is looked at again then."""
    waiting = SharedWaba.objects.filter(outcome=Outcome.WAITING, next_look_at__gt=at)
    waiting.filter(last_told_at__gte=at - settings.RECOVERY_WINDOW).update(next_look_at=at)


def due(now: datetime, *, limit: int = 100) -> list[int]:
    rows = SharedWaba.objects.filter(outcome=Outcome.WAITING, next_look_at__lte=now)
    return list(rows.order_by("next_look_at").values_list("pk", flat=True)[:limit])


def look(shared_id: int) -> Look:
    """Decides on one row, and fetches the token where exactly one signup is it. Safe to call at any time."""
    shared = taken(shared_id, timezone.now())
    if shared is None:
        return Look()
    try:
        with about(waba=shared.meta_waba_id, deed=DEED):
            know_owner(shared)
        verdict = judge(shared, timezone.now())
        if verdict.outcome != Outcome.WAITING or verdict.signup is None:
            write(shared, verdict)
            return Look()
        if problem := refusal_of(shared):
            write(shared, Verdict(Outcome.GIVEN_UP), problem)
            return Look()
        # The business is the one that Meta named, never one that a browser named.
        with about_signup(verdict.signup, DEED), about(waba=shared.meta_waba_id):
            token = oauth.fetch_customer_token(business_id=shared.owner_business_id or "")
    except GraphError as error:
        put_off(shared, error)
        return Look()
    return claimed(shared, verdict.signup, token)


def taken(shared_id: int, now: datetime) -> SharedWaba | None:
    """The row, for the one of all who try at once; for the next one when a lease is over."""
    due_now = SharedWaba.objects.filter(pk=shared_id, outcome=Outcome.WAITING, next_look_at__lte=now)
    if not due_now.update(next_look_at=now + timedelta(seconds=settings.STEP_LEASE_SECONDS)):
        return None
    return SharedWaba.objects.select_related("signup__link__organization").get(pk=shared_id)


def know_owner(shared: SharedWaba) -> None:
    """One of Meta's forms leaves the owner out; the WABA itself tells it. Raises GraphError."""
    if shared.owner_business_id is None and is_configured():
        info = wabas.read_waba(waba_id=shared.meta_waba_id, token=system_token())
        shared.owner_business_id = info.owner_business_id
        SharedWaba.objects.filter(pk=shared.pk).update(owner_business_id=info.owner_business_id)


def refusal_of(shared: SharedWaba) -> Problem | None:
    """Why Meta cannot even be asked for the token."""
    if not is_configured():
        return Problem("CONFIGURATION", "META_SYSTEM_USER_TOKEN is not set.", Actor.PLATFORM)
    if shared.owner_business_id is None:
        return Problem("META_REPORTED_ERROR", "Meta does not say whose account this is.", Actor.META)
    return None


@transaction.atomic
def claimed(shared: SharedWaba, signup: Signup, token: AccessToken) -> Look:
    """Stores the token, unless something came in between: then the row is looked at again at once."""
    try:
        readiness.locked(signup.pk)
    except OnboardingLink.DoesNotExist:
        log.info("link deleted during its recovery", signup=str(signup.pk))
    row = SharedWaba.objects.select_for_update(of=("self",)).get(pk=shared.pk)
    now = timezone.now()
    verdict = judge(row, now)
    if row.outcome != Outcome.WAITING or verdict.outcome != Outcome.WAITING or verdict.signup != signup:
        SharedWaba.objects.filter(pk=row.pk, outcome=Outcome.WAITING).update(next_look_at=now)
        return Look()
    told = {"waba_id": row.meta_waba_id, "business_id": row.owner_business_id}
    ready = tokens.keep_token(signup_id=signup.pk, token=token, source=Signup.TokenSource.FETCHED, told=told)
    write(row, Verdict(Outcome.RECOVERED, signup))
    log.info("signup recovered", signup=str(signup.pk), link=str(signup.link_id), waba=row.meta_waba_id)
    return Look(signup.pk, ready)


def write(shared: SharedWaba, verdict: Verdict, problem: Problem | None = None) -> None:
    """Settles the row, or says when it is looked at again."""
    rows, now = waiting_as(shared), timezone.now()
    if verdict.outcome == Outcome.WAITING:
        rows.update(next_look_at=verdict.again_at)
        return
    error = problem.as_json(now) if problem else None
    rows.update(
        outcome=verdict.outcome, signup=verdict.signup, error=error, next_look_at=None, settled_at=now
    )
    if verdict.outcome not in {Outcome.KNOWN, Outcome.RECOVERED}:
        log.info("shared WABA settled", waba=shared.meta_waba_id, outcome=str(verdict.outcome))


def waiting_as(shared: SharedWaba) -> SharedWabaQuerySet:
    """The row, unless it was settled or told of again since it was read."""
    return SharedWaba.objects.filter(pk=shared.pk, outcome=Outcome.WAITING, last_told_at=shared.last_told_at)


def put_off(shared: SharedWaba, error: GraphError) -> None:
    """Meta did not give the token: tried again while that may help, then put to support."""
    now = timezone.now()
    age = now - shared.last_told_at
    patience = settings.STEP_GIVE_UP_AFTER if error.action is Action.RETRY else REFUSALS_COUNT_AFTER
    is_over = age > patience
    wait = max(SHORTEST_WAIT, min(age / 4, LONGEST_WAIT), timedelta(seconds=error.retry_after or 0))
    log.warning("token not fetched", waba=shared.meta_waba_id, cause=str(error.cause), gave_up=is_over)
    waiting_as(shared).update(
        error=problem_of(error).as_json(now),
        outcome=Outcome.GIVEN_UP if is_over else Outcome.WAITING,
        next_look_at=None if is_over else now + wait,
        settled_at=now if is_over else None,
    )
