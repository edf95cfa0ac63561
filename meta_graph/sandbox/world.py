"""What every room of the sandbox is given: the configuration, the state, and the records of traffic."""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from meta_graph.sandbox.calls import CallRecord, Recent
from meta_graph.sandbox.config import SandboxConfig
from meta_graph.sandbox.later import Later
from meta_graph.sandbox.messaging.chats import Chats
from meta_graph.sandbox.messaging.files import Files
from meta_graph.sandbox.state import State


@dataclass(frozen=True)
class World:
    config: SandboxConfig
    state: State
    calls: CallRecord = field(default_factory=CallRecord)
    sent: Recent = field(default_factory=Recent)  # Meta's webhooks
    dialogs: Recent = field(default_factory=Recent)  # what each popup was given
    chats: Chats = field(default_factory=Chats)
    files: Files = field(default_factory=Files)
    later: Later = field(default_factory=Later)
    closing: threading.Event = field(default_factory=threading.Event)
    budgets: dict[str, list[float]] = field(
        default_factory=dict
    )  # WABA -> times of its calls, guarded by the state
    paces: dict[tuple[str, str], deque[float]] = field(
        default_factory=dict
    )  # number (and person) -> times of its messages, guarded by the state

    def now(self) -> float:
        """Unix seconds by the configured clock."""
        return self.config.clock()

    def iso_now(self) -> str:
        """`2026-11-20T10:00:00`, in UTC and without its zone."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S")
