"""Waiting for what comes by itself, of other threads or processes."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 9.0


def eventually(is_so: Callable[[], Any], seconds: float = PATIENCE) -> None:
    seconds_until(is_so, seconds)


def seconds_until(is_so: Callable[[], Any], at_most: float = PATIENCE) -> float:
    """How long it took. Fails when it does not come to that."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() < began + at_most, "it did not come to that"
        time.sleep(0.02)
    return time.monotonic() - began
