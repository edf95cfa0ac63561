"""Keeps messages flowing to Meta in one process: claims what may go, and gives each to a thread."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inbox.sending.calling import Call, Claimed, begin, call, prepared
from inbox.sending.claiming import claim
from inbox.sending.patience import AWAY, DATABASE_PAUSE_SECONDS, drop_broken_connection, patiently
from inbox.sending.recovery import is_anything_due, recover
from inbox.sending.senders import note_refused
from inbox.sending.settling import Settled, settle, settle_known
from inbox.sending.threads import Threads

log = structlog.get_logger("inbox.sending")
Clock = Callable[[], datetime]

TURN_SECONDS = 20.0
# What is due within so long is waited for; the next sweep finds the rest.
LOOK_AHEAD_SECONDS = 1.0
# Of a process's threads one number may have so many parts: one that answers slowly leaves some to the others.
PARTS, PARTS_OF_A_NUMBER = 4, 3


class Hand:
    """How many messages of each number this process has in hand."""

    def __init__(self) -> None:
        self.of_number, self.lock = Counter[UUID](), threading.Lock()

    def add(self, phone_id: UUID, count: int) -> None:
        with self.lock:
            self.of_number[phone_id] += count

    def counts(self) -> dict[UUID, int]:
        with self.lock:
            self.of_number = +self.of_number
            return dict(self.of_number)

    @property
    def is_empty(self) -> bool:
        return not self.counts()


class Pump:
    """At most one thread of a process claims at a time. A ring meanwhile is heard by that one."""

    def __init__(self, *, when_done: Callable[[Settled], None]) -> None:
        self.when_done = when_done
        self.claiming, self.rung, self.stopping = threading.Lock(), threading.Event(), threading.Event()
        # A ring, or a sender that is free again: what a turn waits for.
        self.news = threading.Event()
        self.senders = Threads(settings.MESSAGE_SENDERS, "sender")
        self.hand = Hand()
        self.swept_at = float("-inf")

    def run(self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now) -> None:
        """Sends until nothing is due, or until another thread does so. After 20 s it rings and ends."""
        drop_broken_connection()
        self.rung.set()
        self.news.set()
        while self.rung.is_set() and not self.stopping.is_set() and self.claiming.acquire(blocking=False):
            try:
                is_time_up = self.work(clock)
            finally:
                self.claiming.release()
            if is_time_up:
                when_time_is_up()
                return

    def sweep(self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now) -> None:
        """The same for what nobody rang for, and for what died: two small queries when nothing is due."""
        drop_broken_connection()
        self.swept_at = time.monotonic()
        if is_anything_due(clock()):
            recover(clock())
            self.run(when_time_is_up=when_time_is_up, clock=clock)

    def stop(self) -> None:
        """Nothing more is claimed; what is in hand is finished."""
        self.stopping.set()
        self.news.set()

    def work(self, clock: Clock) -> bool:
        """One turn; whether it ended because its time was up."""
        ends = time.monotonic() + TURN_SECONDS
        while time.monotonic() < ends:
            self.news.clear()
            self.rung.clear()
            wait = None if self.stopping.is_set() else self.filled(clock)
            if wait is None and self.hand.is_empty:
                return False
            self.news.wait(LOOK_AHEAD_SECONDS if wait is None else wait)
        return not self.stopping.is_set()

    def filled(self, clock: Clock) -> float | None:
        """Gives work to the senders that are free; seconds until there may be more, None: nothing soon."""
        busy = self.hand.counts()
        free = self.senders.most - sum(busy.values())
        if free <= 0:
            return LOOK_AHEAD_SECONDS
        now = clock()
        cap = max(1, self.senders.most * PARTS_OF_A_NUMBER // PARTS)
        try:
            taken = claim(free, now=now, busy=busy, cap=cap)
        except AWAY as failure:
            log.warning("the database does not answer", error=type(failure).__name__)
            connection.close_if_unusable_or_obsolete()
            time.sleep(DATABASE_PAUSE_SECONDS)
            return None
        for claimed in taken.claimed:
            self.give(claimed, clock)
        if taken.claimed:
            return 0.0
        wait = (taken.next_at - now).total_seconds() if taken.next_at else None
        return wait if wait is not None and wait <= LOOK_AHEAD_SECONDS else None

    def give(self, claimed: Claimed, clock: Clock) -> None:
        self.hand.add(claimed.phone_id, 1)
        self.senders.submit(partial(self.send, claimed, clock))

    def send(self, claimed: Claimed, clock: Clock) -> None:
        """A sending thread's work, from the claim to the settlement."""
        structlog.contextvars.clear_contextvars()
        try:
            drop_broken_connection()
            settled = sent(claimed, clock)
            self.when_done(settled)
        except AWAY as failure:
            log.warning("not sent, or not settled: no database", error=type(failure).__name__)
        except Exception:
            log.exception("a send broke", entry_id=claimed.entry_id)
        finally:
            self.hand.add(claimed.phone_id, -1)
            self.news.set()


def sent(claimed: Claimed, clock: Clock) -> Settled:
    """One message, whatever comes of it."""
    given = patiently(partial(prepared, claimed))
    if not isinstance(given, Call):
        return patiently(lambda: settle(claimed, given, now=clock()))
    if not patiently(lambda: begin(claimed, clock())):
        return patiently(lambda: settle_known(claimed, now=clock()))
    outcome = call(given)
    # Meta's answer is not to be had again.
    done = patiently(lambda: settle(claimed, outcome, now=clock()))
    note_refused(claimed.phone_id, given.token, outcome)
    return done
