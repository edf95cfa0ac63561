"""The one door to Graph: version, deadline, token in the header, proof, failures as GraphError."""

from __future__ import annotations

import hashlib
import hmac
import json as jsons
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from meta_graph import limits, metrics
from meta_graph.answers import reading, rows
from meta_graph.bodies import Body, RawBody
from meta_graph.errors import Broken, GraphError
from meta_graph.observing import CallMade, tell
from meta_graph.shown import secrets_in
from outbound.multipart import MultipartForm
from outbound.session import Exchange, OutboundError, OutboundSession, build_session, exchange

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("meta_graph")

MAX_ANSWER = 4 * 1024 * 1024
PAGE_SIZE, MAX_PAGES = 100, 500
UPLOAD_SECONDS = 600.0
TIMED_OUT = frozenset({"dns_timeout", "connect_timeout", "read_timeout", "deadline"})
NOT_SENT = frozenset(
    {"dns_failed", "dns_timeout", "connect_refused", "connect_timeout", "tls_invalid", "tls_handshake"}
)


class TokenKind(StrEnum):
    """Whose token it is: one customer's, our system user's, our app's."""

    BIZ = "BIZ"
    SYS = "SYS"
    APP = "APP"


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    kind: TokenKind


def business_token(value: str) -> Token:
    return Token(value, TokenKind.BIZ)


def system_token() -> Token:
    return Token(settings.META_SYSTEM_USER_TOKEN, TokenKind.SYS)


def app_token() -> Token:
    return Token(f"{settings.META_APP_ID}|{settings.META_APP_SECRET}", TokenKind.APP)


def node(*segments: str) -> str:
    """A path of ids and edge names. Raises ValueError for an id that could name another path."""
    for segment in segments:
        if not re.fullmatch(r"[A-Za-z0-9_]{1,128}", segment, re.ASCII):
            raise ValueError("not an id of Meta's")
    return "/".join(segments)


def call(
    name: str,
    method: str,
    path: str,
    *,
    token: Token | None,
    params: Mapping[str, str] | None = None,
    json: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    upload: MultipartForm | None = None,
    raw: RawBody | None = None,
) -> dict[str, Any]:
    """One call of Graph; the answer as a JSON object. Raises GraphError, whatever went wrong; never retries.

    `name` is the calling function's: the table of errors and the log know the call by it. The deadline
    (META_REQUEST_TIMEOUT) is for everything from the name lookup to the last byte; an upload renews it while
    it moves, up to UPLOAD_SECONDS. The body is `json`, `form`, `upload` or `raw`; the token's proof goes with
    a form, else with the query.
    https://developers.facebook.com/docs/graph-api/overview
    https://developers.facebook.com/docs/graph-api/securing-requests (appsecret_proof)
    """
    started, began_at = time.monotonic(), timezone.now()
    proof = _proof(token)
    query = dict(params or {}) if form is not None else {**(params or {}), **proof}
    body = Body(json=json, form=None if form is None else {**form, **proof}, upload=upload, raw=raw)
    secrets = _secrets(token, query, json or {}, form or {}, proof)
    asked = _Asked(name, method, path, token, query, body, secrets, began_at, started)
    exchanged = None
    try:
        exchanged = _exchange(name, method, path, token, query, body)
        answer = _answer(name, exchanged, token, secrets)
    except GraphError as error:
        _tell(asked, exchanged, error)
        raise
    _tell(asked, exchanged, None)
    return answer


@dataclass(frozen=True)
class _Asked:
    """A call before its answer. `started` is of time.monotonic()."""

    name: str
    method: str
    path: str = field(repr=False)
    token: Token | None
    params: Mapping[str, str] = field(repr=False)
    body: Body
    secrets: tuple[str, ...] = field(repr=False)
    began_at: datetime
    started: float


def _tell(asked: _Asked, exchanged: Exchange | None, error: GraphError | None) -> None:
    """The log, and whoever looks on."""
    status = exchanged.status if exchanged else None
    trace_id = error.fbtrace_id if error else (exchanged.headers.get("x-fb-trace-id") if exchanged else None)
    note_call(asked.name, status, error, asked.started, trace_id=trace_id)
    tell(
        CallMade(
            name=asked.name,
            method=asked.method,
            kind=asked.token.kind if asked.token else "",
            began_at=asked.began_at,
            ms=round((time.monotonic() - asked.started) * 1000),
            http_status=status,
            trace_id=trace_id or "",
            error=error,
            path=asked.path,
            params=asked.params,
            body=asked.body,
            answered=exchanged.body if exchanged else b"",
            secrets=asked.secrets,
        )
    )


def pages(
    name: str, path: str, *, token: Token, params: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of an edge, page after page, by the cursor: the URL in `paging.next` holds the token.

    Raises GraphError rather than leave out what more than MAX_PAGES would bring.
    https://developers.facebook.com/docs/graph-api/results
    """
    query = {"limit": str(PAGE_SIZE), **(params or {})}
    for _ in range(MAX_PAGES):
        answer = call(name, "GET", path, token=token, params=query)
        with reading(name):
            found = rows(answer)
            paging = answer.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after") if paging.get("next") else None
        yield from found
        if not after:
            return
        query["after"] = str(after)
    raise GraphError(call=name, kind=token.kind, broken=Broken.MALFORMED, message="the list does not end")


def _exchange(
    name: str,
    method: str,
    path: str,
    token: Token | None,
    params: Mapping[str, str],
    body: Body,
) -> Exchange:
    url = f"{settings.META_GRAPH_URL.rstrip('/')}/{settings.META_GRAPH_VERSION}/{path}"
    headers = {"Authorization": f"Bearer {token.value}"} if token else {}
    if body.upload is not None:
        headers["Content-Type"] = body.upload.content_type
    if body.raw is not None:
        headers |= body.raw.headers(token.value if token else None)
    try:
        return exchange(
            session(),
            method,
            url,
            seconds=float(settings.META_REQUEST_TIMEOUT),
            longest=UPLOAD_SECONDS if body.upload is not None else None,
            headers=headers,
            params=params,
            json=body.json,
            data=body.data,
            max_body=MAX_ANSWER,
            retry_stale=method == "GET" and token is not None,
        )
    except OutboundError as failure:
        raise unanswered(name, token, failure) from None


def unanswered(name: str, token: Token | None, failure: OutboundError) -> GraphError:
    """The failure of a call to which there is no whole answer."""
    return GraphError(
        call=name,
        kind=token.kind if token else "",
        broken=Broken.TIMEOUT if failure.code in TIMED_OUT else Broken.UNREACHABLE,
        message=f"{failure.code}: {failure.message}",
        was_sent=failure.code not in NOT_SENT,
    )


def _answer(name: str, exchanged: Exchange, token: Token | None, secrets: tuple[str, ...]) -> dict[str, Any]:
    """The answer's object, or its error raised."""
    kind = token.kind if token else ""
    limits.note(name, exchanged.headers)
    try:
        document = jsons.loads(exchanged.body)
    except ValueError:
        document = None
    failed = document.get("error") if isinstance(document, dict) else None
    if isinstance(failed, dict):
        raise _graph_error(name, kind, exchanged, failed, secrets)
    if exchanged.status == 200 and isinstance(document, dict):
        return document
    raise GraphError(
        call=name,
        kind=kind,
        http_status=exchanged.status,
        fbtrace_id=exchanged.headers.get("x-fb-trace-id", ""),
        retry_after=limits.wait_seconds(exchanged.headers),
        broken=Broken.MALFORMED if exchanged.status < 500 else None,
        message="not a JSON object" if not exchanged.truncated else "the answer is too long",
    )


def _graph_error(
    name: str, kind: str, exchanged: Exchange, failed: Mapping[str, Any], secrets: tuple[str, ...]
) -> GraphError:
    data = failed.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    return GraphError(
        call=name,
        kind=kind,
        code=_number(failed.get("code")),
        subcode=_number(failed.get("error_subcode")),
        message=_without(secrets, failed.get("message")),
        details=_without(secrets, details or failed.get("error_user_msg")),
        fbtrace_id=str(failed.get("fbtrace_id") or exchanged.headers.get("x-fb-trace-id", "")),
        http_status=exchanged.status,
        is_transient=failed.get("is_transient") is True,
        retry_after=limits.wait_seconds(exchanged.headers),
    )


def _number(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _without(secrets: tuple[str, ...], text: object) -> str:
    """Meta quotes what it refuses ("Malformed access token EAA..."): the text without it."""
    shown = str(text) if text else ""
    for secret in secrets:
        shown = shown.replace(secret, "[...]")
    return re.sub(r"\bEAA[A-Za-z0-9]{8,}", "[...]", shown)[:1000]


def _secrets(token: Token | None, *sources: Mapping[str, Any]) -> tuple[str, ...]:
    values = [value for source in sources for value in secrets_in(source)]
    values += [settings.META_APP_SECRET, *([token.value] if token else [])]
    return tuple(sorted((value for value in values if len(value) >= 4), key=len, reverse=True))


def _proof(token: Token | None) -> dict[str, str]:
    if token is None or token.kind is TokenKind.APP:
        return {}
    key = settings.META_APP_SECRET.encode()
    return {"appsecret_proof": hmac.new(key, token.value.encode(), hashlib.sha256).hexdigest()}


def note_call(
    name: str, status: int | None, error: GraphError | None, started: float, *, trace_id: str | None = None
) -> None:
    """The one line that the log has of each call, and what is counted; `started` is of time.monotonic()."""
    seconds = time.monotonic() - started
    outcome = metrics.OK if error is None else str(error.cause).lower()
    metrics.note(name, outcome, seconds)
    (logger.info if error is None else logger.warning)(
        "graph_call",
        call=name,
        outcome=outcome,
        status=status,
        broken=error.broken if error else None,
        code=error.code if error else None,
        subcode=error.subcode if error else None,
        fbtrace_id=(error.fbtrace_id if error else trace_id) or None,
        ms=round(seconds * 1000),
    )


@cache
def session() -> OutboundSession:
    """One for the process: its pools are shared by the threads, and a fork starts with none."""
    return build_session(None, pool_connections=4, pool_maxsize=32)


os.register_at_fork(after_in_child=session.cache_clear)
