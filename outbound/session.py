"""One exchange over HTTP: bounded in time and size, and failing with a code of a closed list."""

from __future__ import annotations

import http.client
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
import requests
import requests.adapters
import requests.structures
import urllib3.exceptions

from outbound.addresses import AddressPolicy, AddressRefused, check_url
from outbound.connections import DialingPoolManager
from outbound.deadline import Deadline, deadline
from outbound.dialer import Dialer
from outbound.failures import Failure, OutboundError, classified, is_stale
from outbound.multipart import MultipartForm
from outbound.resolver import Resolver

__all__ = ["Exchange", "OutboundError", "OutboundSession", "build_session", "exchange"]

READ_SIZE = 16 * 1024
FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class Exchange:
    """An answer, whatever its status. `truncated`: the body went on after `max_body` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    duration_ms: int


class OutboundSession(requests.Session):
    """A session that follows nothing, keeps no cookie and reads nothing from its environment."""

    policy: AddressPolicy | None = None

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: requests would read the whole body of a redirect even where it may not follow it."""
        return None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Without what requests merges besides, since nothing else is ever set in a session of ours."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(request.method)
        if request.params:
            prepared.prepare_url(request.url, request.params)
        else:
            prepared.url = _prepared_url(request.url)
        prepared.prepare_headers({**self.headers, **request.headers})
        prepared.prepare_body(request.data, None, request.json)
        return prepared


@lru_cache(maxsize=4096)
def _prepared_url(url: str) -> str | None:
    """As requests writes it. Remembered: an endpoint is called at the same one each time."""
    return requests.Request("POST", url).prepare().url


class _Adapter(requests.adapters.HTTPAdapter):
    def __init__(self, dialer: Dialer, context: ssl.SSLContext, connections: int, maxsize: int) -> None:
        self._dialer = dialer
        self._context = context
        super().__init__(pool_connections=connections, pool_maxsize=maxsize)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = DialingPoolManager(
            self._dialer,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            ssl_context=self._context,
            **options,
        )

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The context has the authorities already; requests would load its file for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def build_session(
    policy: AddressPolicy | None,
    pool_connections: int = 64,
    pool_maxsize: int = 8,
    *,
    resolver: Resolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> OutboundSession:
    """A session for one process, shared by its threads. `policy` None: no address rules, for Meta.

    Connections are kept for `pool_connections` hosts, `pool_maxsize` each; more are made when more are
    needed and closed after use.
    """
    session = OutboundSession()
    session.policy = policy
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": "Gangway", "Accept": "*/*", "Accept-Encoding": "identity"}
    )
    adapter = _Adapter(
        Dialer(policy, resolver), ssl_context or _verifying_context(), pool_connections, pool_maxsize
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def exchange(
    session: OutboundSession,
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    data: bytes | Mapping[str, str] | MultipartForm | None = None,
    json: Any = None,
    params: Mapping[str, str] | None = None,
    max_body: int = 65536,
    retry_stale: bool = False,
    longest: float | None = None,
) -> Exchange:
    """Sends one request and reads the answer, all within `seconds`. Raises OutboundError.

    A MultipartForm renews its time while it moves, to `longest` seconds in all; its content type is the
    caller's to name in `headers`.
    `retry_stale`: send again, once and at once, when the peer had closed the kept-alive connection before
    it answered a byte. Only for requests that may arrive twice.
    """
    request = requests.Request(method, url, headers=headers, data=data, json=json, params=params)
    with deadline(seconds, longest) as ends:
        outcome = _attempt(session, request, max_body, ends)
        if isinstance(outcome, _StaleError) and retry_stale and not ends.expired:
            # urllib3 opens a new connection now: a discarded one leaves its place at the top of the pool.
            outcome = _attempt(session, request, max_body, ends)
    if isinstance(outcome, OutboundError):
        raise outcome
    return outcome


class _StaleError(OutboundError):
    """A reset that only says that a kept-alive connection had ended before."""


def _attempt(
    session: OutboundSession, request: requests.Request, max_body: int, ends: Deadline
) -> Exchange | OutboundError:
    """The failure is returned to be raised outside of the handler: as its context an exception of requests
    would go along, which holds the headers and whose text is the URL with its query."""
    status: int | None = None
    try:
        # Before it is prepared: what cannot be prepared is an address that must not be called.
        if session.policy is not None:
            check_url(request.url, session.policy)
        prepared = session.prepare_request(request)
    except AddressRefused as refused:
        return OutboundError(Failure.BLOCKED_ADDRESS, refused.reason, ends.elapsed_ms())
    except (requests.RequestException, ValueError):
        return OutboundError(Failure.INTERNAL, "The request could not be made.", ends.elapsed_ms())
    try:
        response = session.send(prepared, timeout=ends.remaining(), stream=True, allow_redirects=False)
        status = response.status_code
        with response:
            body, truncated = _read(response, max_body)
        if ends.expired:
            raise TimeoutError  # the end that was read may be the one that the watchdog made
    except AddressRefused as refused:
        return OutboundError(Failure.BLOCKED_ADDRESS, refused.reason, ends.elapsed_ms())
    except FAILURES as failure:
        code, message = classified(failure, expired=ends.expired)
        kind = _StaleError if is_stale(failure) else OutboundError
        return kind(code, message, ends.elapsed_ms(), status=status)
    return Exchange(status, response.headers, body, truncated, ends.elapsed_ms())


def _read(response: requests.Response, max_body: int) -> tuple[bytes, bool]:
    """The body as it came, not decompressed, up to `max_body` bytes, and whether it went on."""
    body = bytearray()
    while len(body) <= max_body:
        piece = response.raw.read1(READ_SIZE, decode_content=False)
        if not piece:
            return bytes(body), False
        body += piece
    return bytes(body[:max_body]), True


def _verifying_context() -> ssl.SSLContext:
    """TLS 1.2 and newer; the authorities of the system (SSL_CERT_FILE adds to them) and of certifi."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    return context


class _WithoutQuery(logging.Filter):
    """urllib3 writes whole URLs to its log, where a query may hold an app secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                argument.split("?", 1)[0] if isinstance(argument, str) else argument
                for argument in record.args
            )
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(_WithoutQuery())
