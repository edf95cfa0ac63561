"""The request's own try: most messages are at Meta before their request is answered."""

from concurrent.futures import Future, ThreadPoolExecutor
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
from inbox.sending.senders import note_refused
from inbox.sending.settling import settle

log = structlog.get_logger("inbox.sending")
# Calls of requests that are on their way to Meta, those that are answered already among them.
CALLERS = 32


@cache
def callers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CALLERS, thread_name_prefix="send-in-request")


def send_now(entry: OutboxEntry, given: Call) -> Outcome | None:
    """Sends it where nothing comes before it, and waits for Meta for some seconds.

    None where a worker sends it, or where Meta takes longer: the call goes on, and is settled when it ends.
    """
    claimed = claim_own(entry, now=timezone.now())
    if claimed is None or not begin(claimed, timezone.now()):
        tasks.ring()
        return None
    asked = callers().submit(call, given)
    try:
        outcome = asked.result(timeout=settings.MESSAGE_REQUEST_SECONDS)
    except TimeoutError:
        asked.add_done_callback(partial(settle_late, claimed, given))
        return None
    note(claimed, given, outcome)
    return outcome


def note(claimed: Claimed, given: Call, outcome: Outcome) -> None:
    settled = settle(claimed, outcome, now=timezone.now())
    note_refused(claimed.phone_id, given.token, outcome)
    tasks.tell(settled)
    if settled.is_next_waiting or isinstance(outcome, PutOff):
        tasks.ring()


def settle_late(claimed: Claimed, given: Call, asked: "Future[Outcome]") -> None:
    """In the calling thread, whose database connection nobody else closes."""
    try:
        note(claimed, given, asked.result())
    except Exception:
        log.exception("not settled", entry_id=claimed.entry_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()
