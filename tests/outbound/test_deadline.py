"""The watchdog: many deadlines, one thread, and none of it lost in a fork."""

from __future__ import annotations

import os
import socket
import threading
import time

from outbound.deadline import current, deadline


def test_a_blocked_read_returns_at_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs, deadline(0.2) as ends:
        ends.watch(ours)
        ours.settimeout(30)

        assert ours.recv(1) == b""
        assert ends.expired


def test_a_connection_that_comes_too_late_is_shut_down_at_once():
    ours, theirs = socket.socketpair()
    with ours, theirs, deadline(0.01) as ends:
        while not ends.expired:
            time.sleep(0.01)
        ends.watch(ours)
        ours.settimeout(30)

        assert ours.recv(1) == b""


def test_a_deadline_that_was_met_leaves_the_connection_alone():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with deadline(0.05) as ends:
            ends.watch(ours)
        time.sleep(0.4)
        theirs.sendall(b"x")

        assert ours.recv(1) == b"x"


def test_a_short_deadline_is_not_held_up_by_a_long_one():
    ours, theirs = socket.socketpair()
    started = time.monotonic()
    with ours, theirs, deadline(60), deadline(0.1) as ends:
        ends.watch(ours)
        ours.settimeout(30)
        ours.recv(1)

    assert time.monotonic() - started < 10


def test_the_inner_deadline_is_the_current_one():
    with deadline(60) as outer:
        with deadline(30) as inner:
            assert current() is inner
        assert current() is outer
    assert current() is None


def test_all_deadlines_share_one_thread():
    for _ in range(20):
        with deadline(5):
            pass

    assert [thread.name for thread in threading.enumerate()].count("deadline-watchdog") == 1


def test_a_forked_child_has_a_watchdog_of_its_own():
    with deadline(30):
        pass  # the parent's thread runs by now
    child = os.fork()
    if child == 0:
        ours, _theirs = socket.socketpair()
        with deadline(0.1) as ends:
            ends.watch(ours)
            ours.settimeout(20)
            finished = ours.recv(1) == b"" and ends.expired
        os._exit(0 if finished else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_deadline_that_is_renewed_ends_later():
    with deadline(0.2, longest=30) as ends:
        for _ in range(4):
            time.sleep(0.15)
            ends.renew(0.3)

        assert not ends.expired
        time.sleep(0.6)
        assert ends.expired


def test_renewing_has_an_end():
    with deadline(0.2, longest=0.4) as ends:
        ends.renew(30)
        time.sleep(0.8)

        assert ends.expired


def test_a_deadline_that_rests_ends_again_once_it_is_renewed():
    with deadline(0.1, longest=30) as ends:
        ends.rest()
        time.sleep(0.4)
        assert not ends.expired

        ends.renew(0.1)
        time.sleep(0.6)
        assert ends.expired
