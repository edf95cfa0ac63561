"""TLS: a peer without a valid certificate, or without an end to its handshake, gets no request."""

from __future__ import annotations

import socket
import ssl
import time
import warnings

import pytest

from outbound.failures import OutboundError
from outbound.resolver import Resolver
from outbound.session import build_session, exchange
from tests.outbound.peers import LOOPBACK, OK, Peer, answering, over_tls, peer, server_context

NAME = "hooks.example.com"


def session_trusting(folder):
    """A session for which NAME is on loopback and the certificate in the folder an authority."""
    return build_session(
        LOOPBACK,
        resolver=Resolver(lambda host: ("127.0.0.1",)),
        ssl_context=ssl.create_default_context(cafile=folder / "cert.pem"),
    )


def call(session, serving: Peer, host: str = NAME, seconds: float = 5.0):
    with session:
        return exchange(session, "POST", f"https://{host}:{serving.port}/hook", seconds=seconds, data=b"{}")


def test_the_certificate_is_checked_against_the_name_although_an_address_is_dialed(tmp_path):
    asked: list[str | None] = []
    context = server_context(tmp_path, NAME)
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    with peer(over_tls(context, answering(OK))) as serving:
        answer = call(session_trusting(tmp_path), serving)

    assert answer.body == b"ok"
    assert asked == [NAME]
    assert f"Host: {NAME}:{serving.port}".encode() in serving.heads[0]


def test_a_self_signed_certificate_is_refused(tmp_path):
    with peer(over_tls(server_context(tmp_path, NAME), answering(OK))) as serving:
        session = build_session(LOOPBACK, resolver=Resolver(lambda host: ("127.0.0.1",)))
        with pytest.raises(OutboundError, match="self-signed") as caught:
            call(session, serving)

    assert caught.value.code == "tls_invalid"
    assert serving.heads == []


def test_a_certificate_for_another_name_is_refused(tmp_path):
    secured = over_tls(server_context(tmp_path, NAME), answering(OK))
    with peer(secured) as serving, pytest.raises(OutboundError) as caught:
        call(session_trusting(tmp_path), serving, host="other.example.com")

    assert caught.value.code == "tls_invalid"
    assert serving.heads == []


def test_an_expired_certificate_is_refused(tmp_path):
    secured = over_tls(server_context(tmp_path, NAME, expired=True), answering(OK))
    with peer(secured) as serving, pytest.raises(OutboundError, match="expired") as caught:
        call(session_trusting(tmp_path), serving)

    assert caught.value.code == "tls_invalid"


def test_old_tls_is_refused(tmp_path):
    context = server_context(tmp_path, NAME)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with peer(over_tls(context, answering(OK))) as serving:
        session = build_session(LOOPBACK, resolver=Resolver(lambda host: ("127.0.0.1",)))
        with pytest.raises(OutboundError) as caught:
            call(session, serving)

    assert caught.value.code == "tls_handshake"


def test_plain_http_on_the_port_is_a_failed_handshake(tmp_path):
    def behave(serving: Peer, sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(OK)

    with peer(behave) as serving, pytest.raises(OutboundError) as caught:
        call(build_session(LOOPBACK), serving, host="127.0.0.1")

    assert caught.value.code == "tls_handshake"


@pytest.mark.parametrize("piece", [b"", b"x"], ids=["silent", "dripping"])
def test_a_handshake_that_never_ends_is_cut_at_the_deadline(piece):
    def behave(serving: Peer, sock: socket.socket) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB begins
        serving.drip(sock, piece)

    started = time.monotonic()
    with peer(behave) as serving, pytest.raises(OutboundError) as caught:
        call(build_session(LOOPBACK), serving, host="127.0.0.1", seconds=0.6)

    assert caught.value.code == "tls_handshake"
    assert time.monotonic() - started < 5


def test_a_body_that_drips_inside_tls_is_cut_at_the_deadline(tmp_path):
    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        serving.drip(sock, b"x")

    secured = over_tls(server_context(tmp_path, NAME), behave)
    with peer(secured) as serving, pytest.raises(OutboundError) as caught:
        call(session_trusting(tmp_path), serving, seconds=0.8)

    assert (caught.value.code, caught.value.status) == ("deadline", 200)
