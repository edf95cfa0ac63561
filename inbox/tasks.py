"""Celery's side of sending: the doorbell, the sweep, and what runs beside a worker's tasks."""

from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import InterfaceError, OperationalError

from api import doorbell
from inbox.sending.pump import Pump
from inbox.sending.settling import Settled
from webhooks.self_sweep import SelfSweep
from webhooks.tasks import ring as ring_webhooks

log = structlog.get_logger("inbox.sending")
# The one that the tasks of this module are routed to.
QUEUE = "messages"
AWAY = (OperationalError, InterfaceError)
# Any number that nothing else locks.
ADVISORY_LOCK = 0x57_EB_00_02


def tell(settled: Settled) -> None:
    """An event was stored: whoever delivers it is told at once."""
    if settled.is_told:
        ring_webhooks()


pump = Pump(when_done=tell)
self_sweep = SelfSweep(pump, seconds=settings.SELF_SWEEP_SECONDS, number=ADVISORY_LOCK)


@shared_task(name="inbox.send_messages")
def send_messages() -> None:
    """Sends what is due."""
    pump.run(when_time_is_up=ring)


@shared_task(name="inbox.sweep_outbox", throws=AWAY)
def sweep_outbox() -> None:
    """Sends what nobody rang for, and closes what died; see webhooks.tasks for the database that is away."""
    try:
        pump.sweep(when_time_is_up=ring)
    except AWAY as failure:
        log.warning("the database does not answer", error=type(failure).__name__)
        raise


def ring() -> None:
    """Asks a worker to send, now. Never raises because of the broker."""
    doorbell.ring(send_messages)


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    """In a worker that takes messages: `sender` is its consumer. Never in the web process."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        self_sweep.start()


@worker_shutting_down.connect
def stop_claiming(**_: Any) -> None:
    pump.stop()


@worker_shutdown.connect
def finish(**_: Any) -> None:
    self_sweep.stop()
