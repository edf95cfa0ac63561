"""The log's line of an attempt."""

from urllib.parse import urlsplit

import structlog

from webhooks.delivery.claiming import Claimed
from webhooks.delivery.schedule import is_success
from webhooks.delivery.sending import Outcome

log = structlog.get_logger("webhooks.delivery")


def write_line(outcome: Outcome, state: str) -> None:
    """`state`: what the delivery is now. Some services have their secret in the path: the host is shown."""
    claimed, parts = outcome.claimed, urlsplit(outcome.claimed.url)
    # Each success is a row of its own already; a log of them all would be a tenth of the engine's work.
    write = log.debug if is_success(outcome.status) else log.info
    write(
        "attempt",
        **whose(claimed),
        delivery_id=str(claimed.delivery_id),
        event_id=claimed.event_id,
        webhook_id=str(claimed.webhook_id),
        host=parts.netloc.rpartition("@")[2],
        attempt=claimed.attempt,
        status=outcome.status,
        error=outcome.error,
        ms=outcome.duration_ms,
        state=state,
    )


def whose(claimed: Claimed) -> dict[str, str]:
    """The request that the attempt belongs to, in place of the one that rang for this batch."""
    return {"request_id": claimed.request_id} if claimed.request_id else {}
