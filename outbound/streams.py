"""One answer read piece by piece: bounded in size, and in time by how it moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from outbound.deadline import Deadline, started, under
from outbound.failures import Failure, OutboundError, classified
from outbound.session import FAILURES, OutboundSession

PIECE = 64 * 1024


@dataclass(frozen=True)
class Stream:
    """An answer, whatever its status. `pieces` may be read once, inside the block of `stream`.

    `length` is what the answer says of itself, in bytes, or None. Reading raises OutboundError: for a body
    that breaks off or stands still, and `bad_response` for one longer than was allowed.
    """

    status: int
    headers: Mapping[str, str]
    length: int | None
    pieces: Iterator[bytes]


@contextmanager
def stream(
    session: OutboundSession,
    url: str,
    *,
    headers: Mapping[str, str],
    seconds: float,
    longest: float,
    max_bytes: int,
) -> Iterator[Stream]:
    """GETs the URL; the answer's head and then each piece of it must come within `seconds`.

    How long the reader takes between two pieces does not count, but for `longest`, the seconds for it all.
    May be left in another thread than it was opened in. Raises OutboundError. For URLs of a known host only:
    no address rules are asked.
    """
    ends = started(seconds, longest)
    try:
        response = _opened(session, url, headers, ends)
        ends.rest()
        with response:
            declared = response.headers.get("content-length", "")
            yield Stream(
                status=response.status_code,
                headers=response.headers,
                length=int(declared) if declared.isascii() and declared.isdigit() else None,
                pieces=_pieces(response, ends, seconds, max_bytes),
            )
    finally:
        ends.release()


def _opened(
    session: OutboundSession, url: str, headers: Mapping[str, str], ends: Deadline
) -> requests.Response:
    """The failure is raised outside of the handler, whose context would hold the URL and the token."""
    outcome: requests.Response | OutboundError
    try:
        prepared = session.prepare_request(requests.Request("GET", url, headers=headers))
        with under(ends):
            outcome = session.send(prepared, timeout=ends.remaining(), stream=True, allow_redirects=False)
    except FAILURES as failure:
        code, message = classified(failure, expired=ends.expired)
        outcome = OutboundError(code, message, ends.elapsed_ms())
    if isinstance(outcome, OutboundError):
        raise outcome
    return outcome


def _pieces(response: requests.Response, ends: Deadline, seconds: float, max_bytes: int) -> Iterator[bytes]:
    count = 0
    while piece := _piece(response, ends, seconds):
        count += len(piece)
        if count > max_bytes:
            raise OutboundError(Failure.BAD_RESPONSE, "The answer is too long.", ends.elapsed_ms())
        ends.rest()
        yield piece
    ends.release()  # by now the connection may be somebody else's


def _piece(response: requests.Response, ends: Deadline, seconds: float) -> bytes:
    """A full piece, or what is left: a peer that drips bytes does not pass for one that moves."""
    ends.renew(seconds)
    try:
        piece: bytes = response.raw.read(PIECE, decode_content=False)
        if ends.expired:
            raise TimeoutError
    except FAILURES as failure:
        code, message = classified(failure, expired=ends.expired)
        error = OutboundError(code, message, ends.elapsed_ms(), status=response.status_code)
    else:
        return piece
    raise error
