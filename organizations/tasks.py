"""Celery's side of organizations: answers are forgotten in time, whether or not an operator prunes."""

from celery import shared_task
from django.utils import timezone

from organizations.retention import prune


@shared_task(name="organizations.forget_answers")
def forget_answers() -> None:
    """Deletes the Idempotency-Keys whose time is over."""
    for _ in prune(timezone.now()):
        pass
