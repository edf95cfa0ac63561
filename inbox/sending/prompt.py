"""The request's own try: most messages are at Meta before their request is answered."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from functools import cache, partial

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inbox import tasks
from inbox.models import OutboxEntry
from inbox.sending.calling import Call, Claimed, begin, call
from inbox.sending.claiming import claim_own
from inbox.sending.outcomes import Outcome, PutOff
from inbox.sending.patience import AWAY, PATIENCE_SECONDS, patiently
from inbox.sending.senders import note_refused
from inbox.sending.settling import settle, settle_known

log = structlog.get_logger("inbox.sending")
# Calls of requests that are on their way to Meta, those that are answered already among them.
CALLERS = 32
# One a call, until it is settled. What was marked as called never waits for a thread.
slots = threading.BoundedSemaphore(CALLERS)
# How long a request waits for the database when it has Meta's answer.
REQUEST_PATIENCE_SECONDS = 3.0


@cache
def callers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CALLERS, thread_name_prefix="send-in-request")


def send_now(entry: OutboxEntry, given: Call) -> Outcome | None:
    """Sends it where nothing comes before it, and waits for Meta for some seconds.

    None where a worker sends it, or where Meta takes longer: the call goes on, and is settled when it ends.
    """
    with ExitStack() as held:
        claimed = begun(entry, held)
        if claimed is None:
            tasks.ring()
            return None
        asked = callers().submit(copy_context().run, call, given)
        try:
            outcome = asked.result(timeout=settings.MESSAGE_REQUEST_SECONDS)
        except TimeoutError:
            late = partial(settle_late, claimed, given, held.pop_all())
            asked.add_done_callback(partial(copy_context().run, late))
            return None
        return outcome if is_noted(claimed, given, asked, held) else None


def begun(entry: OutboxEntry, held: ExitStack) -> Claimed | None:
    """The message, marked as called, with a slot that `held` gives back; None where a worker sends it."""
    if not slots.acquire(blocking=False):
        return None
    held.callback(slots.release)
    claimed = claim_own(entry, now=timezone.now())
    if claimed is None or begin(claimed, timezone.now()):
        return claimed
    tasks.tell(settle_known(claimed, now=timezone.now()))
    return None


def is_noted(claimed: Claimed, given: Call, asked: "Future[Outcome]", held: ExitStack) -> bool:
    """False where the database does not take Meta's answer: a thread of its own goes on trying."""
    try:
        note(claimed, given, asked.result(), REQUEST_PATIENCE_SECONDS)
    except AWAY as failure:
        log.warning("not settled yet: no database", error=type(failure).__name__)
        callers().submit(copy_context().run, settle_late, claimed, given, held.pop_all(), asked)
        return False
    return True


def note(claimed: Claimed, given: Call, outcome: Outcome, seconds: float) -> None:
    """Meta's answer is not to be had again: it is held in hand for so long."""
    settled = patiently(lambda: settle(claimed, outcome, now=timezone.now()), seconds)
    note_refused(claimed.phone_id, given.token, outcome)
    tasks.tell(settled)
    if settled.is_next_waiting or isinstance(outcome, PutOff):
        tasks.ring()


def settle_late(claimed: Claimed, given: Call, held: ExitStack, asked: "Future[Outcome]") -> None:
    """In the calling thread, whose database connection nobody else closes."""
    try:
        with held:
            note(claimed, given, asked.result(), PATIENCE_SECONDS)
    except Exception:
        log.exception("not settled", entry_id=claimed.entry_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()
