"""Threads that come when there is work and go when there is none, each with its database connection."""

import queue
import threading
from collections.abc import Callable

from django.db import connection

Job = Callable[[], None]
# Whose connection to the database nobody needs for so long gives it back.
IDLE_SECONDS = 10.0


def NOTHING() -> None:  # noqa: N802 - a mark, told apart from the end by being itself
    """What is taken from an empty queue."""


class Threads:
    """At most `most` of them. Jobs must not raise."""

    def __init__(self, most: int, name: str) -> None:
        self.most, self.name = most, name
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.running: set[threading.Thread] = set()
        self.idle = 0

    def submit(self, job: Job) -> None:
        with self.lock:
            self.jobs.put(job)
            if self.idle >= self.jobs.qsize() or len(self.running) >= self.most:
                return
            thread = threading.Thread(target=self.work, name=self.name, daemon=True)
            self.running.add(thread)
        thread.start()

    def work(self) -> None:
        try:
            while (job := self.next_job()) is not None:
                job()
        finally:
            connection.close()

    def next_job(self) -> Job | None:
        """None when there was none for a while, or no more will come."""
        with self.lock:
            self.idle += 1
        job = self.taken(IDLE_SECONDS)
        with self.lock:
            self.idle -= 1
            if job is NOTHING:
                # One that came in this moment counted on this thread.
                job = self.taken(0)
            if job is None or job is NOTHING:
                self.running.discard(threading.current_thread())
                return None
        return job

    def taken(self, seconds: float) -> Job | None:
        try:
            return self.jobs.get(timeout=seconds) if seconds else self.jobs.get_nowait()
        except queue.Empty:
            return NOTHING

    def close(self) -> None:
        """Waits for every job that was given, and for the threads to end."""
        with self.lock:
            threads = list(self.running)
        for _ in threads:
            self.jobs.put(None)
        for thread in threads:
            thread.join()
