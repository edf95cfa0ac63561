"""Names to addresses within a time limit: getaddrinfo cannot be interrupted, so a thread waits for it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address
Lookup = Callable[[str], tuple[str, ...]]

THREADS = 32
KEEP_SECONDS, KEEP_FAILURE_SECONDS, KEEP_NAMES = 30.0, 3.0, 4096


class ResolutionError(Exception):
    """The name has no address, or nobody said so."""


class ResolutionTimeoutError(Exception):
    """No answer within the time limit. The lookup goes on in its thread and may serve the next caller."""


def system_lookup(host: str) -> tuple[str, ...]:
    """The addresses as the operating system orders them, each once. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True)
class _Known:
    until: float
    answer: tuple[Address, ...] | None


class Resolver:
    """A cache of 30 seconds over bounded lookups; callers of one name at one time share one lookup."""

    def __init__(self, lookup: Lookup = system_lookup, *, keep_seconds: float = KEEP_SECONDS) -> None:
        self._lookup = lookup
        self._keep_seconds = keep_seconds
        self._known: dict[str, _Known] = {}
        self._running: dict[str, Future[tuple[Address, ...]]] = {}
        self._lock = threading.Lock()

    def resolve(self, host: str, *, seconds: float) -> tuple[Address, ...]:
        """The addresses of a name. Raises ResolutionError or ResolutionTimeoutError."""
        with self._lock:
            known = self._known.get(host)
            if known and known.until > time.monotonic():
                return _answer(known.answer)
            running = self._running.get(host) or self._start(host)
        try:
            return running.result(timeout=seconds)
        except TimeoutError:
            raise ResolutionTimeoutError from None

    def _start(self, host: str) -> Future[tuple[Address, ...]]:
        if len(self._running) >= THREADS:
            raise ResolutionTimeoutError
        future: Future[tuple[Address, ...]] = Future()
        self._running[host] = future
        threading.Thread(target=self._work, args=(host, future), name="resolver", daemon=True).start()
        return future

    def _work(self, host: str, future: Future[tuple[Address, ...]]) -> None:
        answer: tuple[Address, ...] | None
        try:
            answer = tuple(ip_address(address) for address in self._lookup(host))
        except (OSError, ValueError):  # no such name, or one that cannot be written in DNS
            answer = None
        self._keep(host, answer)
        if answer:
            future.set_result(answer)
        else:
            future.set_exception(ResolutionError())

    def _keep(self, host: str, answer: tuple[Address, ...] | None) -> None:
        now = time.monotonic()
        with self._lock:
            self._running.pop(host, None)
            if len(self._known) >= KEEP_NAMES:
                self._known = {name: known for name, known in self._known.items() if known.until > now}
            if len(self._known) < KEEP_NAMES:
                seconds = self._keep_seconds if answer else min(KEEP_FAILURE_SECONDS, self._keep_seconds)
                self._known[host] = _Known(now + seconds, answer)


def _answer(answer: tuple[Address, ...] | None) -> tuple[Address, ...]:
    if not answer:
        raise ResolutionError
    return answer


_process_resolver = Resolver()


def process_resolver() -> Resolver:
    """The resolver that everything in this process shares."""
    return _process_resolver


def _forget_parent() -> None:
    """Lookups under way in a parent have no thread in its forked child."""
    global _process_resolver  # noqa: PLW0603 - replaced as a whole, once, before the child runs anything
    _process_resolver = Resolver()


os.register_at_fork(after_in_child=_forget_parent)
