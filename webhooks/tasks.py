"""Celery's side of outgoing webhooks: a task a batch, and the doorbell for it."""

from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from api import doorbell
from webhooks import gauges, metrics
from webhooks.pump import Pump
from webhooks.self_sweep import SelfSweep

log = structlog.get_logger("webhooks.delivery")
# The one that the tasks of this module are routed to.
QUEUE = "webhooks"
AWAY = (OperationalError, InterfaceError)
pump = Pump()


def observe() -> None:
    if settings.METRICS_PORT:
        gauges.observe(timezone.now())


self_sweep = SelfSweep(pump, seconds=settings.SELF_SWEEP_SECONDS, observe=observe)


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Delivers what is due."""
    pump.run(when_time_is_up=ring)


@shared_task(name="webhooks.sweep_deliveries", throws=AWAY)
def sweep_deliveries() -> None:
    """Delivers what nobody rang for, takes up what died, ends what was held too long.

    While the database is away it fails, which Celery expects of it: no traceback each second.
    """
    try:
        pump.sweep(when_time_is_up=ring)
    except AWAY as failure:
        log.warning("the database does not answer", error=type(failure).__name__)
        raise


def ring() -> None:
    """Asks a worker to deliver, now. Never raises because of the broker."""
    doorbell.ring(deliver)


def ring_on_commit() -> None:
    """Asks a worker to deliver when the transaction that stored the deliveries has committed."""
    doorbell.ring_on_commit(deliver)


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """In a worker that takes deliveries: `sender` is its consumer. Never in the web process."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        metrics.serve()
        self_sweep.start()


@worker_shutting_down.connect
def stop_claiming(**_: Any) -> None:
    pump.stop()


@worker_shutdown.connect
def finish(**_: Any) -> None:
    self_sweep.stop()
