"""Celery's side of the signup: one task a ready step, one a WABA to look at, and the sweep for the rest."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from api.doorbell import ring, ring_on_commit
from onboarding import overdue, recovery, resuming, runner
from phones.tasks import sync_phone
from webhooks.tasks import ring as ring_webhooks


@shared_task(name="onboarding.run_step")
def run_step(*, signup_id: str, step: str) -> None:
    """Runs one step, then rings for what it made ready."""
    follow_up(UUID(signup_id), runner.run_step(UUID(signup_id), step))


@shared_task(name="onboarding.look_at_shared")
def look_at_shared(*, shared_id: int) -> None:
    """Looks at one WABA that was shared with us, then rings for the steps of the signup that it recovered."""
    found = recovery.look(shared_id)
    for step in found.ready:
        ring(run_step, signup_id=str(found.signup_id), step=step)


@shared_task(name="onboarding.sweep_signups")
def sweep_signups() -> None:
    """Rings for everything that is due; ends what cannot end by itself; tells of what time alone brings."""
    now = timezone.now()
    for shared_id in recovery.due(now):
        ring(look_at_shared, shared_id=shared_id)
    told = overdue.fail_unanswered(now) + overdue.tell_abandoned(now) + overdue.tell_expired(now)
    if told:
        ring_webhooks()
    ready = {*resuming.due(now), *resuming.unblock_silent(now), *resuming.cooled(now)}
    for signup_id, step in ready | {*resuming.answered_elsewhere(now)}:
        ring(run_step, signup_id=str(signup_id), step=step)


def follow_up(signup_id: UUID, advance: runner.Advance) -> None:
    for step in advance.ready:
        ring(run_step, signup_id=str(signup_id), step=step)
    if advance.may_have_told:
        ring_webhooks()
    if advance.completed_phone:
        ring(sync_phone, phone_id=str(advance.completed_phone))


def ring_steps(signup_id: UUID, steps: tuple[str, ...]) -> None:
    """Rings for `steps` when the transaction that made them ready has committed."""
    for step in steps:
        ring_on_commit(run_step, signup_id=str(signup_id), step=step)


def look_on_commit(shared_id: int) -> None:
    """Rings for a look at a shared WABA when the transaction has committed."""
    ring_on_commit(look_at_shared, shared_id=shared_id)
