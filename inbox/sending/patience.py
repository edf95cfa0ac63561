"""Writing down what is not to be had again: a database that is away for a moment is waited for."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)
DATABASE_PAUSE_SECONDS = 0.2
# How long a message is held in hand while the database is away.
PATIENCE_SECONDS = 30.0


def patiently(act: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """What `act` returns, once the database is there again. Each act is one transaction.

    Raises what the database says after so many seconds, and at once inside a transaction.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            return act()
        except AWAY:
            if time.monotonic() >= ends or connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(DATABASE_PAUSE_SECONDS)


def drop_broken_connection() -> None:
    """Celery keeps a connection over a thousand tasks, a broken one too. Nothing inside a transaction."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
