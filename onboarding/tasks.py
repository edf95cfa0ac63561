"""Celery's side of the signup: one task a ready step, and the sweep for what nobody rang for."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from api.doorbell import ring, ring_on_commit
from onboarding import resuming, runner
from phones.tasks import sync_phone
from webhooks.tasks import ring as ring_webhooks


@shared_task(name="onboarding.run_step")
def run_step(*, signup_id: str, step: str) -> None:
    """Runs one step, then rings for what it made ready."""
    follow_up(UUID(signup_id), runner.run_step(UUID(signup_id), step))


@shared_task(name="onboarding.sweep_signups")
def sweep_signups() -> None:
    """Rings for every step that is due; ends what cannot end by itself."""
    now = timezone.now()
    resuming.fail_unanswered(now)
    for signup_id, step in {*resuming.due(now), *resuming.unblock_silent(now)}:
        ring(run_step, signup_id=str(signup_id), step=step)


def follow_up(signup_id: UUID, advance: runner.Advance) -> None:
    for step in advance.ready:
        ring(run_step, signup_id=str(signup_id), step=step)
    if advance.completed_phone:
        ring_webhooks()
        ring(sync_phone, phone_id=str(advance.completed_phone))


def ring_steps(signup_id: UUID, steps: tuple[str, ...]) -> None:
    """Rings for `steps` when the transaction that made them ready has committed."""
    for step in steps:
        ring_on_commit(run_step, signup_id=str(signup_id), step=step)
