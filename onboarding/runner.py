"""Runs one step: claims it, calls it, settles it. Safe to call at any time, any number of times.

Nothing here enqueues: what is ready is returned. Nothing here holds a transaction during a Graph call.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from api.request_id import go_on_with
from meta_graph.errors import Action, GraphError
from onboarding.metrics import STEP_SECONDS
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, NeedsCustomer, NotYet, Problem, StepError, StepFailed
from onboarding.pipeline import AFTERWARDS, ALL_STEPS, BY_NAME, COMPLETION, STEPS, Step
from onboarding.readiness import RUNNABLE, advance, fail, locked
from onboarding.subjects import about_signup
from onboarding.verdicts import crashed, tried_again_at, verdict

log = structlog.get_logger("onboarding.runner")
Status, State = StepRun.Status, Signup.State


@dataclass(frozen=True)
class Advance:
    """What came of a run: the steps that are ready now, the phone whose link it completed.

    `may_have_told`: an event may have been stored.
    """

    ready: tuple[str, ...] = ()
    completed_phone: uuid.UUID | None = None
    may_have_told: bool = False


@dataclass(frozen=True)
class Ending:
    """How a run is written down."""

    status: str
    problem: Problem | None = None
    next_attempt_at: datetime | None = None
    counts: bool = True


def plan(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Writes the step rows of a signup whose code was exchanged. Returns what is ready."""
    StepRun.objects.bulk_create(
        StepRun(
            signup=signup,
            step=step.name,
            position=position,
            next_attempt_at=now if step in STEPS and not step.after else None,
        )
        for position, step in enumerate(ALL_STEPS)
    )
    return tuple(step.name for step in STEPS if not step.after)


def run_step(signup_id: uuid.UUID, name: str) -> Advance:
    """Runs one step if it is due and nobody else has it. Safe to call at any time, any number of times."""
    run = claim(signup_id, name, timezone.now())
    if run is None:
        return Advance()
    signup = Signup.objects.select_related("link__organization", "waba", "phone").get(pk=signup_id)
    go_on_with(signup.request_id)
    ending = with_patience(ended(BY_NAME[name], signup, run), signup, timezone.now())
    seconds = (timezone.now() - (run.started_at or timezone.now())).total_seconds()
    STEP_SECONDS.labels(name, ending.status).observe(max(0.0, seconds))
    log.info(
        "step",
        signup=str(signup_id),
        link=str(signup.link_id),
        step=name,
        status=ending.status,
        attempt=run.attempts,
        problem=ending.problem.code if ending.problem else None,
        ms=round(seconds * 1000),
    )
    return settle(run, ending)


def claim(signup_id: uuid.UUID, name: str, now: datetime) -> StepRun | None:
    """Takes a due step, or one whose taker fell silent. One of all who try at once gets it."""
    token = uuid.uuid4()
    due = Q(status=Status.WAITING, next_attempt_at__lte=now) | Q(
        status=Status.RUNNING, lease_expires_at__lte=now
    )
    runnable = Signup.objects.filter(pk=OuterRef("signup_id"), state__in=RUNNABLE)
    # A filter across the two tables would move the conditions into a sub-select, which PostgreSQL does not
    # look at again after it has waited for another claimer: both would have the step.
    mine = StepRun.objects.filter(due, Exists(runnable), signup_id=signup_id, step=name)
    taken = mine.update(
        status=Status.RUNNING,
        lease_token=token,
        lease_expires_at=now + timedelta(seconds=settings.STEP_LEASE_SECONDS),
        attempts=F("attempts") + 1,
        started_at=now,
        first_started_at=Coalesce("first_started_at", now),
    )
    return StepRun.objects.get(signup_id=signup_id, step=name) if taken else None


def ended(step: Step, signup: Signup, run: StepRun) -> Ending:
    """Runs the step's function and says how it ended. Whatever it raises becomes a row, never a lost step."""
    try:
        refuse_disconnected(signup)
        with about_signup(signup, step.name):
            return Ending(step.run(signup, run))
    except GraphError as error:
        if error.action is Action.SKIP:
            return Ending(Status.SKIPPED)
        return ending_of(verdict(run, error, timezone.now()))
    except StepError as error:
        return ending_of(error)
    except Exception as error:
        log.error("step crashed", step=step.name, signup=str(signup.pk), exc_info=error)
        return ending_of(crashed(run, timezone.now()))


def with_patience(ending: Ending, signup: Signup, now: datetime) -> Ending:
    """What the end-user cannot mend is tried again by itself: see `resuming.cooled`."""
    if ending.status != Status.FAILED or ending.problem is None:
        return ending
    return replace(ending, next_attempt_at=tried_again_at(ending.problem, signup.exchanged_at, now))


def refuse_disconnected(signup: Signup) -> None:
    """Whoever disconnects an account meanwhile wins: no step connects it again, or keeps its token."""
    is_number_gone = signup.phone is not None and signup.phone.disconnected_at is not None
    if is_number_gone or (signup.waba is not None and not signup.waba.is_connected):
        Signup.objects.filter(pk=signup.pk).update(access_token=None)
        raise StepFailed(
            "PERMISSION_MISSING",
            "It was disconnected. The sign-up has to be done again.",
            Actor.END_USER,
        )


def ending_of(error: StepError) -> Ending:
    match error:
        case NotYet():
            return Ending(Status.WAITING, error.problem, error.at, counts=error.problem.code != "WAITING")
        case NeedsCustomer():
            return Ending(Status.NEEDS_CUSTOMER, error.problem)
        case _:
            return Ending(Status.FAILED, error.problem)


@transaction.atomic
def settle(run: StepRun, ending: Ending) -> Advance:
    """Writes how a step ended, under the signup's lock, and finds what that makes ready.

    Without the lock two steps that end at once would each see the other unfinished.
    """
    signup = locked(run.signup_id)
    now = timezone.now()
    owned = StepRun.objects.filter(pk=run.pk, lease_token=run.lease_token, status=Status.RUNNING)
    is_over = ending.status != Status.WAITING
    written = owned.update(
        status=ending.status,
        error=ending.problem.as_json(now) if ending.problem else None,
        next_attempt_at=ending.next_attempt_at,
        finished_at=now if is_over else None,
        attempts=run.attempts if ending.counts else run.attempts - 1,
        lease_token=None,
        lease_expires_at=None,
    )
    if not written:
        log.warning("step lost its lease", step=run.step, signup=str(run.signup_id))
        return Advance()
    is_required = BY_NAME[run.step].required
    # Of two that fail side by side the first ends the signup, and what came after that is not its business.
    if ending.status == Status.FAILED and is_required and ending.problem and signup.state == State.RUNNING:
        fail(signup, ending.problem, step=run.step, now=now)
        return Advance(may_have_told=True)
    ready = advance(signup, now)
    if run.step == COMPLETION.name:
        return Advance(ready, completed_phone=signup.phone_id, may_have_told=True)
    # Meta may have decided on a template at once.
    may_have_told = ending.problem is not None or BY_NAME[run.step] in AFTERWARDS
    return Advance(ready, may_have_told=may_have_told)
