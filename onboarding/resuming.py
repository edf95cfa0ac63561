"""What nobody rang for: steps that are due, people who left, and retries."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.readiness import RUNNABLE, advance, locked

Status = StepRun.Status


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
