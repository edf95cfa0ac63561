"""Celery's side of outgoing webhooks: a task a batch, and the doorbell for it."""

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from api import doorbell
from webhooks import gauges, worker
from webhooks.pump import Pump
from webhooks.self_sweep import SelfSweep

log = structlog.get_logger("webhooks.delivery")
# The one that the tasks of this module are routed to.
QUEUE = "webhooks"
pump = Pump()


def observe() -> None:
    if settings.METRICS_PORT:
        gauges.observe(timezone.now())


self_sweep = SelfSweep(pump, seconds=settings.SELF_SWEEP_SECONDS, observe=observe)


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Delivers what is due."""
    pump.run(when_time_is_up=ring)


@shared_task(name="webhooks.sweep_deliveries", throws=worker.AWAY)
def sweep_deliveries() -> None:
    """Delivers what nobody rang for, takes up what died, ends what was held too long."""
    worker.sweep(pump, ring=ring, log=log)


def ring() -> None:
    """Asks a worker to deliver, now. Never raises because of the broker."""
    doorbell.ring(deliver)


def ring_on_commit() -> None:
    """Asks a worker to deliver when the transaction that stored the deliveries has committed."""
    doorbell.ring_on_commit(deliver)


beside = worker.Beside(QUEUE, pump, self_sweep)
beside.connect()
