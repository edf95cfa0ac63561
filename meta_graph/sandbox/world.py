"""What every room of the sandbox is given: the configuration, the state, and the records of traffic."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from meta_graph.sandbox.calls import CallRecord, Recent
from meta_graph.sandbox.config import SandboxConfig
from meta_graph.sandbox.state import State


@dataclass(frozen=True)
class World:
    config: SandboxConfig
    state: State
    calls: CallRecord = field(default_factory=CallRecord)
    sent: Recent = field(default_factory=Recent)  # Meta's webhooks
    closing: threading.Event = field(default_factory=threading.Event)
    budgets: dict[str, list[float]] = field(
        default_factory=dict
    )  # WABA -> times of its calls, guarded by the state

    def now(self) -> float:
        """Unix seconds by the configured clock."""
        return self.config.clock()

    def iso_now(self) -> str:
        """`2026-11-20T10:00:00`, in UTC and without its zone."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S")
