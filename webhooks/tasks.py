"""Celery's side of outgoing webhooks."""

from celery import shared_task

from api import doorbell


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Delivers what is due."""


def ring() -> None:
    doorbell.ring(deliver)


def ring_on_commit() -> None:
    doorbell.ring_on_commit(deliver)
