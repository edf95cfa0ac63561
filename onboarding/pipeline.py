"""The declared table of steps, and the runner that claims, runs and settles them.

Nothing here enqueues: what is ready is returned. Nothing here holds a transaction during a Graph call.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from meta_graph.errors import Action, GraphError
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.next_action import open_action
from onboarding.outcomes import Actor, NeedsCustomer, NotYet, Problem, Settled, StepError
from onboarding.steps import (
    complete_link,
    identify_assets,
    register_phone,
    save_phone,
    save_waba,
    subscribe_app,
)
from onboarding.verdicts import crashed, verdict

log = structlog.get_logger("onboarding.pipeline")
Status = StepRun.Status


@dataclass(frozen=True)
class Step:
    """What runs, what must be done before it, and whether `completed` needs it."""

    name: str
    run: Callable[[Signup, StepRun], Settled]
    after: tuple[str, ...] = ()
    required: bool = True


STEPS: tuple[Step, ...] = (
    Step("identify_assets", identify_assets.run),
    Step("save_waba", save_waba.run, after=("identify_assets",)),
    Step("save_phone", save_phone.run, after=("identify_assets", "save_waba")),
    Step("subscribe_app", subscribe_app.run, after=("save_waba",)),
    Step("register_phone", register_phone.run, after=("save_phone",), required=False),
)
# Runs when every required step is done and the others are settled.
COMPLETION = Step("complete_link", complete_link.run)
ALL_STEPS = (*STEPS, COMPLETION)
BY_NAME = {step.name: step for step in ALL_STEPS}

# Questions that the page asks; the completion waits for their answers while somebody is there.
ASKED_ON_PAGE = frozenset({"ENTER_PIN"})
# A step that is not required and must wait longer than this does not hold up the completion.
LONG_WAIT = timedelta(minutes=1)
RUNNABLE = (Signup.State.RUNNING, Signup.State.COMPLETED)


@dataclass(frozen=True)
class Advance:
    """What came of a run: which steps are ready now, and the phone whose link it completed."""

    ready: tuple[str, ...] = ()
    completed_phone: uuid.UUID | None = None


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
    ending = ended(BY_NAME[name], signup, run)
    log.info(
        "step",
        signup=str(signup_id),
        link=str(signup.link_id),
        step=name,
        status=ending.status,
        attempt=run.attempts,
        problem=ending.problem.code if ending.problem else None,
        ms=round((timezone.now() - (run.started_at or timezone.now())).total_seconds() * 1000),
    )
    return settle(run, ending)


def claim(signup_id: uuid.UUID, name: str, now: datetime) -> StepRun | None:
    """Takes a due step, or one whose taker fell silent. One of all who try at once gets it."""
    token = uuid.uuid4()
    due = Q(status=Status.WAITING, next_attempt_at__lte=now) | Q(
        status=Status.RUNNING, lease_expires_at__lte=now
    )
    taken = StepRun.objects.filter(due, signup_id=signup_id, step=name, signup__state__in=RUNNABLE).update(
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
    if ending.status == Status.FAILED and BY_NAME[run.step].required and ending.problem:
        fail(signup, ending.problem, step=run.step, now=now)
        return Advance()
    if run.step == COMPLETION.name:
        return Advance(completed_phone=signup.phone_id)
    return Advance(ready=advance(signup, now))


def locked(signup_id: uuid.UUID) -> Signup:
    return Signup.objects.select_for_update(of=("self",)).select_related("link").get(pk=signup_id)


def advance(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Opens the steps whose conditions are met, and words what is open on the link. Under the lock."""
    runs = {run.step: run for run in StepRun.objects.filter(signup=signup)}
    ready = [step.name for step in STEPS if is_blocked(runs.get(step.name)) and follows(step, runs)]
    if is_blocked(runs.get(COMPLETION.name)) and may_complete(signup, runs, now):
        ready.append(COMPLETION.name)
    if ready:
        StepRun.objects.filter(signup=signup, step__in=ready).update(next_attempt_at=now)
    if signup.state in RUNNABLE:
        OnboardingLink.objects.filter(pk=signup.link_id).update(
            next_action=open_action(signup.link, runs.values(), now)
        )
    return tuple(ready)


def is_blocked(run: StepRun | None) -> bool:
    return run is not None and run.status == Status.WAITING and run.next_attempt_at is None


def follows(step: Step, runs: dict[str, StepRun]) -> bool:
    return all(runs[before].status in {Status.DONE, Status.SKIPPED} for before in step.after)


def may_complete(signup: Signup, runs: dict[str, StepRun], now: datetime) -> bool:
    return all(
        runs[step.name].status in {Status.DONE, Status.SKIPPED}
        if step.required
        else is_settled(runs[step.name], signup, now)
        for step in STEPS
    )


def is_settled(run: StepRun, signup: Signup, now: datetime) -> bool:
    """A step that is not required holds the completion up only while it may still end soon."""
    match run.status:
        case Status.DONE | Status.SKIPPED | Status.FAILED:
            return True
        case Status.WAITING:
            return run.next_attempt_at is not None and run.next_attempt_at > now + LONG_WAIT
        case Status.NEEDS_CUSTOMER:
            asked = bool(run.error and run.error["code"] in ASKED_ON_PAGE)
            silence = timedelta(seconds=settings.PAGE_SILENT_SECONDS)
            is_gone = signup.page_seen_at is None or now - signup.page_seen_at > silence
            return not asked or run.is_put_off or is_gone
        case _:
            return False


def fail(signup: Signup, problem: Problem, *, step: str | None, now: datetime) -> None:
    """The signup is over; the link is pending again and says why. Under the signup's lock."""
    error = problem.as_json(now) | {"step": step}
    Signup.objects.filter(pk=signup.pk).update(state=Signup.State.FAILED, error=error, finished_at=now)
    OnboardingLink.objects.filter(pk=signup.link_id).exclude(status=OnboardingLink.Status.COMPLETED).update(
        status=OnboardingLink.Status.PENDING, last_error=error, next_action=None
    )


def due(now: datetime, *, limit: int = 500) -> list[tuple[uuid.UUID, str]]:
    """Steps that somebody should run: their time has come, or their taker fell silent."""
    is_due = Q(status=Status.WAITING, next_attempt_at__lte=now) | Q(
        status=Status.RUNNING, lease_expires_at__lte=now
    )
    rows = StepRun.objects.filter(is_due, signup__state__in=RUNNABLE).order_by("next_attempt_at")
    return list(rows.values_list("signup_id", "step")[:limit])


def unblock_silent(now: datetime) -> list[tuple[uuid.UUID, str]]:
    """Signups that wait for a person who has left: their completion may have become possible."""
    waiting = StepRun.objects.filter(status=Status.NEEDS_CUSTOMER, signup__state=Signup.State.RUNNING)
    opened: list[tuple[uuid.UUID, str]] = []
    for signup_id in set(waiting.values_list("signup_id", flat=True)):
        with transaction.atomic():
            opened += [(signup_id, name) for name in advance(locked(signup_id), now)]
    return opened


def fail_unanswered(now: datetime) -> int:
    """Exchanges whose process died before the token was stored: the code is spent, the link free again."""
    patience = timedelta(seconds=settings.META_REQUEST_TIMEOUT + 35)
    stale = Signup.objects.filter(state=Signup.State.EXCHANGING, exchanged_at__lt=now - patience)
    problem = Problem(
        "CODE_EXPIRED",
        "The sign-in was interrupted at the last moment. It has to be done again.",
        Actor.END_USER,
    )
    failed = 0
    for signup_id in stale.values_list("pk", flat=True):
        with transaction.atomic():
            signup = locked(signup_id)
            if signup.state == Signup.State.EXCHANGING:
                fail(signup, problem, step=None, now=now)
                failed += 1
    return failed


def reopened(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Makes what is unfinished due now. Returns those steps; none when there is nothing to run."""
    runs = list(StepRun.objects.filter(signup=signup))
    again = [run for run in runs if is_repeatable(run, now)]
    StepRun.objects.filter(pk__in=[run.pk for run in again]).update(
        status=Status.WAITING, next_attempt_at=now, finished_at=None, first_started_at=None, is_put_off=False
    )
    return tuple(run.step for run in again)


def is_repeatable(run: StepRun, now: datetime) -> bool:
    """Failed, or waiting for its time; never what Meta told us not to call before then."""
    if run.status == Status.FAILED:
        return True
    is_early = run.next_attempt_at is not None and run.next_attempt_at > now
    return (
        run.status == Status.WAITING
        and is_early
        and not (run.error and run.error["code"] == "TOO_MANY_ATTEMPTS")
    )
