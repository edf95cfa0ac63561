"""Rings for a task from a thread of its own: nobody waits for the broker, and one ring is for many."""

import threading
import time
from typing import Any

import structlog

from api import doorbell

log = structlog.get_logger("meta_events.bell")
# Who asks within so many seconds after a ring is heard by the next one.
PAUSE = 0.05


class Bell:
    """`task` is enqueued soon after `ring`. What is lost with its process is found by the sweep."""

    def __init__(self, task: Any) -> None:
        self.task, self.wanted, self.lock = task, threading.Event(), threading.Lock()
        self.thread: threading.Thread | None = None

    def ring(self) -> None:
        """Never raises, never waits."""
        self.wanted.set()
        if self.thread is None or not self.thread.is_alive():
            self.start()

    def start(self) -> None:
        """Once a process: a thread does not survive a fork."""
        with self.lock:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.work, name="bell", daemon=True)
                self.thread.start()

    def work(self) -> None:
        while True:
            self.wanted.wait()
            self.wanted.clear()
            try:
                doorbell.ring(self.task)
            except Exception:
                log.exception("not rung", task=self.task.name)
            time.sleep(PAUSE)
