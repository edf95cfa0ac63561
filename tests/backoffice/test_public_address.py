"""PUBLIC_BASE_URL and the callback: real servers on loopback, ours and others."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509

from backoffice.doctor import public_address
from backoffice.doctor.findings import Status
from outbound import addresses
from outbound.resolver import Resolver
from tests.backoffice.conftest import look
from tests.outbound.peers import OK, Peer, answering, over_tls, peer, server_context, silent

TOKEN = "sandbox-verify-token"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwelcome!\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def ours(live_server: Any, settings: Any) -> None:
    """The product answers at PUBLIC_BASE_URL."""
    settings.PUBLIC_BASE_URL = live_server.url


def at(settings: Any, serving: Peer) -> None:
    settings.PUBLIC_BASE_URL = f"http://127.0.0.1:{serving.port}"


# ---- the address ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://connect.example.com", "must start with https"),
        ("https://198.51.100.7", "not an IP address"),
        ("https://localhost", "a local one"),
        ("https://gangway.internal", "a local one"),
        ("https://gangway", "a local one"),
    ],
)
def test_an_address_that_meta_cannot_use_is_found(settings, url, words):
    settings.SANDBOX, settings.PUBLIC_BASE_URL = False, url

    finding = look("public_url")

    assert finding.status is Status.FAILED
    assert words in finding.message


@pytest.mark.parametrize(("address", "status"), [("93.184.215.14", Status.OK), ("10.0.0.5", Status.WARNING)])
def test_a_name_should_mean_a_public_address(settings, monkeypatch, address, status):
    settings.SANDBOX, settings.PUBLIC_BASE_URL = False, "https://connect.example.com"
    monkeypatch.setattr(addresses, "process_resolver", lambda: Resolver(lambda host: (address,)))

    assert look("public_url").status is status


def test_for_the_sandbox_any_address_will_do(settings):
    assert look("public_url").status is Status.NOT_CHECKED


# ---- who answers there ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_our_own_server_is_known_by_the_request_id(ours):
    assert look("public_url_answers").status is Status.OK


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (answering(PAGE), "answers 200, and it is not this product"),
        (
            answering(b"HTTP/1.1 301 Moved\r\nLocation: https://www.example.com/v1/phones?a=b\r\n\r\n"),
            "sends to https://www.example.com/v1/phones",
        ),
        (answering(b"not http\r\n\r\n"), "did not answer: bad_response"),
        (silent, "did not answer: read_timeout"),
    ],
)
def test_another_server_at_our_address_is_found(settings, monkeypatch, behave, words):
    monkeypatch.setattr(public_address, "SECONDS", 0.5)
    with peer(behave) as serving:
        at(settings, serving)
        finding = look("public_url_answers")

    assert finding.status is Status.FAILED
    assert finding.message.endswith(words) or words in finding.message


def test_a_proxy_that_drops_headers_does_not_hide_us(settings):
    def behave(serving: Peer, sock: Any) -> None:
        asked = serving.read_request(sock).partition(b"X-Request-Id: ")[2].partition(b"\r\n")[0]
        body = b'{"error":{"code":"UNAUTHORIZED","requestId":"' + asked + b'"}}'
        sock.sendall(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with peer(behave) as serving:
        at(settings, serving)

        assert look("public_url_answers").status is Status.OK


def test_where_nobody_listens_it_says_so(settings):
    with peer(silent) as serving:
        at(settings, serving)

    assert "connect_refused" in look("public_url_answers").message


# ---- the certificate --------------------------------------------------------------------------------------


def serving_tls(folder: Path, name: str) -> Callable[[Peer, Any], None]:
    return over_tls(server_context(folder, name), answering(OK))


def end_of(folder: Path) -> Any:
    made = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
    return made.not_valid_after_utc


@pytest.mark.parametrize(("days", "status"), [(15, Status.OK), (13, Status.WARNING)])
def test_a_certificate_is_warned_of_two_weeks_before_its_end(settings, monkeypatch, tmp_path, days, status):
    behave = serving_tls(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with peer(behave) as serving:
        settings.PUBLIC_BASE_URL = f"https://localhost:{serving.port}"
        # OpenSSL keeps to the machine's own clock.
        with time_machine.travel(end_of(tmp_path) - timedelta(days=days), tick=False):
            finding = look("certificate")

    assert finding.status is status
    assert finding.message == f"valid until {end_of(tmp_path):%Y-%m-%d}"


def test_a_certificate_of_nobody_known_is_found(settings, tmp_path):
    with peer(serving_tls(tmp_path, "localhost")) as serving:
        settings.PUBLIC_BASE_URL = f"https://localhost:{serving.port}"
        finding = look("certificate")

    assert finding.status is Status.FAILED
    assert "self-signed" in finding.message


def test_a_certificate_that_has_ended_is_found(settings, monkeypatch, tmp_path):
    behave = over_tls(server_context(tmp_path, "localhost", expired=True), answering(OK))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with peer(behave) as serving:
        settings.PUBLIC_BASE_URL = f"https://localhost:{serving.port}"
        finding = look("certificate")

    assert finding.status is Status.FAILED
    assert "expired" in finding.message


def test_a_certificate_for_another_name_is_found(settings, monkeypatch, tmp_path):
    behave = serving_tls(tmp_path, "hooks.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with peer(behave) as serving:
        settings.PUBLIC_BASE_URL = f"https://localhost:{serving.port}"
        finding = look("certificate")

    assert finding.status is Status.FAILED
    assert "Hostname mismatch" in finding.message


def test_a_server_without_tls_is_found(settings, monkeypatch):
    monkeypatch.setattr(public_address, "SECONDS", 0.5)
    with peer(answering(OK)) as serving:
        settings.PUBLIC_BASE_URL = f"https://localhost:{serving.port}"
        finding = look("certificate")

    assert finding.status is Status.FAILED
    assert "no TLS session with localhost" in finding.message


def test_plain_http_has_no_certificate(settings):
    assert look("certificate").status is Status.NOT_CHECKED


# ---- the callback ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_our_own_callback_passes_the_handshake(ours):
    assert look("callback_handshake").status is Status.OK


def test_without_a_verify_token_meta_cannot_verify_us(settings):
    settings.META_WEBHOOK_VERIFY_TOKEN = ""

    assert look("callback_handshake").status is Status.FAILED


def echo(before: bytes = b"") -> Callable[[Peer, Any], None]:
    """Gives every challenge back, whatever the token."""

    def behave(serving: Peer, sock: Any) -> None:
        asked = serving.read_request(sock).partition(b"hub.challenge=")[2].partition(b" ")[0]
        body = before + asked
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    return behave


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (answering(REFUSED), "answers 403 to the right token"),
        (answering(PAGE), "answers 200 to the right token"),
        (echo(b"<html>"), "answers 200 to the right token"),
        (echo(), "answers 200 to a wrong token"),
        (silent, "did not answer: read_timeout"),
    ],
)
def test_a_callback_that_meta_would_refuse_or_that_refuses_nobody_is_found(
    settings, monkeypatch, behave, words
):
    monkeypatch.setattr(public_address, "SECONDS", 0.5)
    with peer(behave) as serving:
        at(settings, serving)
        finding = look("callback_handshake")

    assert finding.status is Status.FAILED
    assert words in finding.message
    assert TOKEN not in finding.message


def test_the_handshake_is_metas(settings):
    with peer(echo()) as serving:
        at(settings, serving)
        look("callback_handshake")

    first, second = (head.decode().split(" ")[1] for head in serving.heads)
    assert first.startswith(f"/webhook/meta?hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=")
    assert TOKEN not in second
