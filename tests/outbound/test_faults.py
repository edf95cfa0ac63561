"""Whatever a peer does, an exchange ends in time, with the right code and bounded memory."""

from __future__ import annotations

import socket
import time

import pytest

from outbound.failures import OutboundError
from outbound.session import OutboundSession, build_session, exchange
from tests.outbound.peers import LOOPBACK, OK, Peer, answering, dripping, peer, resetting, silent

SECONDS = 0.6
FAR_BELOW_THE_LIBRARY = 5.0


@pytest.fixture
def session():
    made = build_session(LOOPBACK)
    yield made
    made.close()


def failure_of(session: OutboundSession, serving: Peer, *, seconds: float = SECONDS) -> OutboundError:
    started = time.monotonic()
    with pytest.raises(OutboundError) as caught:
        exchange(session, "POST", serving.url, seconds=seconds, data=b"{}")
    assert time.monotonic() - started < FAR_BELOW_THE_LIBRARY
    return caught.value


def flooding(serving: Peer, sock: socket.socket) -> None:
    serving.read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not serving.stopped.is_set():
        sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="headers"),
        pytest.param(dripping(b"HTTP/1.1 ", b"2"), id="status line"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"), id="body"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), id="body without a length"),
        pytest.param(
            dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="chunks"
        ),
        pytest.param(dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="1xx"),
    ],
)
def test_a_peer_that_never_stops_sending_is_cut_at_the_deadline(session, behave):
    with peer(behave) as serving:
        failure = failure_of(session, serving)

    assert failure.code == "deadline"
    assert failure.duration_ms >= SECONDS * 1000


def test_a_peer_that_accepts_and_says_nothing_is_a_read_timeout(session):
    with peer(silent) as serving:
        failure = failure_of(session, serving)

    assert failure.code == "read_timeout"


def test_a_peer_that_does_not_read_is_a_failed_write(session):
    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.stopped.wait(30)

    with peer(behave) as serving, pytest.raises(OutboundError) as caught:
        exchange(session, "POST", serving.url, seconds=SECONDS, data=b"x" * 32_000_000)

    assert caught.value.code == "write_failed"


def test_an_endless_body_is_left_at_the_cap(session):
    with peer(flooding) as serving:
        answer = exchange(session, "POST", serving.url, seconds=10, max_body=70_000)

    assert (answer.status, len(answer.body), answer.truncated) == (200, 70_000, True)
    assert answer.duration_ms < FAR_BELOW_THE_LIBRARY * 1000


def test_a_body_of_exactly_the_cap_is_whole_and_keeps_the_connection(session):
    with peer(answering(OK, OK)) as serving:
        first = exchange(session, "POST", serving.url, seconds=5, max_body=2)
        exchange(session, "POST", serving.url, seconds=5)

        assert (first.body, first.truncated) == (b"ok", False)
        assert serving.connections == 1


def test_a_compressed_body_is_not_unpacked(session):
    packed = b"\x1f\x8b\x08\x00not really gzip"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with peer(answering(head + packed)) as serving:
        answer = exchange(session, "POST", serving.url, seconds=5)

    assert answer.body == packed
    assert b"Accept-Encoding: identity" in serving.heads[0]


def test_a_reset_in_the_body_keeps_the_status(session):
    with peer(resetting(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\npart")) as serving:
        failure = failure_of(session, serving, seconds=5)

    assert (failure.code, failure.status) == ("reset", 202)


def test_a_body_shorter_than_announced_is_a_reset(session):
    with peer(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")) as serving:
        failure = failure_of(session, serving, seconds=5)

    assert failure.code == "reset"


def test_hanging_up_without_an_answer_is_a_reset(session):
    with peer(answering(b"")) as serving:
        failure = failure_of(session, serving, seconds=5)

    assert failure.code == "reset"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000_000 + b"\r\n\r\n", id="10 MB header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 5000 + b"\r\n", id="5000 headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="chunk size"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", id="two lengths"
        ),
    ],
)
def test_what_is_not_http_is_a_bad_response(session, answer):
    with peer(answering(answer)) as serving:
        failure = failure_of(session, serving, seconds=5)

    assert failure.code == "bad_response"


def test_a_closed_port_is_refused(session):
    with peer(silent) as serving:
        pass

    assert failure_of(session, serving, seconds=5).code == "connect_refused"


def test_bytes_that_are_no_text_come_as_they_are(session):
    body = b"\x00\xff\xfe" * 10
    with peer(answering(b"HTTP/1.1 500 No\r\nContent-Length: 30\r\n\r\n" + body)) as serving:
        answer = exchange(session, "POST", serving.url, seconds=5)

    assert (answer.status, answer.body) == (500, body)


def test_a_failure_names_neither_the_query_nor_a_header(session):
    with peer(answering(b"")) as serving, pytest.raises(OutboundError) as caught:
        exchange(
            session, "GET", serving.url, seconds=5, params={"code": "secret-1"}, headers={"X-Key": "secret-2"}
        )

    raised: BaseException | None = caught.value
    while raised is not None:
        assert "secret" not in repr(raised) + str(raised)
        raised = raised.__cause__ or raised.__context__


def test_the_query_is_in_no_log(session, caplog):
    caplog.set_level("DEBUG")
    with peer(answering(b"HTTP/1.1 200 OK\r\nbroken header\r\nContent-Length: 0\r\n\r\n")) as serving:
        exchange(session, "GET", serving.url, seconds=5, params={"client_secret": "secret-1"})

    assert "/hook" in caplog.text
    assert "secret-1" not in caplog.text


def test_a_request_that_cannot_be_written_is_internal(session):
    with pytest.raises(OutboundError) as caught:
        exchange(session, "POST", "https://receiver.example.com/x", seconds=5, headers={"X": "a\r\nb"})

    assert caught.value.code == "internal"


def test_a_url_that_cannot_be_read_is_a_blocked_address(session):
    with pytest.raises(OutboundError) as caught:
        exchange(session, "POST", "https://[receiver/x", seconds=5)

    assert caught.value.code == "blocked_address"
