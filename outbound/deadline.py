"""One deadline for a whole exchange: at its end the connection is shut down, whatever the peer is doing."""

from __future__ import annotations

import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

# The socket's own timeouts end at the deadline and say which part was slow. The watchdog comes this much
# later, for peers that keep those timeouts from ever ending by sending a byte now and then.
GRACE = 0.1


class Deadline:
    """The end of one exchange, and the sockets that are shut down when it comes.

    A long transfer renews it while it moves, to at most `longest` seconds in all.
    """

    def __init__(self, seconds: float, longest: float | None = None) -> None:
        self.started_at = time.monotonic()
        self.seconds = seconds
        self.ends_at = self.started_at + seconds
        self._last = self.started_at + (seconds if longest is None else longest)
        self.expired = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()

    def remaining(self) -> float:
        """Seconds left, never less than a millisecond: as a socket timeout 0 would mean non-blocking."""
        return max(self.ends_at - time.monotonic(), 0.001)

    def renew(self, seconds: float) -> None:
        """Something moved: the end is so many seconds from now, if the longest time allows it."""
        self.ends_at = min(time.monotonic() + seconds, self._last)

    def rest(self) -> None:
        """Nobody waits for the peer: the longest time alone counts, until it is renewed."""
        self.ends_at = self._last

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started_at) * 1000)

    def watch(self, sock: socket.socket) -> None:
        """Puts a connection under this deadline.

        A duplicate of the descriptor is kept: it reaches the connection in the middle of a TLS handshake
        too, when the original object is detached, and stays ours when somebody else closes the original.
        """
        handle = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._handles.append(handle)
            if self.expired:
                _shut_down(handle)

    def expire(self) -> None:
        with self._lock:
            self.expired = True
            for handle in self._handles:
                _shut_down(handle)

    def release(self) -> None:
        """Lets the connections go: from here on the deadline can no longer touch them."""
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()


class Watchdog:
    """One daemon thread with a heap for all exchanges of this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Deadline]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            entry = (deadline.ends_at + GRACE, next(self._order), deadline)
            heapq.heappush(self._heap, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadline-watchdog", daemon=True)
                self._thread.start()
            elif self._heap[0] is entry:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next_due().expire()

    def _next_due(self) -> Deadline:
        with self._changed:
            while True:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                _, number, due = heapq.heappop(self._heap)
                if due.ends_at + GRACE <= time.monotonic():
                    return due
                # It was renewed, and may be again to an earlier end: it is looked at in a while.
                again = min(due.ends_at, time.monotonic() + due.seconds) + GRACE
                heapq.heappush(self._heap, (again, number, due))


_watchdog = Watchdog()
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float, longest: float | None = None) -> Iterator[Deadline]:
    """Bounds every connection that this thread uses inside the block to `seconds` in all.

    At the end the sockets are shut down, so that whatever waits on them returns at once: as an end of file
    or as an error. `expired` tells that from a peer that hung up. `longest` is for what renews it.
    """
    ends = started(seconds, longest)
    try:
        with under(ends):
            yield ends
    finally:
        ends.release()


def started(seconds: float, longest: float | None = None) -> Deadline:
    """A deadline that runs from now on and outlives the block that opens its connection: release it."""
    ends = Deadline(seconds, longest)
    _watchdog.add(ends)
    return ends


@contextmanager
def under(ends: Deadline) -> Iterator[None]:
    """What this thread connects to inside the block is under that deadline."""
    token = _current.set(ends)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Deadline | None:
    """The deadline that this thread is under."""
    return _current.get()


def _shut_down(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _forget_parent() -> None:
    """A forked child has none of the parent's threads, and its lock may be held by one of them."""
    global _watchdog  # noqa: PLW0603 - replaced as a whole, once, before the child runs anything
    _watchdog = Watchdog()


os.register_at_fork(after_in_child=_forget_parent)
