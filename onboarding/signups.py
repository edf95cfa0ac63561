"""What the hosted page tells us: opened, started, the ids, the code, the PIN.

Each call carries the signup's UUID that the page made; the first to arrive makes the row.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from api.errors import ApiError, ConflictError, NotFoundError
from api.request_id import current_request_id
from meta_graph import oauth
from meta_graph.errors import Cause, GraphError
from onboarding import link_events, metrics, readiness, recovery, tokens
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.outcomes import Actor, Problem
from onboarding.tasks import ring_steps
from onboarding.verdicts import problem_of
from phones.services import keep_pin
from webhooks.tasks import ring_on_commit as ring_webhooks_on_commit

log = structlog.get_logger("onboarding.signups")
State = Signup.State
SEEN_EVERY = timedelta(seconds=5)


class AlreadyRunningError(ConflictError):
    message = "Another sign-up of this link came first."


class LinkExpiredError(ConflictError):
    code = "LINK_EXPIRED"
    message = "This link has expired."


class ExchangeFailedError(ApiError):
    """The code was no good, or Meta was not; the page shows the code's text and offers another try."""

    status = 422

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, meta=problem.meta)
        self.code = problem.code


class NoPinAskedError(ConflictError):
    message = "No PIN is asked for now."


def signup_of(link: OnboardingLink, signup_id: UUID) -> Signup:
    """The page's signup, made now if this is its first call. Another link's is not found."""
    try:
        with transaction.atomic():
            signup, _ = Signup.objects.get_or_create(
                pk=signup_id, defaults={"link": link, "request_id": current_request_id()}
            )
    except IntegrityError:
        raise NotFoundError from None
    if signup.link_id != link.pk:
        raise NotFoundError
    return signup


@transaction.atomic
def note_opened(*, link: OnboardingLink, signup_id: UUID, barrier: str | None = None) -> None:
    """A person has the page before them, no link preview. `barrier`: what is in the way of Meta's window."""
    signup_of(link, signup_id)
    if barrier:
        Signup.objects.filter(pk=signup_id).update(barrier=barrier)
    now = timezone.now()
    if OnboardingLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now):
        link_events.tell(link, "opened", now)
        ring_webhooks_on_commit()


def note_start(*, link: OnboardingLink, signup_id: UUID) -> None:
    """The click that opened Meta's popup."""
    signup_of(link, signup_id)
    Signup.objects.filter(pk=signup_id, started_at=None).update(started_at=timezone.now())


def note_seen(*, signup_id: UUID) -> None:
    """The page of this signup is still open; its polling writes this every few seconds at most."""
    now = timezone.now()
    unseen = Q(page_seen_at=None) | Q(page_seen_at__lt=now - SEEN_EVERY)
    Signup.objects.filter(unseen, pk=signup_id).update(page_seen_at=now)


@transaction.atomic
def note_session(*, link: OnboardingLink, signup_id: UUID, event: str, data: Mapping[str, Any]) -> None:
    """What Meta's popup told the page. Unsigned: only a token that covers these ids makes them true."""
    signup_of(link, signup_id)
    signup = readiness.locked(signup_id)
    if signup.session_event and signup.session_event.startswith("FINISH"):
        return
    now = timezone.now()
    signup.started_at = signup.started_at or now
    signup.session_event, signup.session_at = event, now
    # What Meta told of a signup that was recovered is not changed any more.
    is_recovered = signup.token_source == Signup.TokenSource.FETCHED
    signup.session = {**data, **signup.session} if is_recovered else dict(data)
    signup.save(update_fields=["started_at", "session_event", "session", "session_at"])
    if event.startswith("FINISH"):
        recovery.hurry(recovery.first_look(now))
    problem = reported(event, data)
    if problem and signup.state == State.OPENED:
        note_left(signup, problem, data, now)


def note_left(signup: Signup, problem: Problem, data: Mapping[str, Any], now: datetime) -> None:
    """The end-user left Meta's window: the link says so, and whoever asked is told, once a signup."""
    error, link = problem.as_json(now) | {"step": data.get("current_step")}, signup.link
    Signup.objects.filter(pk=signup.pk).update(error=error)
    if link.status != OnboardingLink.Status.PENDING:
        return
    link.last_error = error
    link.save(update_fields=["last_error"])
    if signup.abandoned_at is None:
        Signup.objects.filter(pk=signup.pk).update(abandoned_at=now)
        link_events.tell(link, "abandoned", now, step=data.get("current_step"))
        metrics.count_on_commit(metrics.ABANDONED)
        ring_webhooks_on_commit()


def reported(event: str, data: Mapping[str, Any]) -> Problem | None:
    """What CANCEL and ERROR mean; None for a finish."""
    if event not in {"CANCEL", "ERROR"}:
        return None
    if event == "CANCEL" and not data.get("error_message"):
        return Problem("CANCELLED", "The end-user left Meta's window before the end.", Actor.END_USER)
    return Problem(
        "META_REPORTED_ERROR",
        str(data.get("error_message") or "Meta's window reported an error.")[:500],
        Actor.END_USER,
        {
            "code": data.get("error_code") or data.get("error_id"),
            "subcode": None,
            "traceId": None,
            "sessionId": data.get("session_id"),
        },
    )


def receive_code(*, link: OnboardingLink, signup_id: UUID, code: str) -> None:
    """Exchanges the popup's code, now: it lives 30 seconds and works once.

    One committed row comes before the call, the code's unique hash, so that a repeated POST exchanges
    nothing twice; the token is stored, encrypted, right after it. Where Meta's answer never came the signup
    waits for its recovery. Raises ExchangeFailedError, AlreadyRunningError, LinkExpiredError.
    """
    signup_of(link, signup_id)
    if not take_code(link, signup_id, hashlib.sha256(code.encode()).hexdigest()):
        return
    try:
        token = oauth.exchange_code(code=code)
    except GraphError as error:
        lose_code(signup_id, error)
        return
    try:
        ready = tokens.keep_token(signup_id=signup_id, token=token, source=Signup.TokenSource.CODE)
    except tokens.TooLateError:
        lose_race(link, signup_id)
    else:
        ring_steps(signup_id, ready)


def take_code(link: OnboardingLink, signup_id: UUID, code_hash: str) -> bool:
    """Writes the code's hash, or finds it written: False means that somebody has this code already."""
    now = timezone.now()
    try:
        with transaction.atomic():
            current = OnboardingLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
            signup = readiness.locked(signup_id)
            if signup.code_hash == code_hash:
                return False
            if current.is_expired(now):
                raise LinkExpiredError
            if signup.code_hash or current.status != OnboardingLink.Status.PENDING:
                raise AlreadyRunningError
            Signup.objects.filter(pk=signup_id).update(
                code_hash=code_hash,
                started_at=signup.started_at or now,
                exchanged_at=now,
                page_seen_at=now,
                state=State.EXCHANGING,
                error=None,
                request_id=current_request_id(),
            )
    except IntegrityError:
        raise AlreadyRunningError from None
    except OnboardingLink.DoesNotExist:
        raise NotFoundError from None
    return True


def lose_code(signup_id: UUID, error: GraphError) -> None:
    """The code gave no token: the signup failed, or waits for its recovery where Meta may have done the work.

    Raises ExchangeFailedError, and AlreadyRunningError where the recovery was quicker.
    """
    problem, now = problem_of(error), timezone.now()
    log.warning("code exchange failed", signup=str(signup_id), problem=problem.code, cause=str(error.cause))
    with transaction.atomic():
        signup = readiness.locked(signup_id)
        if signup.state != State.EXCHANGING:
            raise AlreadyRunningError
        if error.cause is Cause.UNKNOWN_OUTCOME and recovery.is_configured():
            Signup.objects.filter(pk=signup_id).update(error=problem.as_json(now))
            # What an earlier try left there would end the page's waiting.
            OnboardingLink.objects.filter(pk=signup.link_id).update(last_error=None)
            recovery.hurry(now)
            return
        readiness.fail(signup, problem, step=None, now=now)
        ring_webhooks_on_commit()
    raise ExchangeFailedError(problem) from error


def lose_race(link: OnboardingLink, signup_id: UUID) -> None:
    """Another token of this link was stored first. Raises AlreadyRunningError, or NotFoundError."""
    mine = Signup.objects.filter(pk=signup_id, state=State.EXCHANGING)
    mine.update(state=State.FAILED, finished_at=timezone.now())
    log.info("a later code lost", signup=str(signup_id))
    if not OnboardingLink.objects.filter(pk=link.pk).exists():
        raise NotFoundError
    raise AlreadyRunningError


@transaction.atomic
def give_pin(*, link: OnboardingLink, signup_id: UUID, pin: str) -> None:
    """The number's own two-step PIN: kept before it is used, then the registration goes on."""
    signup, run = asking(link, signup_id, {"ENTER_PIN"})
    keep_pin(phone_id=signup.saved_phone.pk, pin=pin)
    now = timezone.now()
    StepRun.objects.filter(pk=run.pk).update(
        status=StepRun.Status.WAITING, next_attempt_at=now, finished_at=None, is_put_off=False
    )
    readiness.advance(signup, now)
    ring_steps(signup_id, (run.step,))


@transaction.atomic
def put_off(*, link: OnboardingLink, signup_id: UUID) -> None:
    """The end-user does it later: the link completes without the registration."""
    signup, run = asking(link, signup_id, readiness.ASKED_ON_PAGE)
    StepRun.objects.filter(pk=run.pk).update(is_put_off=True)
    ring_steps(signup_id, readiness.advance(signup, timezone.now()))


def asking(link: OnboardingLink, signup_id: UUID, questions: Collection[str]) -> tuple[Signup, StepRun]:
    """The signup, locked, and its step that asks one of these. Raises NoPinAskedError, NotFoundError."""
    found = Signup.objects.filter(pk=signup_id, link=link).first()
    if found is None:
        raise NotFoundError
    signup = readiness.locked(found.pk)
    run = StepRun.objects.filter(
        signup=signup, step="register_phone", status=StepRun.Status.NEEDS_CUSTOMER
    ).first()
    if run is None or not run.error or run.error["code"] not in questions:
        raise NoPinAskedError
    return signup, run
