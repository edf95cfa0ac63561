"""Signups go on while processes and servers die in turn: 15 s, or DRILL_SECONDS (`make drill`)."""

import itertools
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
import requests

from tests.faults.calls import TOGETHER, GraphCall
from tests.faults.crowd import Case, Crowd, Signup, expected
from tests.faults.rig import until
from tests.faults.signup_report import LOOP

pytestmark = [pytest.mark.e2e, pytest.mark.long]
SECONDS = float(os.environ.get("DRILL_SECONDS", "15"))
EVERY, RATE = 2.5, 2.0
# So that something is under way at Meta whenever something dies, in milliseconds.
LATENCY = 200
# Leases end soon after a call has had its time.
LEASES = {"META_REQUEST_TIMEOUT": 2, "STEP_LEASE_SECONDS": 5}
# The end-user goes on trying for so long, as the page's script does.
INSISTS = 28.0
T = TypeVar("T")
KINDS = [GraphCall("loop", "any call", choice=choice) for choice in ("success", "coexistence", "success")]


def test_signups_go_on_whatever_dies_in_turn(crowd: Crowd, request: pytest.FixtureRequest) -> None:
    crowd.work(16, META_CREDIT_METHOD=TOGETHER, **LEASES)
    crowd.product.scenario("slow", ms=LATENCY)
    ends, times = time.monotonic() + SECONDS, 0
    with ThreadPoolExecutor(12) as people:
        numbers = range(int(SECONDS * RATE))
        begun = [people.submit(sign_up, crowd, number, ends - SECONDS + number / RATE) for number in numbers]
        for hit in itertools.cycle((kill_worker, crash_broker, kill_web, empty_broker, crash_database)):
            time.sleep(EVERY)
            if time.monotonic() > ends:
                break
            hit(crowd)
            times += 1
        signups = [one.result() for one in begun]

    standings = crowd.at_rest(signups, 120)
    effects = {signup.id: crowd.effects(signup) for signup in signups}
    twice = sum((effects[signup.id] - expected(signup.case.call)).total() for signup in signups)
    twice += sum(crowd.connected_events(signup) - 1 for signup in signups)
    slowest = max((standings[signup.id].finished_at or 0) - signup.begun for signup in signups)
    told = f"{len(signups)} signups while something died {times} times in {SECONDS:.0f} s: "
    told += f"made twice {twice}, the longest took {slowest:.1f} s"
    request.node.user_properties.append((LOOP, told))
    assert [standings[signup.id] for signup in signups if not standings[signup.id].is_finished] == []
    assert twice == 0
    assert [signup.link for signup in signups if expected(signup.case.call) - effects[signup.id]] == []


def sign_up(crowd: Crowd, number: int, at: float) -> Signup:
    """A person who comes at that time, and whose page repeats what was not answered."""
    time.sleep(max(0.0, at - time.monotonic()))
    case = Case(KINDS[number % len(KINDS)], "loop")
    signup = insisting(lambda: crowd.made(case, partnerAdded="together"))
    signup.begun = time.time()
    insisting(lambda: accepted(crowd.call(signup, "session", signup.made["session"])))
    insisting(lambda: accepted(crowd.call(signup, "callback", {"code": signup.made["code"]})))
    return signup


def accepted(answer: requests.Response) -> None:
    """With 409 the page looks at the status: another process has brought the signup on its way."""
    assert answer.status_code in {202, 409}, answer.text


def insisting(do: Callable[[], T]) -> T:
    """Until it succeeds; the last failure is raised."""
    ends = time.monotonic() + INSISTS
    while True:
        try:
            return do()
        except (AssertionError, requests.RequestException):
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)


def kill_worker(crowd: Crowd) -> None:
    crowd.product.kill("worker-signups")
    crowd.product.worker("signups", "16", "signup,messages,maintenance")


def kill_web(crowd: Crowd) -> None:
    crowd.product.kill("web")
    crowd.product.start_web()


def empty_broker(crowd: Crowd) -> None:
    crowd.rig.flush()


def crash_broker(crowd: Crowd) -> None:
    crowd.rig.redis.crash()
    crowd.rig.redis.start()


def crash_database(crowd: Crowd) -> None:
    crowd.rig.database.crash()
    crowd.rig.database.start()
    until(lambda: crowd.rig.rows("SELECT 1"))
