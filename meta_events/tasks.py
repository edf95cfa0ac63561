"""Celery's side of what Meta tells us: the doorbell, the sweep, and the handing out of what was held."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from api import doorbell
from meta_events import held
from meta_events.bell import Bell
from meta_events.pump import Pump
from webhooks.tasks import deliver

# Handlers publish events: whoever delivers them is told while the others are still handled.
webhooks_bell = Bell(deliver)
pump = Pump(when_done=webhooks_bell.ring)


@shared_task(name="meta_events.process")
def process() -> None:
    """Handles what is due."""
    pump.run(when_time_is_up=ring)


@shared_task(name="meta_events.sweep_notifications")
def sweep_notifications() -> None:
    """Handles what nobody rang for, and what somebody died with in his hands."""
    pump.sweep(when_time_is_up=ring)


@shared_task(name="meta_events.hand_out_held")
def hand_out_held() -> None:
    if held.hand_out(timezone.now()):
        ring()


bell = Bell(process)


def ring() -> None:
    """Asks a worker to look, now. Never raises because of the broker."""
    doorbell.ring(process)


def ring_on_commit() -> None:
    doorbell.ring_on_commit(process)


@worker_shutting_down.connect
def stop_claiming(**_: Any) -> None:
    pump.stop()
