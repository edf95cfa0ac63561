"""Celery's side of sending: the doorbell, the sweep, and what runs beside a worker's tasks."""

import structlog
from celery import shared_task
from django.conf import settings

from api import doorbell
from inbox.sending.pump import Pump
from inbox.sending.settling import Settled
from webhooks import worker
from webhooks.self_sweep import SelfSweep
from webhooks.tasks import ring as ring_webhooks

log = structlog.get_logger("inbox.sending")
# The one that the tasks of this module are routed to.
QUEUE = "messages"
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


@shared_task(name="inbox.sweep_outbox", throws=worker.AWAY)
def sweep_outbox() -> None:
    """Sends what nobody rang for, and closes what died."""
    worker.sweep(pump, ring=ring, log=log)


def ring() -> None:
    """Asks a worker to send, now. Never raises because of the broker."""
    doorbell.ring(send_messages)


beside = worker.Beside(QUEUE, pump, self_sweep)
beside.connect()
