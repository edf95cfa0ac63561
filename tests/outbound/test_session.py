"""What a session keeps and what it never takes along: connections, cookies, proxies, redirects."""

from __future__ import annotations

import functools
import socket
import threading

import pytest
import responses

from outbound import connections
from outbound.failures import OutboundError
from outbound.session import build_session, exchange
from tests.outbound.peers import LOOPBACK, OK, Peer, answering, dripping, peer


@pytest.fixture
def session():
    made = build_session(LOOPBACK)
    yield made
    made.close()


def answering_once_then_hanging_up(serving: Peer, sock: socket.socket) -> None:
    """A kept-alive connection that ends when the second request comes: the client cannot know before."""
    serving.read_request(sock)
    if serving.connections > 2:
        sock.sendall(OK.replace(b"ok", b"hi"))
        return
    sock.sendall(OK)
    serving.read_request(sock)


def test_one_connection_serves_many_requests(session):
    with peer(answering(*[OK] * 5)) as serving:
        for _ in range(5):
            exchange(session, "POST", serving.url, seconds=5, data=b"{}")

        assert serving.connections == 1


def test_a_stale_connection_is_retried_at_once_where_the_caller_says_it_is_safe(session):
    with peer(answering_once_then_hanging_up) as serving:
        exchange(session, "POST", serving.url, seconds=5)
        serving.connections += 1
        answer = exchange(session, "POST", serving.url, seconds=5, retry_stale=True)

    assert answer.body == b"hi"


def test_the_second_try_takes_no_other_kept_alive_connection(session):
    both_asked = threading.Barrier(2)

    def behave(serving: Peer, sock: socket.socket) -> None:
        is_early = serving.connections <= 2
        serving.read_request(sock)
        if is_early:
            both_asked.wait(10)
        sock.sendall(OK)
        if is_early:
            serving.read_request(sock)

    with peer(behave) as serving:
        ask = functools.partial(exchange, session, "POST", serving.url, seconds=10, retry_stale=True)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        answer = ask()

        assert answer.status == 200
        assert serving.connections == 3


def test_a_stale_connection_is_a_reset_where_a_second_copy_would_harm(session):
    with peer(answering_once_then_hanging_up) as serving:
        exchange(session, "POST", serving.url, seconds=5)
        with pytest.raises(OutboundError) as caught:
            exchange(session, "POST", serving.url, seconds=5)

    assert caught.value.code == "reset"
    assert len(serving.heads) == 2


def test_a_fresh_connection_that_hangs_up_is_not_tried_again(session):
    with peer(answering(b"")) as serving, pytest.raises(OutboundError):
        exchange(session, "POST", serving.url, seconds=5, retry_stale=True)

    assert serving.connections == 1


def test_an_answer_that_began_is_not_asked_for_again(session):
    with peer(answering(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")) as serving:
        exchange(session, "POST", serving.url, seconds=5)
        with pytest.raises(OutboundError):
            exchange(session, "POST", serving.url, seconds=5, retry_stale=True)

    assert serving.connections == 1


def test_an_old_connection_is_left(session, monkeypatch):
    with peer(answering(OK, OK)) as serving:
        exchange(session, "POST", serving.url, seconds=5)
        monkeypatch.setattr(connections, "MAX_AGE_SECONDS", -1.0)
        exchange(session, "POST", serving.url, seconds=5)

        assert serving.connections == 2


def test_the_deadline_of_one_exchange_never_reaches_the_next_on_the_same_connection(session):
    with peer(answering(OK, OK)) as serving:
        exchange(session, "POST", serving.url, seconds=0.5)
        threading.Event().wait(0.8)
        exchange(session, "POST", serving.url, seconds=5)

        assert serving.connections == 1


def test_a_kept_alive_connection_is_under_the_deadline_of_its_own_exchange(session):
    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.read_request(sock)
        sock.sendall(OK)
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x")(serving, sock)

    with peer(behave) as serving:
        exchange(session, "POST", serving.url, seconds=5)
        with pytest.raises(OutboundError) as caught:
            exchange(session, "POST", serving.url, seconds=0.5)

    assert caught.value.code == "deadline"
    assert caught.value.duration_ms < 5000
    assert serving.connections == 1


def test_a_cookie_is_never_sent_back_or_on(session):
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=tenant; Path=/\r\nContent-Length: 0\r\n\r\n"
    with peer(answering(cookie, OK)) as first, peer(answering(OK)) as second:
        exchange(session, "POST", first.url, seconds=5)
        exchange(session, "POST", first.url, seconds=5)
        exchange(session, "POST", second.url, seconds=5)

    assert not any(b"cookie" in head.lower() for head in first.heads + second.heads)


def test_proxies_and_netrc_of_the_environment_are_ignored(session, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login spy password spy\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with peer(answering(OK)) as serving:
        answer = exchange(session, "POST", serving.url, seconds=5)

    assert answer.status == 200
    assert b"authorization" not in serving.heads[0].lower()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_like_any_other(session, status):
    with peer(answering(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()
        with peer(answering(head)) as serving:
            answer = exchange(session, "POST", serving.url, seconds=5)

        assert answer.status == status
        assert elsewhere.connections == 0


def test_an_endless_body_of_a_redirect_is_left_at_the_cap(session):
    def behave(serving: Peer, sock: socket.socket) -> None:
        serving.read_request(sock)
        sock.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n")
        while not serving.stopped.is_set():
            sock.sendall(b"x" * 65536)

    with peer(behave) as serving:
        answer = exchange(session, "POST", serving.url, seconds=10, max_body=1000)

    assert (answer.status, len(answer.body), answer.truncated) == (302, 1000, True)


def test_threads_share_a_session(session):
    answers: list[bytes] = []

    def work(url: str) -> None:
        answers.extend(exchange(session, "POST", url, seconds=10).body for _ in range(20))

    with peer(answering(*[OK] * 100)) as serving:
        threads = [threading.Thread(target=work, args=(serving.url,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert answers == [b"ok"] * 120
        assert serving.connections <= 6


@responses.activate
def test_the_responses_library_can_answer_for_the_peer():
    responses.post("https://hooks.example.com/x", json={"fine": True}, status=201, headers={"X-A": "1"})

    answer = exchange(build_session(LOOPBACK), "POST", "https://hooks.example.com/x", seconds=5, json={})

    assert (answer.status, answer.body, answer.headers["x-a"]) == (201, b'{"fine": true}', "1")
