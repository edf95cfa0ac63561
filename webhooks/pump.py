"""Keeps deliveries flowing in one process: claims, hands to threads, settles what comes back.

Only the pump's own thread talks to the database; the threads that send never do.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from webhooks import delivery, metrics
from webhooks.delivery import Claimed, Outcome
from webhooks.delivery.lines import whose
from webhooks.delivery.sending import CONNECTIONS
from webhooks.trust import Trust

log = structlog.get_logger("webhooks.delivery")
Clock = Callable[[], datetime]
Attempted = Future[Outcome | None]

THREADS = CONNECTIONS
# Retries, probes and endpoints that were slow of late have threads of their own: however many of them hang,
# the others are there for the first attempts of endpoints that answer.
SLOW_THREADS = THREADS // 4
FAST_THREADS = THREADS - SLOW_THREADS
# Claimed and not yet settled, in one turn: with less the threads run dry while the pump is at the database.
# So many rounds of 10 s are within a lease.
ROUNDS = 5
IN_HAND = ROUNDS * THREADS
# So many results are settled together.
BATCH = 2 * THREADS
TURN_SECONDS = 20.0
# Or what came within so long.
GATHER_SECONDS = 0.03
# While every send is slow, new work is looked for this often.
LOOK_AGAIN_SECONDS = 0.5
# A new delivery that a sweep finds after so long was not rung for.
UNHEARD_AFTER = timedelta(seconds=2)
DATABASE_PAUSE_SECONDS = 0.2


@cache
def senders(*, is_slow: bool = False) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        max_workers=SLOW_THREADS if is_slow else FAST_THREADS,
        thread_name_prefix="slow-delivery" if is_slow else "delivery",
    )


def drop_broken_connection() -> None:
    """Celery keeps a connection over a thousand tasks, a broken one too. Nothing inside a transaction."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def attempted(claimed: Claimed, clock: Clock) -> Outcome | None:
    """A sending thread's work: an outcome whatever happens, None when the lease ran out before it began."""
    at = clock()
    if at >= claimed.lease_expires_at:
        return None
    kind = metrics.kind(is_slow=claimed.is_slow)
    metrics.SENDS.labels(kind).inc()
    if claimed.attempt == 1:
        metrics.FIRST_ATTEMPT_DELAY.labels(kind).observe(max(0.0, (at - claimed.due_at).total_seconds()))
    try:
        return delivery.send(claimed, at=at)
    except Exception:
        of = {"delivery_id": str(claimed.delivery_id), "event_id": claimed.event_id}
        log.exception("attempt broke", **whose(claimed), **of)
        return Outcome(claimed, at, 0, error="internal")


class SlowLook:
    """When the slow class is worth a look, which costs a claim a third of its time.

    A slow attempt came back and another may go, or nobody has looked for a while.
    """

    def __init__(self) -> None:
        self.next_at = float("-inf")

    def is_due(self) -> bool:
        if time.monotonic() < self.next_at:
            return False
        self.next_at = time.monotonic() + LOOK_AGAIN_SECONDS
        return True

    def note(self, outcome: Outcome) -> None:
        if outcome.claimed.is_slow or outcome.error is not None:
            self.next_at = float("-inf")


class Hand:
    """What a process has claimed and not yet settled. Of its threads that claim one at a time has it."""

    def __init__(self, trust: Trust, news: threading.Event) -> None:
        self.trust, self.news, self.slow_look = trust, news, SlowLook()
        self.clock: Clock = timezone.now
        self.sending: dict[Attempted, Claimed] = {}
        self.back: deque[Attempted] = deque()
        self.results: list[Outcome] = []

    @property
    def is_empty(self) -> bool:
        return not self.sending and not self.results

    def fill(self, *, is_sweep: bool) -> bool:
        """Takes as much as fits; whether there was anything."""
        now = self.clock()
        slow = sum(one.is_slow for one in self.sending.values())
        fast = len(self.sending) - slow + len(self.results)
        found = delivery.claim(
            ROUNDS * FAST_THREADS - fast,
            ROUNDS * SLOW_THREADS - slow if is_sweep or self.slow_look.is_due() else 0,
            now=now,
            trusts=self.trust.has,
            besides=self.unanswered(),
        )
        for claimed in found:
            attempt = senders(is_slow=claimed.is_slow).submit(attempted, claimed, self.clock)
            self.sending[attempt] = claimed
            attempt.add_done_callback(self.come_back)
        self.count(found, now, is_sweep=is_sweep)
        return bool(found)

    def count(self, found: list[Claimed], now: datetime, *, is_sweep: bool) -> None:
        for claimed in found:
            metrics.CLAIMS.labels(metrics.kind(is_slow=claimed.is_slow)).inc()
            if is_sweep and claimed.attempt == 1 and now - claimed.due_at > UNHEARD_AFTER:
                metrics.SWEEP_FINDS.inc()

    def unanswered(self) -> set[UUID]:
        """Endpoints that are not trusted and have an attempt in hand."""
        return {one.webhook_id for one in self.sending.values() if not self.trust.has(one.webhook_id)}

    def come_back(self, attempt: Attempted) -> None:
        """Called by the sending thread. Wakes the pump for a batch, or when it waits for nothing else."""
        self.back.append(attempt)
        if len(self.back) >= min(BATCH, len(self.sending)):
            self.news.set()

    def collect(self) -> bool:
        """Settles what is back at the next news, or after a moment without; whether anything is."""
        self.news.wait(GATHER_SECONDS)
        self.news.clear()
        back = [self.back.popleft() for _ in range(len(self.back))]
        for attempt in back:
            # What was given back is not in hand any more.
            outcome = attempt.result() if self.sending.pop(attempt, None) else None
            if outcome is not None:
                self.trust.note(outcome)
                self.slow_look.note(outcome)
                self.results.append(outcome)
        if self.results:
            self.settle()
        return bool(back)

    def settle(self) -> None:
        """Writes down what came back, together; where the database refuses that, one by one.

        What fails alone too is dropped: its lease runs out, and its attempts end it. Kept, it would hold up
        all others for ever. Raises OperationalError, InterfaceError, what is not settled then still in hand.
        """
        try:
            delivery.settle(self.results, now=self.clock())
            self.results = []
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:  # noqa: BLE001 -- a traceback would hold the rows
            log.error("not settled together", count=len(self.results), error=type(failure).__name__)
            while self.results:
                self.settle_alone(self.results[-1])
                self.results.pop()

    def settle_alone(self, outcome: Outcome) -> None:
        try:
            delivery.settle([outcome], now=self.clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:  # noqa: BLE001 -- as above
            # The first line only: what follows may be the row itself, with what the endpoint answered.
            why = str(failure).partition("\n")[0]
            of = {"delivery_id": str(outcome.claimed.delivery_id), "event_id": outcome.claimed.event_id}
            log.error("not settled", **of, error=type(failure).__name__, reason=why)

    def give_back(self) -> bool:
        """Releases what no thread has begun; whether there was anything."""
        unsent = [claimed for future, claimed in self.sending.items() if future.cancel()]
        self.sending = {future: one for future, one in self.sending.items() if not future.cancelled()}
        if unsent:
            delivery.release(unsent)
        return bool(unsent)

    def guarded(self, act: Callable[[], bool]) -> bool:
        """`act`, or False when the database is away: what is in hand is kept until its lease runs out."""
        try:
            return act()
        except (OperationalError, InterfaceError) as failure:
            log.warning("the database does not answer", error=type(failure).__name__)
            now = self.clock()
            self.results = [one for one in self.results if one.claimed.lease_expires_at > now]
            time.sleep(DATABASE_PAUSE_SECONDS)
            return False


class Pump:
    """At most one thread of a process claims at a time. A ring meanwhile is heard by that one."""

    def __init__(self) -> None:
        self.claiming, self.rung, self.stopping = threading.Lock(), threading.Event(), threading.Event()
        # A ring, or enough to settle: what a turn waits for.
        self.news = threading.Event()
        self.hand = Hand(Trust(time.monotonic), self.news)
        self.swept_at = float("-inf")

    def run(
        self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now, is_sweep: bool = False
    ) -> None:
        """Delivers until nothing is due and nothing in hand, or until another thread does so.

        After 20 s it rings: whoever comes first goes on with what is in hand. Had it to wait for the
        slowest of its sends, rings would find no thread of the worker free.
        """
        drop_broken_connection()
        self.rung.set()
        self.news.set()
        while self.is_wanted and self.claiming.acquire(blocking=False):
            try:
                self.hand.clock = clock
                is_time_up = self.work(is_sweep=is_sweep)
            finally:
                self.claiming.release()
            if is_time_up and not self.stopping.is_set():
                when_time_is_up()

    @property
    def is_wanted(self) -> bool:
        return not self.hand.is_empty or (self.rung.is_set() and not self.stopping.is_set())

    def sweep(self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now) -> None:
        """The same, and what nobody rings for: costs one query when nothing is due."""
        drop_broken_connection()
        self.swept_at = time.monotonic()
        if delivery.is_anything_due(clock()):
            delivery.recover(clock())
            self.run(when_time_is_up=when_time_is_up, clock=clock, is_sweep=True)

    def stop(self) -> None:
        """No turn claims any more; what no thread has begun is given back."""
        self.stopping.set()

    def work(self, *, is_sweep: bool) -> bool:
        """One turn: claims and settles; whether it ended because its time was up."""
        hand, look_at, came = self.hand, 0.0, False
        ends = time.monotonic() + TURN_SECONDS
        while True:
            if self.stopping.is_set():
                hand.guarded(hand.give_back)
            elif came or self.rung.is_set() or time.monotonic() >= look_at:
                self.rung.clear()
                look_at = time.monotonic() + LOOK_AGAIN_SECONDS
                hand.guarded(partial(hand.fill, is_sweep=is_sweep))
                is_sweep = False
            if hand.is_empty:
                return False
            came = hand.guarded(hand.collect)
            if time.monotonic() >= ends:
                return True
