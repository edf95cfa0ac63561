"""A worker's own sweep, for the day when the scheduler is dead: rows are found without it.

Every worker of deliveries has one, and every worker of messages. It does nothing while sweeps come, and of
many of a kind one sweeps at a time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from typing import Protocol

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from webhooks.pump import drop_broken_connection

log = structlog.get_logger("webhooks.delivery")
# Workers that started together do not sweep together: up to this part of the pause is added to it.
SPREAD = 0.2
# Any number that nothing else locks.
ADVISORY_LOCK = 0x57_EB_00_01
STOP_SECONDS = 25.0

uniform = SystemRandom().uniform


class Sweeps(Protocol):
    """What can be swept: whatever keeps rows flowing in this process."""

    @property
    def swept_at(self) -> float: ...

    def sweep(self, *, when_time_is_up: Callable[[], None]) -> None: ...


@contextmanager
def alone(number: int = ADVISORY_LOCK) -> Iterator[bool]:
    """Whether no other process is in here. SQLite has one worker anyway.

    A lock of the session is nobody's behind a pool of transactions. Several that sweep claim different rows.
    """
    if connection.vendor != "postgresql" or settings.DATABASE_TRANSACTION_POOLING:
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


class SelfSweep:
    """A thread that sweeps when nobody else did for `seconds`. `number`: the lock of its kind.

    `observe` is called each time it looks, whoever sweeps.
    """

    def __init__(
        self,
        pump: Sweeps,
        *,
        seconds: float,
        number: int = ADVISORY_LOCK,
        observe: Callable[[], None] | None = None,
    ) -> None:
        self.pump, self.seconds, self.number, self.observe = pump, seconds, number, observe
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work, name="self-sweep", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Waits for what it has in hand, as a worker's shutdown does for its tasks."""
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(STOP_SECONDS)

    def work(self) -> None:
        try:
            while not self.stopping.wait(self.seconds + uniform(0, SPREAD * self.seconds)):
                self.look()
        finally:
            connection.close()

    def look(self) -> None:
        try:
            if self.observe is not None:
                self.observe()
            if time.monotonic() - self.pump.swept_at >= self.seconds:
                self.sweep()
        except (OperationalError, InterfaceError) as failure:
            log.warning("the database does not answer", error=type(failure).__name__)
            connection.close()
        except Exception:
            log.exception("self-sweep broke")

    def sweep(self) -> None:
        """Until nothing is due: a broker that is gone with the scheduler hears no ring."""
        drop_broken_connection()
        with alone(self.number) as is_alone:
            is_over = not is_alone
            while not is_over and not self.stopping.is_set():
                over = Over()
                self.pump.sweep(when_time_is_up=over.put_off)
                is_over = over.is_so


class Over:
    """Whether a sweep came to its end before its time was up."""

    def __init__(self) -> None:
        self.is_so = True

    def put_off(self) -> None:
        self.is_so = False
