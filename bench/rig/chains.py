"""Which Graph calls of a signup had to wait for which others, and how long the longest such chain took.

The waiting is not assumed: the calls and their durations come from the sandbox's record, the steps that
made them from the link's `progress`, and what a step waits for from the pipeline's own table.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onboarding.pipeline import COMPLETION, STEPS

EXCHANGE = "exchange"
# The sandbox's names of the calls that each step may make.
CALLS_OF = {
    EXCHANGE: {"access_token"},
    "identify_assets": {"debug_token", "phone_numbers", "get_phone_number"},
    "save_waba": {"get_waba"},
    "save_phone": {"get_phone_number"},
    "subscribe_app": {"subscribe", "subscribed_apps"},
    "assign_system_user": {"assign_user", "assigned_users"},
    "share_credit_line": {
        *("allocations", "get_allocation", "get_waba"),
        *("share_and_attach", "share_credit", "attach_credit"),
    },
    "register_phone": {"get_phone_number", "register"},
    "sync_coexistence": {"smb_app_data"},
    "override_callback": {"update_phone_number"},
    COMPLETION.name: set(),
    "create_templates": {"list_templates", "begin_upload", "upload_file", "create_template"},
}


@dataclass(frozen=True)
class Span:
    """From when to when, in Unix seconds."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Chain:
    """What follows on one another, and how long its Graph calls took together."""

    names: tuple[str, ...]
    seconds: float

    def then(self, name: str, seconds: float) -> "Chain":
        return Chain((*self.names, name), self.seconds + seconds)


class UnknownCallError(RuntimeError):
    """A call that no step should have made: CALLS_OF is out of date, or the product calls too much."""


def longest_chain(record: Iterable[Mapping[str, Any]], progress: Sequence[Mapping[str, Any]]) -> Chain:
    """The longest chain of one signup, from its exchange on. Raises UnknownCallError."""
    made: dict[str, list[Span]] = {name: [] for name in CALLS_OF}
    steps = {row["step"]: span_of_step(row) for row in progress if row["startedAt"]}
    for call in record:
        made[maker_of(call, steps)].append(span_of(call))
    chains = {EXCHANGE: Chain((EXCHANGE,), in_turn(made[EXCHANGE]))}
    for step in STEPS:
        before = [chains[name] for name in step.after or (EXCHANGE,)]
        chains[step.name] = longest(before).then(step.name, in_turn(made[step.name]))
    return longest(chains.values())


def maker_of(call: Mapping[str, Any], steps: Mapping[str, Span]) -> str:
    """The step that makes such calls and ran at that time; the exchange came before all of them."""
    for name, kinds in CALLS_OF.items():
        ran = steps.get(name)
        if call["call"] in kinds and (ran is None or ran.began <= call["at"] <= ran.ended):
            return name
    raise UnknownCallError(f"{call['call']} {call['path']}")


def span_of_step(row: Mapping[str, Any]) -> Span:
    """The completion is seen before its own step is written down as done."""
    return Span(unix(row["startedAt"]), unix(row["finishedAt"]) if row["finishedAt"] else math.inf)


def span_of(call: Mapping[str, Any]) -> Span:
    return Span(call["at"], call["at"] + call["durationMs"] / 1000)


def in_turn(spans: Iterable[Span]) -> float:
    """Seconds of the longest sequence of `spans` in which each begins after the one before it ended."""
    best: list[tuple[Span, float]] = []
    for span in sorted(spans, key=lambda one: one.began):
        before = max((total for earlier, total in best if earlier.ended <= span.began), default=0.0)
        best.append((span, before + span.seconds))
    return max((total for _, total in best), default=0.0)


def longest(chains: Iterable[Chain]) -> Chain:
    return max(chains, key=lambda chain: chain.seconds)


def unix(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
