"""What went wrong in an exchange: a closed list of codes, out of what urllib3 and requests raise."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from enum import StrEnum

import requests
import urllib3.exceptions

from outbound.connections import HandshakeError, StaleConnectionError, WriteError
from outbound.dialer import DialError


class Failure(StrEnum):
    """Every code that an exchange can fail with."""

    DNS_FAILED = "dns_failed"
    DNS_TIMEOUT = "dns_timeout"
    BLOCKED_ADDRESS = "blocked_address"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS_INVALID = "tls_invalid"
    TLS_HANDSHAKE = "tls_handshake"
    WRITE_FAILED = "write_failed"
    READ_TIMEOUT = "read_timeout"
    DEADLINE = "deadline"
    RESET = "reset"
    BAD_RESPONSE = "bad_response"
    INTERNAL = "internal"


MESSAGES = {
    Failure.TLS_HANDSHAKE: "No TLS session could be made.",
    Failure.WRITE_FAILED: "The request could not be sent.",
    Failure.READ_TIMEOUT: "There was no answer in time.",
    Failure.DEADLINE: "The answer was not complete in time.",
    Failure.RESET: "The connection was closed before the answer was complete.",
    Failure.BAD_RESPONSE: "The answer is not valid HTTP.",
    Failure.INTERNAL: "The request could not be made.",
}

# Read from the top: what is raised inside stands above what wraps it. A ValueError is http.client's for a
# chunk size that is no number.
KINDS: tuple[tuple[tuple[type[BaseException], ...], Failure], ...] = (
    ((HandshakeError,), Failure.TLS_HANDSHAKE),
    ((WriteError, BrokenPipeError), Failure.WRITE_FAILED),
    ((urllib3.exceptions.ReadTimeoutError,), Failure.READ_TIMEOUT),
    ((ConnectionResetError, ConnectionAbortedError), Failure.RESET),
    ((urllib3.exceptions.LocationValueError,), Failure.INTERNAL),
    ((urllib3.exceptions.InvalidHeader, ValueError), Failure.BAD_RESPONSE),
    ((urllib3.exceptions.IncompleteRead, http.client.IncompleteRead, ssl.SSLError), Failure.RESET),
    ((http.client.HTTPException, urllib3.exceptions.ProtocolError), Failure.BAD_RESPONSE),
    ((urllib3.exceptions.HTTPError, OSError), Failure.RESET),
)


class OutboundError(Exception):
    """An exchange without a whole answer. `status` is set when the failure came after the status line.

    The message never holds the URL's query, a header or the body.
    """

    def __init__(self, code: str, message: str, duration_ms: int = 0, *, status: int | None = None) -> None:
        super().__init__(code, message, duration_ms)
        self.code = Failure(code)
        self.message = message
        self.duration_ms = duration_ms
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def classified(failure: BaseException, *, expired: bool) -> tuple[Failure, str]:
    """The code and the sentence for an exception of requests. `expired`: the deadline cut the connection."""
    chain = list(_chain(failure))
    for found in chain:
        if isinstance(found, DialError):
            return Failure(found.code), found.message
        if isinstance(found, ssl.SSLCertVerificationError):
            return Failure.TLS_INVALID, f"The certificate is not valid: {found.verify_message}."
    code = _kind(chain)
    if expired and code not in (Failure.TLS_HANDSHAKE, Failure.READ_TIMEOUT, Failure.WRITE_FAILED):
        code = Failure.DEADLINE
    return code, MESSAGES[code]


def is_stale(failure: BaseException) -> bool:
    return any(isinstance(found, StaleConnectionError) for found in _chain(failure))


def _kind(chain: list[BaseException]) -> Failure:
    for kinds, code in KINDS:
        if any(
            isinstance(found, kinds) and not isinstance(found, requests.RequestException) for found in chain
        ):
            return code
    return Failure.INTERNAL


def _chain(failure: BaseException) -> Iterator[BaseException]:
    """The exception and everything inside it: requests and urllib3 keep causes in three different places."""
    seen: set[int] = set()
    waiting: list[object] = [failure]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
