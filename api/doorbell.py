"""Ringing a Celery task that may fail to be rung: the rows are the truth, the sweep finds them.

A broker that is ill costs a caller half a second once, and then nothing for a moment.
"""

import threading
import time
from typing import Any

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger("api.doorbell")
# After a ring that failed nobody rings for so long, in seconds.
PAUSE = 2.0
# A hint that waited longer than this in the broker is worth nothing: the sweep came by.
EXPIRES = 30.0


class Breaker:
    """Remembers that the broker did not answer, so that not every request waits to find out."""

    def __init__(self) -> None:
        self.lock, self.closed_at = threading.Lock(), 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_at

    def open(self) -> None:
        with self.lock:
            self.closed_at = time.monotonic() + PAUSE


breaker = Breaker()


def ring(task: Any, **kwargs: Any) -> None:
    """Enqueues `task` now. Never raises because of the broker."""
    if breaker.is_open:
        return
    try:
        task.apply_async(kwargs=kwargs, expires=EXPIRES)
    except (OperationalError, OSError) as failure:
        breaker.open()
        log.warning("not rung: the broker does not answer", task=task.name, error=type(failure).__name__)


def ring_on_commit(task: Any, **kwargs: Any) -> None:
    """Enqueues `task` when the transaction has committed; at once outside of one."""
    transaction.on_commit(lambda: ring(task, **kwargs), robust=True)
