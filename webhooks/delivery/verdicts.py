"""What an outcome says of its endpoint, as opposed to its delivery: whose fault it was."""

from enum import Enum, auto

from outbound.failures import Failure
from webhooks.delivery.schedule import is_retried, is_success

TIMEOUTS = frozenset({Failure.CONNECT_TIMEOUT, Failure.READ_TIMEOUT, Failure.DEADLINE})
# Nobody knows that it was not our network: a name that is gone and a resolver that is down look the same.
OURS = frozenset({Failure.DNS_FAILED, Failure.DNS_TIMEOUT, Failure.INTERNAL, "unknown"})


class Verdict(Enum):
    SUCCESS = auto()
    # It is there and does not want this: 3xx and most of 4xx.
    ANSWER = auto()
    # Told by the endpoint or its TLS that it cannot now: 408, 425, 429, 5xx, a connection that broke.
    FAULT = auto()
    # The same, without a word: nobody listens, or nobody answers in time.
    UNREACHABLE = auto()
    REFUSED = auto()
    OURS = auto()

    @property
    def is_fault(self) -> bool:
        """What opens a breaker."""
        return self in {Verdict.FAULT, Verdict.UNREACHABLE}


def verdict_of(status: int | None, error: str | None) -> Verdict:
    if is_success(status):
        return Verdict.SUCCESS
    if status is not None:
        return Verdict.FAULT if is_retried(status, error) else Verdict.ANSWER
    if error in OURS:
        return Verdict.OURS
    if error == Failure.BLOCKED_ADDRESS:
        return Verdict.REFUSED
    unreachable = error in TIMEOUTS or error == Failure.CONNECT_REFUSED
    return Verdict.UNREACHABLE if unreachable else Verdict.FAULT


def is_timeout(status: int | None, error: str | None) -> bool:
    """Whether the attempt took all the time that it was given. A 2xx whose body never ended did too."""
    return error in TIMEOUTS
