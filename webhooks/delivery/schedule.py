"""What an answer means, and when the next attempt is: the table of the documentation, without a database."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import SystemRandom

from django.conf import settings

from outbound.failures import Failure

GONE = 410
# Statuses under 500 that a later attempt may find changed: timeout, too early, too many requests.
RETRIED = frozenset({408, 425, 429})
FINAL_FAILURES = frozenset({Failure.BLOCKED_ADDRESS})
LONGEST_RETRY_AFTER = 3600.0
# A herd that failed together does not come back together: up to this part of a delay is added to it.
SPREAD = 0.2

Jitter = Callable[[float, float], float]
uniform: Jitter = SystemRandom().uniform


def is_success(status: int | None) -> bool:
    """Any 2xx. The status decides, even when the body after it never ended."""
    return status is not None and 200 <= status < 300


def is_retried(status: int | None, error: str | None) -> bool:
    """Whether a failed attempt may be followed by another."""
    if status is None:
        return error not in FINAL_FAILURES
    return status in RETRIED or status >= 500


def max_attempts() -> int:
    return len(settings.DELIVERY_BACKOFF_SECONDS) + 1


def delay_after(attempt: int, *, retry_after: float, jitter: Jitter = uniform) -> timedelta:
    """The pause after failed attempt `attempt`, from 1: the published delay is a floor.

    `retry_after`, in seconds, can only lengthen it.
    """
    floor = settings.DELIVERY_BACKOFF_SECONDS[attempt - 1]
    return timedelta(seconds=max(floor, retry_after) + jitter(0, SPREAD * floor))


def retry_after_of(header: str | None, now: datetime) -> float:
    """Seconds that `Retry-After` asks for, one hour at most; 0 for none, the past and what is neither."""
    given = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,18}", given):
        return min(float(given), LONGEST_RETRY_AFTER)
    try:
        asked = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    moment = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
