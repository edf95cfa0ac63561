"""Deliveries that are stored already, made as fast as an engine can."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.rig.cpu import cpu_seconds
from bench.rig.webhooks.line import ENDPOINTS, PATIENCE, PEER, Line, wait_until
from bench.rig.webhooks.rows import LostError, check_stored, is_anything_open, store
from webhooks.models import Delivery, OutgoingWebhook

Endpoints = Sequence[OutgoingWebhook]


@dataclass(frozen=True)
class Round:
    """Deliveries made in so many seconds, with so many CPU seconds of the workers and their children."""

    deliveries: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.deliveries / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu * 1000 / self.deliveries


def our_round(line: Line, groups: Sequence[int], endpoints: Endpoints, count: int) -> Round:
    """Everything waits at endpoints that are held; from when they are not any more and the doorbell rings."""
    rows = OutgoingWebhook.objects.filter(pk__in=[one.pk for one in endpoints])
    rows.update(is_active=False)
    events = store(endpoints, count)

    def release() -> None:
        rows.update(is_active=True)
        line.ring(len(groups))

    return timed(line, groups, endpoints, events, release)


def their_round(line: Line, group: int, endpoints: Endpoints, count: int) -> Round:
    """The tasks wait in Redis too; from when the worker is told to take them."""
    line.their_broker.control.cancel_consumer("celery", reply=True)
    events = store(endpoints, count)
    for pk in Delivery.objects.filter(event__in=events).order_by("event").values_list("pk", flat=True):
        line.their_broker.send_task("deliver", args=[str(pk)])

    def release() -> None:
        line.their_broker.control.add_consumer("celery")

    return timed(line, [group], endpoints, events, release)


def timed(line: Line, groups: Sequence[int], endpoints: Endpoints, events: set[str], release) -> Round:
    """Until the last one is written down. Raises LostError."""
    line.receiver.forget()
    used, began = sum(map(cpu_seconds, groups)), time.monotonic()
    release()
    came = wait_until(lambda: line.receiver.count() >= len(events), 4 * PATIENCE)
    if not came or not wait_until(lambda: not is_anything_open(endpoints)):
        raise LostError(f"{line.receiver.count()} of {len(events)} came")
    seconds, cpu = time.monotonic() - began, sum(map(cpu_seconds, groups)) - used
    arrived = line.receiver.arrivals()
    check_stored(events, arrived.first, arrived.count)
    return Round(len(events), seconds, cpu)


def limit_round(line: Line, count: int) -> Round:
    said = limit(line, count)
    return Round(count, said["seconds"], said["cpu"])


def limit(line: Line, count: int, *arguments: str):
    urls = [line.receiver.url_of(number) for number in range(ENDPOINTS)]
    return line.said_by(
        "limit",
        f"{PEER}.limit",
        *("--deliveries", str(count), *arguments, *urls),
        environment={},
        seconds=PATIENCE,
    )
