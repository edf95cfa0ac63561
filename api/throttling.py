"""Rate limits: one counter per key and minute, in Redis, or in the process where there is none.

A Redis that is away lets requests through: a limit is not worth an outage.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger("api.throttling")
PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# After a failure Redis is left alone for so long, in seconds, or each request would wait for it.
PAUSE = 2.0


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    limit: int
    seconds: int


@dataclass(frozen=True)
class Spent:
    """Where a caller stands: allowed or not, how many are left, seconds until the window ends."""

    rate: Rate
    count: int
    reset: int

    @property
    def is_over(self) -> bool:
        return self.count > self.rate.limit

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.rate.limit),
            "RateLimit-Remaining": str(max(0, self.rate.limit - self.count)),
            "RateLimit-Reset": str(self.reset),
        }


@cache
def parsed_rate(text: str) -> Rate:
    """`600/minute` as a Rate."""
    number, _, period = text.partition("/")
    return Rate(int(number), PERIODS[period])


class LocalCounter:
    """Counts in this process; forgets windows that are over."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[float, int]] = {}
        self.lock = threading.Lock()

    def add(self, key: str, seconds: int) -> int:
        now = time.monotonic()
        with self.lock:
            if len(self.counts) > 10_000:
                self.counts = {k: (end, n) for k, (end, n) in self.counts.items() if end > now}
            end, count = self.counts.get(key, (now + seconds, 0))
            self.counts[key] = (end, count + 1)
            return count + 1


class RedisCounter:
    """Counts in Redis, one round trip; raises redis.RedisError within half a second."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(
            url,
            socket_timeout=settings.REDIS_TIMEOUT,
            socket_connect_timeout=settings.REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        self.paused_until = 0.0

    def add(self, key: str, seconds: int) -> int:
        if time.monotonic() < self.paused_until:
            return 0
        try:
            with self.client.pipeline(transaction=False) as pipe:
                pipe.incr(f"gangway:rate:{key}")
                pipe.expire(f"gangway:rate:{key}", seconds + 1)
                count, _ = pipe.execute()
        except redis.RedisError as failure:
            self.paused_until = time.monotonic() + PAUSE
            log.warning("limits are off: Redis does not answer", error=type(failure).__name__)
            return 0
        return int(count)


@cache
def counter() -> LocalCounter | RedisCounter:
    return RedisCounter(settings.REDIS_URL) if settings.REDIS_URL else LocalCounter()


def spend(who: str, rate: Rate, clock: Callable[[], float] = time.time) -> Spent:
    """Counts one request of `who` in the current window."""
    window, into = divmod(int(clock()), rate.seconds)
    return Spent(rate, counter().add(f"{who}:{window}", rate.seconds), rate.seconds - into)
