"""Every answer of the resolver is checked, and only a checked address is connected to."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from outbound.addresses import AddressPolicy, check_url
from outbound.failures import OutboundError
from outbound.resolver import Resolver
from outbound.session import build_session, exchange
from tests.outbound.peers import LOOPBACK, OK, answering, peer, silent

STRICT = AddressPolicy(allow_http=True)
PUBLIC = "93.184.215.14"


def calling(policy: AddressPolicy, lookup, port: int, seconds: float = 5.0):
    with build_session(policy, resolver=Resolver(lookup)) as session:
        return exchange(session, "POST", f"http://hooks.example.com:{port}/", seconds=seconds)


def test_a_name_that_turns_private_after_the_check_is_refused_without_a_packet():
    answers = iter([(PUBLIC,), ("127.0.0.1",)])
    rebinding = Resolver(lambda host: next(answers), keep_seconds=0)
    with peer(silent) as serving:
        url = f"http://hooks.example.com:{serving.port}/"
        check_url(url, STRICT, resolve=True, resolver=rebinding)
        with build_session(STRICT, resolver=rebinding) as session, pytest.raises(OutboundError) as caught:
            exchange(session, "POST", url, seconds=5)

        assert caught.value.code == "blocked_address"
        assert serving.connections == 0


@pytest.mark.parametrize("private", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("place", ["first", "last"])
def test_one_forbidden_answer_refuses_the_name_in_either_order(private, place):
    answers = (private, PUBLIC) if place == "first" else (PUBLIC, private)
    with peer(silent) as serving:
        with pytest.raises(OutboundError) as caught:
            calling(STRICT, lambda host: answers, serving.port)

        assert caught.value.code == "blocked_address"
        assert serving.connections == 0


def test_a_dead_address_is_passed_over_for_the_next():
    with peer(answering(OK)) as serving:
        answer = calling(LOOPBACK, lambda host: ("127.0.0.2", "::1", "127.0.0.1"), serving.port)

    assert answer.body == b"ok"


def test_the_last_of_only_dead_addresses_is_the_failure():
    with peer(silent) as serving:
        pass
    with pytest.raises(OutboundError) as caught:
        calling(LOOPBACK, lambda host: ("127.0.0.2", "127.0.0.3"), serving.port)

    assert caught.value.code == "connect_refused"


def test_a_host_that_drops_packets_is_a_connect_timeout():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with pytest.raises(OutboundError) as caught:
            calling(LOOPBACK, lambda host: ("127.0.0.1",), port, seconds=0.7)
        for sock in waiting:
            sock.close()

    assert caught.value.code == "connect_timeout"


def test_a_name_without_an_address_failed():
    def unknown(host: str) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(OutboundError) as caught:
        calling(STRICT, unknown, 8080)

    assert caught.value.code == "dns_failed"


def test_a_lookup_that_hangs_is_a_timeout_and_holds_nobody_else_up():
    release = threading.Event()
    lookups: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        lookups.append(host)
        if host == "slow.example.com":
            release.wait(30)
        return ("127.0.0.1",)

    resolver = Resolver(lookup)
    started = time.monotonic()
    with build_session(LOOPBACK, resolver=resolver) as session, peer(answering(OK)) as serving:
        for _ in range(3):
            with pytest.raises(OutboundError) as caught:
                exchange(session, "POST", f"http://slow.example.com:{serving.port}/", seconds=0.4)
            assert caught.value.code == "dns_timeout"
        answer = exchange(session, "POST", f"http://quick.example.com:{serving.port}/", seconds=5)
    release.set()

    assert answer.status == 200
    assert lookups == ["slow.example.com", "quick.example.com"]
    assert time.monotonic() - started < 10


def test_the_time_for_the_name_is_part_of_the_time_for_the_answer():
    def slow(host: str) -> tuple[str, ...]:
        time.sleep(0.4)
        return ("127.0.0.1",)

    with peer(silent) as serving, pytest.raises(OutboundError) as caught:
        calling(LOOPBACK, slow, serving.port, seconds=0.8)

    assert caught.value.code == "read_timeout"


def test_a_literal_address_that_was_saved_before_is_refused_at_the_call_too():
    with peer(silent) as serving, build_session(STRICT) as session, pytest.raises(OutboundError) as caught:
        exchange(session, "POST", serving.url, seconds=5)

    assert caught.value.code == "blocked_address"
    assert serving.connections == 0


@pytest.mark.parametrize("start", ["http://127.0.0.1", "https://user:pw@127.0.0.1"])
def test_the_form_of_a_url_is_checked_at_each_call(start):
    https_only = AddressPolicy(allowed_networks=LOOPBACK.allowed_networks)
    with peer(silent) as serving, build_session(https_only) as session:
        with pytest.raises(OutboundError) as caught:
            exchange(session, "POST", f"{start}:{serving.port}/", seconds=5)

        assert caught.value.code == "blocked_address"
        assert serving.connections == 0


def test_without_a_policy_any_address_is_reached():
    with peer(answering(OK)) as serving, build_session(None) as session:
        assert exchange(session, "GET", serving.url, seconds=5).status == 200


def test_our_search_domains_are_not_tried_for_names_of_customers():
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ()

    with pytest.raises(OutboundError):
        calling(STRICT, lookup, 8080)

    assert asked == ["hooks.example.com."]
