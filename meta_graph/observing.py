"""Who looks on: one observer is told of each call of Graph after it, with what it asked and was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from meta_graph import metrics
from meta_graph.bodies import Body
from meta_graph.errors import GraphError
from meta_graph.shown import shown_answer, shown_path, shown_request


@dataclass(frozen=True)
class CallMade:
    """One call and what came of it. What it shows has no secret; `sent` and the like are for it alone.

    `kind`: whose token (BIZ, SYS, APP, empty without one). `http_status` is None where no answer came.
    """

    name: str
    method: str
    kind: str
    began_at: datetime
    ms: int
    http_status: int | None
    trace_id: str
    error: GraphError | None
    path: str = field(repr=False)
    params: Mapping[str, Any] = field(repr=False)
    body: Body = field(repr=False)
    answered: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def outcome(self) -> str:
        return metrics.OK if self.error is None else str(self.error.cause).lower()

    @property
    def shown_path(self) -> str:
        return shown_path(self.path, self.secrets)

    @property
    def shown_request(self) -> str:
        return shown_request(self.params, self.body.fields, self.secrets, file=self.body.file)

    @property
    def shown_answer(self) -> str:
        """Where no answer came, why."""
        if not self.answered and self.error is not None:
            return self.error.message
        return shown_answer(self.answered, self.secrets)


Observer = Callable[[CallMade], None]
_observers: list[Observer] = []
_held: ContextVar[list[CallMade] | None] = ContextVar("held", default=None)


def observe(observer: Observer | None) -> None:
    """From now on this one is told, on the thread that made the call; None: nobody. It must not raise."""
    _observers[:] = [observer] if observer else []


def tell(call: CallMade) -> None:
    waiting = _held.get()
    if waiting is not None:
        waiting.append(call)
        return
    for observer in _observers:
        observer(call)


@contextmanager
def held() -> Iterator[list[CallMade]]:
    """Calls made meanwhile, in this context, wait in the list for whoever tells of them."""
    waiting: list[CallMade] = []
    token = _held.set(waiting)
    try:
        yield waiting
    finally:
        _held.reset(token)
