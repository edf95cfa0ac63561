"""About whom the calls of Graph are that are made now.

What is about nobody is not kept: messages are too many.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Subject:
    """Ids of ours and of Meta's. `deed`: what the call is a part of, such as a step of a signup.

    `failed_reads_only`: a read that goes well is not worth a row, since time alone, or whoever looks, brings
    it again and again. What may have changed something at Meta always is.
    """

    organization: UUID | None = None
    link: UUID | None = None
    signup: UUID | None = None
    registered_number: UUID | None = None
    waba: str = ""
    phone: str = ""
    deed: str = ""
    failed_reads_only: bool = False

    def wants(self, *, is_read: bool, is_failed: bool) -> bool:
        return is_failed or not (is_read and self.failed_reads_only)


_current: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def about(**told: Any) -> Iterator[None]:
    """Calls that are made meanwhile are about these (see Subject). The rest stays as it was around it."""
    token = _current.set(replace(_current.get() or Subject(), **told))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Subject | None:
    return _current.get()
