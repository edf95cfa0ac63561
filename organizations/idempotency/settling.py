"""The end of a claimed request: its answer stored, or its key let go.

What was done is done: no failure here fails the request, it leaves the claim to expire.
"""

from collections.abc import Callable

import structlog
from django.db import Error, connection, transaction
from django.utils import timezone

from organizations.idempotency.answers import Answer
from organizations.idempotency.claims import KEPT, Claim

log = structlog.get_logger("organizations.idempotency")


def settle(held: Claim, answer: Answer) -> None:
    """Stores the answer, if the claim is still this request's own."""

    def store() -> None:
        count = held.row.update(
            claim_token=None,
            claimed_until=None,
            status=answer.status,
            answer=answer.text,
            kept_until=timezone.now() + KEPT,
        )
        if not count:
            log.warning("answer not stored: the claim had expired")

    twice(store)


def let_go(held: Claim, status: int) -> None:
    """After an answer that is no success: frees the key, or leaves it bound to its change."""
    is_refused = 400 <= status < 500 and status != 429

    def free() -> None:
        with transaction.atomic():
            (held.row if is_refused else held.row.filter(bound_to=None)).delete()
            held.row.update(claimed_until=timezone.now())

    twice(free)


def twice(write: Callable[[], None]) -> None:
    """Again on a new connection: the database may have been restarted while the request waited elsewhere."""
    for is_last in (False, True):
        try:
            write()
        except Error as failure:
            if is_last or connection.in_atomic_block:
                # Its class alone: its text may quote the answer.
                log.error("claim not settled", error=type(failure).__name__)
                return
            connection.close()
        else:
            return
