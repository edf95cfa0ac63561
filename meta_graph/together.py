"""Two Graph calls that need nothing of one another, made at once: the longer one is what is waited for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """The two answers. When both fail, `first`'s failure is raised; nothing is still running afterwards.

    `second` runs on a thread of its own and must not touch the database.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="graph") as pool:
        other = pool.submit(copy_context().run, second)
        answer = first()
        return answer, other.result()
