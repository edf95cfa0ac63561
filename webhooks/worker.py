"""A worker of one queue: its sweep as a task, and what begins and ends with it beside its tasks."""

from collections.abc import Callable
from typing import Any, Protocol

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.db import InterfaceError, OperationalError

from webhooks.self_sweep import SelfSweep, Sweeps

AWAY = (OperationalError, InterfaceError)


class Stops(Protocol):
    """What takes up nothing more once it was told to stop."""

    def stop(self) -> None: ...


def sweep(pump: Sweeps, *, ring: Callable[[], None], log: Any) -> None:
    """Sweeps, and says so where the database is away.

    The task fails then, as its `throws=AWAY` makes Celery expect: no traceback each second.
    """
    try:
        pump.sweep(when_time_is_up=ring)
    except AWAY as failure:
        log.warning("the database does not answer", error=type(failure).__name__)
        raise


class Beside:
    """What a worker that takes from `queue` has beside its tasks. Never in the web process.

    `begin` is called once it is ready, by its consumer; `also` is done then too.
    """

    def __init__(
        self, queue: str, pump: Stops, self_sweep: SelfSweep, *, also: Callable[[], Any] | None = None
    ) -> None:
        self.queue, self.pump, self.self_sweep, self.also = queue, pump, self_sweep, also

    def connect(self) -> None:
        """To the signals of Celery, which hold it weakly."""
        worker_ready.connect(self.begin)
        worker_shutting_down.connect(self.stop_claiming)
        worker_shutdown.connect(self.finish)

    def begin(self, sender: Any, **_: Any) -> None:
        if self.queue in sender.app.amqp.queues.consume_from:
            if self.also is not None:
                self.also()
            self.self_sweep.start()

    def stop_claiming(self, **_: Any) -> None:
        self.pump.stop()

    def finish(self, **_: Any) -> None:
        self.self_sweep.stop()
