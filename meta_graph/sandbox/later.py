"""What happens a moment later: jobs run at their time, on a few threads that start with the first job."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

THREADS = 8

Job = Callable[[], None]

logger = logging.getLogger(__name__)


class Later:
    """`run(job, after=2)` runs it two seconds from now. Jobs of one time start in the order they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._threads: list[threading.Thread] = []
        self._is_stopped = False

    def run(self, job: Job, after: float = 0) -> None:
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + after, next(self._order), job))
            if len(self._threads) < THREADS:
                thread = threading.Thread(target=self._work, name="sandbox-later", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """What has not begun is dropped."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _work(self) -> None:
        while job := self._next():
            try:
                job()
            except Exception:
                logger.exception("Something that was to happen later failed.")

    def _next(self) -> Job | None:
        with self._changed:
            while not self._is_stopped:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
            return None
