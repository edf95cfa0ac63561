"""Fetches a customer's picture: from a public address, without redirects, bounded in time and size."""

from functools import cache
from threading import Lock

from api.customer_urls import check_called_url, receiver_policy
from organizations.branding.refusals import LogoError
from outbound.addresses import AddressPolicy, AddressRefused
from outbound.failures import Failure, OutboundError
from outbound.session import Exchange, OutboundSession, build_session, exchange

SECONDS = 5.0
MAX_BYTES = 1024 * 1024
HOSTS, CONNECTIONS = 8, 2

making = Lock()
made = cache(build_session)

SLOW = f"The picture did not arrive within {SECONDS:.0f} seconds: give the URL of a faster server."
SENTENCES = {
    Failure.BLOCKED_ADDRESS: "The URL's address is not a public one: give a URL that everybody can open.",
    Failure.DNS_FAILED: "The URL's host name is not known: check it, or try again when its DNS is set up.",
    Failure.TLS_INVALID: "The certificate of the URL's server is not valid: have it renewed or corrected.",
    **dict.fromkeys(
        (Failure.DNS_TIMEOUT, Failure.CONNECT_TIMEOUT, Failure.READ_TIMEOUT, Failure.DEADLINE), SLOW
    ),
}
FAILED = "The picture could not be fetched from its server: check that the URL opens in a browser."


def fetched(url: str) -> bytes:
    """What the URL answers, 1 MiB at most, in 5 s at most. Raises LogoError."""
    answer = asked(url)
    if 300 <= answer.status < 400:
        text = "The URL redirects, and redirects are not followed: give the picture's final URL."
        raise LogoError(text, "not_fetched")
    if answer.status != 200:
        text = f"The URL's server answered {answer.status}: give a URL that answers with the picture itself."
        raise LogoError(text, "not_fetched")
    if answer.truncated:
        raise LogoError("The file is larger than 1 MiB: give a smaller one.", "not_fetched")
    return answer.body


def asked(url: str) -> Exchange:
    try:
        check_called_url(url)
        return exchange(
            session_for(receiver_policy(url)),
            "GET",
            url,
            seconds=SECONDS,
            headers={"Accept": "image/png, image/jpeg"},
            max_body=MAX_BYTES,
            retry_stale=True,
        )
    except AddressRefused as refused:
        sentence = refused.reason
    except OutboundError as failure:
        sentence = SENTENCES.get(failure.code, FAILED)
    raise LogoError(sentence, "not_fetched")


def session_for(policy: AddressPolicy) -> OutboundSession:
    """One a process and policy, made by one thread while others wait: each would read the certificates."""
    with making:
        return made(policy, pool_connections=HOSTS, pool_maxsize=CONNECTIONS)
