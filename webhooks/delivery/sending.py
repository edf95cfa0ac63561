"""One attempt over HTTP. Touches no database: threads run it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from threading import Lock

from django.conf import settings

from api.customer_urls import receiver_policy
from outbound.addresses import AddressPolicy
from outbound.session import OutboundError, OutboundSession, build_session, exchange
from vault.ciphers import decrypt
from webhooks.delivery.claiming import Claimed
from webhooks.delivery.schedule import is_success, retry_after_of
from webhooks.signing import attempt_headers

EXCERPT = 1024
# Connections are kept for so many hosts, and for each as many as there are threads: customers share hosts.
HOSTS, CONNECTIONS = 256, 32


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt. `body`: the first KiB, cleaned; `retry_after`: seconds, 0 for none."""

    claimed: Claimed
    at: datetime
    duration_ms: int
    status: int | None = None
    body: str = ""
    error: str | None = None
    retry_after: float = 0.0

    @property
    def ended_at(self) -> datetime:
        return self.at + timedelta(milliseconds=self.duration_ms)


# Secrets that this process signed with of late: opening one each time would be a tenth of an attempt's cost.
opened = lru_cache(maxsize=1024)(decrypt)
making = Lock()
made = cache(partial(build_session, pool_connections=HOSTS, pool_maxsize=CONNECTIONS))


def session_for(policy: AddressPolicy) -> OutboundSession:
    """One session a process and policy: a new one for each request would cost twice the CPU.

    Made by one thread while the others wait: each would read the certificates, for two seconds in all.
    """
    with making:
        return made(policy)


def send(claimed: Claimed, *, at: datetime) -> Outcome:
    """Makes the attempt, in 10 s at most. Raises UndecipherableError when its secret cannot be read."""
    headers = attempt_headers(
        event_id=claimed.event_id,
        event_name=claimed.event_name,
        body=claimed.body,
        signing=[opened(sealed) for sealed in claimed.sealed],
        attempt=claimed.attempt,
        at=at,
    )
    try:
        answer = exchange(
            session_for(receiver_policy(claimed.url)),
            "POST",
            claimed.url,
            seconds=settings.DELIVERY_SECONDS,
            headers=headers,
            data=claimed.body,
            max_body=EXCERPT,
            retry_stale=True,
        )
    except OutboundError as failure:
        return Outcome(claimed, at, failure.duration_ms, status=failure.status, error=str(failure.code))
    return Outcome(
        claimed,
        at,
        answer.duration_ms,
        status=answer.status,
        body=excerpt(answer.body),
        error=named(answer.status),
        retry_after=retry_after_of(answer.headers.get("retry-after"), at),
    )


def named(status: int) -> str | None:
    """The error code of a whole answer."""
    if is_success(status):
        return None
    return "redirect" if 300 <= status < 400 else "http_status"


def excerpt(body: bytes) -> str:
    """Text that any database can keep."""
    return body.decode(errors="replace").replace("\x00", "")
