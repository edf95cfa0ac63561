"""Lookups are kept for a while, shared, and never waited for longer than asked."""

from __future__ import annotations

import threading
from ipaddress import ip_address

import pytest

from outbound import resolver as resolver_module
from outbound.resolver import ResolutionError, ResolutionTimeoutError, Resolver, system_lookup


def test_an_answer_is_kept():
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("192.0.2.1",)

    resolver = Resolver(lookup)

    assert resolver.resolve("a", seconds=5) == resolver.resolve("a", seconds=5) == (ip_address("192.0.2.1"),)
    assert asked == ["a"]


def test_an_old_answer_is_asked_for_again():
    answers = iter([("192.0.2.1",), ("192.0.2.2",)])
    resolver = Resolver(lambda host: next(answers), keep_seconds=0)

    resolver.resolve("a", seconds=5)

    assert resolver.resolve("a", seconds=5) == (ip_address("192.0.2.2"),)


def test_a_failure_is_kept_for_a_moment():
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        raise OSError

    resolver = Resolver(lookup)
    for _ in range(3):
        with pytest.raises(ResolutionError):
            resolver.resolve("a", seconds=5)

    assert asked == ["a"]


def test_callers_of_one_name_share_one_lookup():
    asked: list[str] = []
    release = threading.Event()

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        release.wait(10)
        return ("192.0.2.1",)

    resolver = Resolver(lookup)
    threads = [
        threading.Thread(target=resolver.resolve, args=("a",), kwargs={"seconds": 10}) for _ in range(9)
    ]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(10)

    assert asked == ["a"]


def test_when_every_thread_is_stuck_a_new_name_fails_at_once(monkeypatch):
    monkeypatch.setattr(resolver_module, "THREADS", 2)
    release = threading.Event()

    def stuck(host: str) -> tuple[str, ...]:
        release.wait(30)
        return ("192.0.2.1",)

    resolver = Resolver(stuck)
    for host in ("a", "b", "c"):
        with pytest.raises(ResolutionTimeoutError):
            resolver.resolve(host, seconds=0.05)
    running = [thread.name for thread in threading.enumerate()].count("resolver")
    release.set()

    assert running == 2


def test_the_number_of_kept_names_is_bounded(monkeypatch):
    monkeypatch.setattr(resolver_module, "KEEP_NAMES", 10)
    resolver = Resolver(lambda host: ("192.0.2.1",))

    for number in range(50):
        resolver.resolve(str(number), seconds=5)

    assert len(resolver._known) <= 10


def test_a_name_that_dns_cannot_write_has_no_address():
    with pytest.raises(ResolutionError):
        Resolver(system_lookup).resolve("a" * 70 + ".example.com", seconds=5)


def test_the_system_knows_this_machine():
    assert "127.0.0.1" in system_lookup("localhost")
