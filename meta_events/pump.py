"""Keeps what Meta told us flowing in one process: takes notifications apart, claims changes, handles them."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from api.request_id import belonging_to
from meta_events.bodies import Envelope, UnreadableError, opened
from meta_events.claiming import Claim, claim, is_anything_due, lease, release, renewed
from meta_events.handling import handle
from meta_events.metrics import SWEEP_FINDS, oldest_waiting
from meta_events.models import Change, Notification
from meta_events.numbers import Numbers
from meta_events.splitting import BATCH as SPLIT
from meta_events.splitting import split

log = structlog.get_logger("meta_events.pump")
Clock = Callable[[], datetime]
NOTHING = Envelope("", [])

# So many of a worker's threads at most: more would wait for one another, and signups run in the others.
TURNS = 2
TURN_SECONDS = 20.0
SPLIT_SECONDS = 1.0
# Of bodies that one turn has open: Meta's are three megabytes at most.
OPEN_BYTES = 8 * 2**20
DATABASE_PAUSE_SECONDS = 0.2
# What a sweep finds after so long was not rung for.
UNHEARD_AFTER = timedelta(seconds=2)


class Turn:
    """One stretch of work in one thread of a pump.

    Of the turns of a process one at a time handles what is bulky, the others go on with the rest.
    """

    def __init__(self, pump: "Pump", clock: Clock) -> None:
        self.pump, self.clock, self.stopping = pump, clock, pump.stopping
        self.last_mailbox, self.numbers, self.bodies = "", Numbers(), Bodies()

    def step(self) -> bool:
        """Takes apart what came and handles some of it; whether there was anything."""
        is_split = self.split_all()
        taken = claim(self.clock(), after=self.last_mailbox)
        self.last_mailbox = taken.last_mailbox
        is_handled = self.handle_all(taken)
        return (taken.is_bulk_due and self.handle_bulk()) or is_handled or is_split

    def split_all(self) -> bool:
        """Whose turn it is shows in what is taken apart alone: that goes first, for a while at most."""
        ends, count = time.monotonic() + SPLIT_SECONDS, split(self.clock())
        is_any = count > 0
        while count == SPLIT and time.monotonic() < ends and not self.stopping.is_set():
            count = split(self.clock())
        return is_any

    def handle_bulk(self) -> bool:
        if not self.pump.bulk.acquire(blocking=False):
            return False
        try:
            return self.handle_all(claim(self.clock(), is_bulk=True))
        finally:
            self.pump.bulk.release()

    def handle_all(self, taken: Claim) -> bool:
        self.bodies.open(taken.changes)
        for number, change in enumerate(taken.changes):
            if self.stopping.is_set():
                release(taken, taken.changes[number:], self.clock())
                break
            taken = self.kept(taken)
            # What it tells clients names it: many changes came with one request, and many rang for this turn.
            with belonging_to(f"change-{change.pk}"):
                if handle(change, taken.token, *self.bodies.of(change), self.numbers, self.clock()):
                    self.pump.when_done()
        return bool(taken.changes)

    def kept(self, taken: Claim) -> Claim:
        now = self.clock()
        return taken if taken.expires_at - now > lease() / 2 else renewed(taken, now)


class Bodies:
    """The notifications of what is claimed: read together, opened once, and kept for the next claim.

    A body may hold a thousand changes, which come in many claims, in turn with those of other bodies. Opened
    it takes many times its bytes: the ones that were opened first are closed again where they are too many.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Notification] = {}
        self.envelopes: dict[int, Envelope] = {}

    def open(self, changes: Sequence[Change]) -> None:
        wanted = {change.notification_id for change in changes}
        found = Notification.objects.in_bulk(wanted - self.rows.keys())
        self.rows = {pk: row for pk, row in self.rows.items() if pk in wanted} | found
        self.envelopes = {pk: kept for pk, kept in self.envelopes.items() if pk in wanted}

    def of(self, change: Change) -> tuple[Notification, Envelope]:
        pk = change.notification_id
        if pk not in self.envelopes:
            self.make_room(len(self.rows[pk].body))
            self.envelopes[pk] = envelope_of(self.rows[pk])
        return self.rows[pk], self.envelopes[pk]

    def make_room(self, size: int) -> None:
        sizes = {pk: len(self.rows[pk].body) for pk in self.envelopes}
        for pk in list(self.envelopes):
            if sum(sizes.values()) + size <= OPEN_BYTES:
                return
            del self.envelopes[pk], sizes[pk]


def envelope_of(row: Notification) -> Envelope:
    try:
        return opened(bytes(row.body))
    except UnreadableError:
        return NOTHING


class Pump:
    """A ring while all turns of a process are taken is heard by one of them."""

    def __init__(self, *, when_done: Callable[[], None]) -> None:
        self.when_done = when_done
        self.turns, self.bulk = threading.Semaphore(TURNS), threading.Lock()
        self.rung, self.stopping = threading.Event(), threading.Event()
        self.swept_at = float("-inf")

    def run(self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now) -> None:
        """Works until nothing is due. After 20 s it rings and ends."""
        drop_broken_connection()
        self.rung.set()
        while self.rung.is_set() and not self.stopping.is_set() and self.turns.acquire(blocking=False):
            self.rung.clear()
            try:
                is_time_up = self.work(Turn(self, clock))
            finally:
                self.turns.release()
            if is_time_up:
                when_time_is_up()
                return

    def sweep(self, *, when_time_is_up: Callable[[], None], clock: Clock = timezone.now) -> None:
        """The same for what nobody rang for: costs two small queries when nothing is due."""
        drop_broken_connection()
        now, self.swept_at = clock(), time.monotonic()
        if is_anything_due(now):
            if is_unheard(now):
                SWEEP_FINDS.inc()
            self.run(when_time_is_up=when_time_is_up, clock=clock)

    def stop(self) -> None:
        """No turn claims any more; what is not begun is given back."""
        self.stopping.set()

    def work(self, turn: Turn) -> bool:
        """Whether it ended because its time was up."""
        ends = time.monotonic() + TURN_SECONDS
        while time.monotonic() < ends and not self.stopping.is_set():
            try:
                if not turn.step():
                    return False
            except (OperationalError, InterfaceError) as failure:
                log.warning("the database does not answer", error=type(failure).__name__)
                time.sleep(DATABASE_PAUSE_SECONDS)
                return False
        return not self.stopping.is_set()


def is_unheard(now: datetime) -> bool:
    waiting_since = oldest_waiting(now)
    return waiting_since is not None and now - waiting_since > UNHEARD_AFTER


def drop_broken_connection() -> None:
    """Celery keeps a connection over a thousand tasks, a broken one too. Nothing inside a transaction."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
