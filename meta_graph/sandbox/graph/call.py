"""One Graph call on its way through the sandbox: what was asked, by whom, of which object."""

from dataclasses import dataclass, field
from typing import Any, Literal

from meta_graph.sandbox.state import State
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request


@dataclass(frozen=True)
class Caller:
    """APP and SYS are the partner's own tokens; BIZ is one customer's, with its record from the state."""

    kind: Literal["APP", "SYS", "BIZ", "NONE"]
    token: str = ""
    record: Json | None = None

    def __str__(self) -> str:
        return f"BIZ:{self.record['business']}" if self.record else self.kind

    def has_scope(self, scope: str) -> bool:
        return self.record is None or scope in self.record["scopes"]


@dataclass(frozen=True)
class Call:
    world: World
    request: Request
    caller: Caller
    version: str
    node: Json
    taken: list[Json] = field(default_factory=list)  # the scenarios that interfere with it

    @property
    def state(self) -> State:
        return self.world.state

    @property
    def fields(self) -> Json:
        return self.request.fields

    def text(self, name: str) -> str:
        """A parameter as text, empty when it was not sent."""
        value: Any = self.fields.get(name)
        return "" if value is None else str(value)
