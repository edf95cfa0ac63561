"""The bell: it waits for nobody, one ring is for many, and it outlives a broker that does not answer."""

import os
import time

import pytest

from meta_events.bell import PAUSE, Bell
from tests.waiting import eventually


class Task:
    """As much of a Celery task as a ring touches."""

    name = "test.task"

    def __init__(self, *, takes: float = 0.0, fails: int = 0) -> None:
        self.rung: list[float] = []
        self.takes, self.fails = takes, fails

    def apply_async(self, **_: object) -> None:
        time.sleep(self.takes)
        self.rung.append(time.monotonic())
        if len(self.rung) <= self.fails:
            raise ValueError("the broker's library broke")


def test_a_ring_is_heard_soon_and_costs_nothing():
    task = Task(takes=0.3)
    bell = Bell(task)

    started = time.monotonic()
    for _ in range(1000):
        bell.ring()
    assert time.monotonic() - started < 0.2

    eventually(lambda: task.rung)


def test_many_rings_in_a_moment_are_few():
    task = Task()
    bell = Bell(task)

    ends = time.monotonic() + 10 * PAUSE
    while time.monotonic() < ends:
        bell.ring()
        time.sleep(0.0005)
    time.sleep(3 * PAUSE)

    assert 2 <= len(task.rung) <= 13


def test_a_ring_just_after_another_is_not_lost():
    task = Task()
    bell = Bell(task)

    bell.ring()
    eventually(lambda: len(task.rung) == 1)
    bell.ring()

    eventually(lambda: len(task.rung) == 2)


def test_whatever_a_ring_raises_the_next_one_is_heard():
    task = Task(fails=1)
    bell = Bell(task)

    bell.ring()
    eventually(lambda: len(task.rung) == 1)
    bell.ring()

    eventually(lambda: len(task.rung) == 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_rings_by_itself():
    task = Task()
    bell = Bell(task)
    bell.ring()
    eventually(lambda: len(task.rung) == 1)

    child = os.fork()
    if child == 0:
        bell.ring()
        time.sleep(0.5)
        os._exit(0 if len(task.rung) == 2 else 1)

    assert os.waitpid(child, 0)[1] == 0
