"""PUBLIC_BASE_URL: what Meta and end-users reach, seen from this machine."""

from __future__ import annotations

import hmac
import secrets
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import certifi
from django.conf import settings
from django.utils import timezone

from backoffice.doctor.findings import Finding, failed, not_checked, ok, unanswered, unset, warning
from outbound.addresses import AddressPolicy, AddressRefused, check_url
from outbound.session import Exchange, OutboundError, build_session, exchange

SECONDS = 10.0
CERTIFICATE_WARNING = timedelta(days=14)
HTTPS_REMEDY = (
    "Meta opens the page and calls us at https and a public domain name only: put that into PUBLIC_BASE_URL."
)
PROXY_REMEDY = (
    "Look at DNS, the proxy and ALLOWED_HOSTS. Where this machine cannot reach its own public address"
    " although others can, try from outside."
)


def get(
    url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Exchange:
    """Without address rules: the addresses are the operator's own. Raises OutboundError."""
    with build_session(None, pool_connections=1, pool_maxsize=1) as session:
        return exchange(session, "GET", url, seconds=SECONDS, params=params, headers=headers)


def public_url() -> Finding:
    """HTTPS, and a domain name that means a public address."""
    url = settings.PUBLIC_BASE_URL
    if settings.SANDBOX:
        return not_checked(f"{url}: the sandbox takes any address. Meta takes https and a public domain.")
    try:
        check_url(url, AddressPolicy())
    except AddressRefused as refusal:
        return failed(f"{url}: {refusal.reason}", HTTPS_REMEDY)
    try:
        check_url(url, AddressPolicy(), resolve=True)
    except AddressRefused:
        return warning(
            f"{url}: its name means a private address on this machine",
            "Make sure that the name means a public address everywhere else.",
        )
    return ok(url)


def public_url_answers() -> Finding:
    """Whether it is this product that answers there: it gives the request id back that it was given."""
    url, question = f"{settings.PUBLIC_BASE_URL}/v1/phones", f"doctor-{secrets.token_hex(8)}"
    try:
        answer = get(url, headers={"X-Request-Id": question})
    except OutboundError as failure:
        return unanswered(settings.PUBLIC_BASE_URL, failure, PROXY_REMEDY)
    if 300 <= answer.status < 400:
        where = answer.headers.get("location", "").partition("?")[0]
        return failed(
            f"{settings.PUBLIC_BASE_URL} sends to {where}",
            "Set PUBLIC_BASE_URL to the final address. Behind a proxy set TRUSTED_PROXY_COUNT too, and"
            " have it send X-Forwarded-Proto.",
        )
    if question not in (answer.headers.get("x-request-id"), in_body(answer)):
        return failed(
            f"{settings.PUBLIC_BASE_URL} answers {answer.status}, and it is not this product", PROXY_REMEDY
        )
    return ok(f"answers in {answer.duration_ms} ms")


def in_body(answer: Exchange) -> str:
    """The request id of an error body, for proxies that drop headers they do not know."""
    return answer.body.decode("utf-8", "replace").partition('"requestId":"')[2].partition('"')[0]


def certificate() -> Finding:
    """The server's certificate as a browser would judge it, and when it ends."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    if parts.scheme != "https":
        return not_checked("PUBLIC_BASE_URL is not https: skipped")
    host, remedy = str(parts.hostname), "Renew it, and send the whole chain."
    try:
        ends = certificate_end(host, parts.port or 443)
    except ssl.SSLCertVerificationError as wrong:
        return failed(f"the certificate of {host} is not valid: {wrong.verify_message}", remedy)
    except OSError as failure:
        return failed(f"no TLS session with {host}: {type(failure).__name__}", PROXY_REMEDY)
    words = f"valid until {ends:%Y-%m-%d}"
    return ok(words) if ends - timezone.now() > CERTIFICATE_WARNING else warning(words, remedy)


def certificate_end(host: str, port: int) -> datetime:
    """Raises OSError, of which ssl.SSLCertVerificationError is one."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    with (
        socket.create_connection((host, port), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=host) as session,
    ):
        described = session.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(described["notAfter"])), UTC)


def callback_handshake() -> Finding:
    """What Meta does when the callback is saved: the challenge for the right token, nothing for another.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
    """
    if unset("META_WEBHOOK_VERIFY_TOKEN"):
        return failed(
            "META_WEBHOOK_VERIFY_TOKEN is not set: Meta cannot verify our callback",
            "Set it to a random text, and enter the same text beside the callback URL in the App Dashboard.",
        )
    url = f"{settings.PUBLIC_BASE_URL}/webhook/meta"
    try:
        right, challenge = asked(url, settings.META_WEBHOOK_VERIFY_TOKEN)
        wrong, kept = asked(url, secrets.token_hex(16))
    except OutboundError as failure:
        return unanswered(url, failure, PROXY_REMEDY)
    if right.status != 200 or not hmac.compare_digest(right.body, challenge.encode()):
        return failed(
            f"{url} answers {right.status} to the right token, without the challenge alone",
            "The web processes may run with another META_WEBHOOK_VERIFY_TOKEN: restart them. Else a proxy"
            " answers for them.",
        )
    if wrong.status < 400 or kept.encode() in wrong.body:
        return failed(
            f"{url} answers {wrong.status} to a wrong token", "A proxy answers for us: see its log."
        )
    return ok(f"{url} gives the challenge back, and refuses a wrong token")


def asked(url: str, token: str) -> tuple[Exchange, str]:
    """The answer and the challenge. Raises OutboundError."""
    challenge = str(secrets.randbelow(10**9) + 10**9)
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
    return get(url, params=query), challenge
