"""What the hosted page tells us: opened, started, the ids, the code, the PIN.

Each call carries the signup's UUID that the page made; the first to arrive makes the row.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from api.errors import ApiError, ConflictError, NotFoundError
from api.request_id import current_request_id
from meta_graph import oauth
from meta_graph.errors import GraphError
from meta_graph.oauth import AccessToken
from onboarding import readiness, runner
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.outcomes import Actor, Problem
from onboarding.tasks import ring_steps
from onboarding.verdicts import problem_of
from phones.services import keep_pin

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


def note_opened(*, link: OnboardingLink, signup_id: UUID) -> None:
    """A person has the page before them; a link preview never comes here."""
    signup_of(link, signup_id)
    OnboardingLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())


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
    Signup.objects.filter(pk=signup_id).update(session_event=event, session=dict(data), session_at=now)
    problem = reported(event, data)
    if problem and signup.state == State.OPENED:
        error = problem.as_json(now) | {"step": data.get("current_step")}
        Signup.objects.filter(pk=signup_id).update(error=error)
        OnboardingLink.objects.filter(pk=link.pk, status=OnboardingLink.Status.PENDING).update(
            last_error=error
        )


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
    nothing twice; the token is stored, encrypted, right after it. Raises ExchangeFailedError,
    AlreadyRunningError, LinkExpiredError.
    """
    signup_of(link, signup_id)
    if not take_code(link, signup_id, hashlib.sha256(code.encode()).hexdigest()):
        return
    try:
        token = oauth.exchange_code(code=code)
    except GraphError as error:
        problem = problem_of(error)
        log.warning(
            "code exchange failed", signup=str(signup_id), problem=problem.code, cause=str(error.cause)
        )
        with transaction.atomic():
            readiness.fail(readiness.locked(signup_id), problem, step=None, now=timezone.now())
        raise ExchangeFailedError(problem) from error
    keep_token(link, signup_id, token)


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
                exchanged_at=now,
                page_seen_at=now,
                state=State.EXCHANGING,
                request_id=current_request_id(),
            )
    except IntegrityError:
        raise AlreadyRunningError from None
    except OnboardingLink.DoesNotExist:
        raise NotFoundError from None
    return True


@transaction.atomic
def keep_token(link: OnboardingLink, signup_id: UUID, token: AccessToken) -> None:
    """Stores the token and opens the steps. The first exchanged code of a link wins."""
    now = timezone.now()
    current = OnboardingLink.objects.select_for_update(of=("self",)).filter(pk=link.pk).first()
    if current is None:
        raise NotFoundError
    if current.status != OnboardingLink.Status.PENDING:
        Signup.objects.filter(pk=signup_id).update(state=State.FAILED, finished_at=now)
        transaction.on_commit(lambda: log.info("a later code lost", signup=str(signup_id)))
        return
    Signup.objects.filter(pk=signup_id).update(
        access_token=token.value, token_expires_at=token.expires_at, state=State.RUNNING, error=None
    )
    current.status, current.last_error, current.next_action = OnboardingLink.Status.PROCESSING, None, None
    current.save(update_fields=["status", "last_error", "next_action"])
    signup = Signup.objects.get(pk=signup_id)
    ready = runner.plan(signup, now)
    readiness.advance(signup, now)
    ring_steps(signup_id, ready)


@transaction.atomic
def give_pin(*, link: OnboardingLink, signup_id: UUID, pin: str) -> None:
    """The number's own two-step PIN: kept before it is used, then the registration goes on."""
    signup, run = asking(link, signup_id)
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
    signup, run = asking(link, signup_id)
    StepRun.objects.filter(pk=run.pk).update(is_put_off=True)
    ring_steps(signup_id, readiness.advance(signup, timezone.now()))


def asking(link: OnboardingLink, signup_id: UUID) -> tuple[Signup, StepRun]:
    """The signup, locked, and its step that asks for a PIN. Raises NoPinAskedError, NotFoundError."""
    found = Signup.objects.filter(pk=signup_id, link=link).first()
    if found is None:
        raise NotFoundError
    signup = readiness.locked(found.pk)
    run = StepRun.objects.filter(
        signup=signup, step="register_phone", status=StepRun.Status.NEEDS_CUSTOMER
    ).first()
    if run is None:
        raise NoPinAskedError
    return signup, run
