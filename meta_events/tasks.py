"""Celery's side of what Meta tells us: the doorbell, the sweeps, and what runs beside a worker's tasks."""

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from api import doorbell
from meta_events import held, metrics, replaying
from meta_events.bell import Bell
from meta_events.pump import Pump
from meta_events.self_sweep import ADVISORY_LOCK, Everything
from webhooks import worker
from webhooks.self_sweep import SelfSweep
from webhooks.tasks import deliver

log = structlog.get_logger("meta_events.tasks")
# The one that the tasks of this module are routed to.
QUEUE = "signup"


def ring() -> None:
    """Asks a worker to look, now. Never raises because of the broker."""
    doorbell.ring(process)


# Handlers publish events: whoever delivers them is told while the others are still handled.
webhooks_bell = Bell(deliver)
pump = Pump(when_done=webhooks_bell.ring)


def observe() -> None:
    if settings.METRICS_PORT:
        metrics.observe(timezone.now())


self_sweep = SelfSweep(
    Everything(pump), seconds=settings.SELF_SWEEP_SECONDS, number=ADVISORY_LOCK, observe=observe
)


@shared_task(name="meta_events.process")
def process() -> None:
    """Handles what is due."""
    pump.run(when_time_is_up=ring)


@shared_task(name="meta_events.sweep_notifications", throws=worker.AWAY)
def sweep_notifications() -> None:
    """Handles what nobody rang for, and what somebody died with in his hands."""
    worker.sweep(pump, ring=ring, log=log)


@shared_task(name="meta_events.hand_out_held", throws=worker.AWAY)
def hand_out_held() -> None:
    if held.hand_out(timezone.now()):
        ring()


@shared_task(name="meta_events.take_up_unknown")
def take_up_unknown() -> None:
    """What nobody knew before an update, and somebody knows now."""
    for _ in replaying.replay(replaying.Chosen(is_unknown=True), timezone.now()):
        ring()


bell = Bell(process)


def ring_on_commit() -> None:
    doorbell.ring_on_commit(process)


beside = worker.Beside(QUEUE, pump, self_sweep, also=lambda: doorbell.ring(take_up_unknown))
beside.connect()
