"""Two Graph calls that need nothing of one another, made at once: the longer one is what is waited for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from meta_graph.observing import held, tell

First = TypeVar("First")
Second = TypeVar("Second")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """The two answers. When both fail, `first`'s failure is raised; nothing is still running afterwards.

    `second` runs on a thread of its own and must not touch the database: whoever looks on at calls is told of
    its own here, after it.
    """
    with held() as calls:
        beside = copy_context()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="graph") as pool:
            other = pool.submit(beside.run, second)
            answer = first()
            return answer, other.result()
    finally:
        for call in calls:
            tell(call)
