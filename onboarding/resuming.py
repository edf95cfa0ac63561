"""What nobody rang for: steps that are due, people who left, what may have been cured, and retries."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from meta_graph.errors import RATE_LIMITS
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.readiness import RUNNABLE, advance, locked

Status = StepRun.Status
METAS_WAITS = frozenset({"TOO_MANY_ATTEMPTS", "PIN_LOCKED", "JUST_RELEASED"})


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


def cooled(now: datetime, *, limit: int = 200) -> list[tuple[uuid.UUID, str]]:
    """Failed steps whose next try has come, since somebody may have cured the cause: ready to run now."""
    failed = StepRun.objects.filter(status=Status.FAILED, next_attempt_at__lte=now)
    ready: list[tuple[uuid.UUID, str]] = []
    for signup_id in set(failed.values_list("signup_id", flat=True)[:limit]):
        with transaction.atomic():
            signup = locked(signup_id)
            steps = go_on(signup, now) if is_worth_it(signup) else ()
            failed.filter(signup=signup).update(next_attempt_at=None)
        ready += [(signup_id, step) for step in steps]
    return ready


def is_worth_it(signup: Signup) -> bool:
    """Not where the end-user has signed in anew since, or may do so, or the token is gone."""
    later = Signup.objects.filter(link=signup.link_id, exchanged_at__gt=signup.exchanged_at)
    return bool(signup.token_value) and not signup.is_ended_by_staff and not later.exists()


def answered_elsewhere(now: datetime) -> list[tuple[uuid.UUID, str]]:
    """Registrations that wait for a person, of numbers that another way has registered: ready to see that."""
    asking = StepRun.objects.filter(
        step="register_phone",
        status=Status.NEEDS_CUSTOMER,
        signup__state__in=RUNNABLE,
        signup__phone__is_registered=True,
    )
    ready: list[tuple[uuid.UUID, str]] = []
    for pk, signup_id in asking.values_list("pk", "signup_id")[:200]:
        with transaction.atomic():
            locked(signup_id)
            waiting = StepRun.objects.filter(pk=pk, status=Status.NEEDS_CUSTOMER)
            if waiting.update(status=Status.WAITING, next_attempt_at=now, finished_at=None, is_put_off=False):
                ready.append((signup_id, "register_phone"))
    return ready


def go_on(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Runs what is unfinished again, of a failed signup too. Returns those steps. Under the signup's lock."""
    link, is_failed = signup.link, signup.state == Signup.State.FAILED
    if is_failed and link.status != OnboardingLink.Status.PENDING:
        return ()
    steps = reopened(signup, now)
    if not steps:
        return ()
    if is_failed:
        signup.state, signup.error, signup.finished_at = Signup.State.RUNNING, None, None
        signup.save(update_fields=["state", "error", "finished_at"])
        link.status, link.last_error, link.next_action = OnboardingLink.Status.PROCESSING, None, None
        link.save(update_fields=["status", "last_error", "next_action"])
    return (*steps, *advance(signup, now))


def reopened(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Makes what is unfinished due now. Returns those steps; none when there is nothing to run."""
    runs = list(StepRun.objects.filter(signup=signup))
    again = [run for run in runs if is_repeatable(run, now)]
    StepRun.objects.filter(pk__in=[run.pk for run in again]).update(
        status=Status.WAITING, next_attempt_at=now, finished_at=None, first_started_at=None, is_put_off=False
    )
    return tuple(run.step for run in again)


def is_metas_wait(error: dict[str, Any]) -> bool:
    """Meta named the time: a call before it would be refused, and may count against the number."""
    code = (error.get("meta") or {}).get("code")
    return error["code"] in METAS_WAITS or code in RATE_LIMITS


def is_repeatable(run: StepRun, now: datetime) -> bool:
    """Failed, or waiting for its time; never what Meta told us not to call before then."""
    if run.status == Status.FAILED:
        return True
    is_early = run.next_attempt_at is not None and run.next_attempt_at > now
    return run.status == Status.WAITING and is_early and not (run.error and is_metas_wait(run.error))
