"""Meta's POSTs: answers a second beside a bare insert, and how soon a message is at the customer's.

Fails when a bound is broken: the rate of the bare insert, the time of an answer, the delay from Meta's POST
to the receiver's at 50 messages a second, and beside a number with thousands waiting. `--quick` is a look.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from django.test.utils import override_settings

from bench.rig.database import migrated_database
from bench.rig.figures import Bound, table, verdicts
from bench.rig.inbound.line import BARE, OURS, PHONES, Line, Posts, forget_notifications, ms
from bench.rig.processes import processes

SINGLE, MANY = "one message", "1,000 changes"
RATE = 50


@dataclass(frozen=True)
class Scale:
    """How much of each: rounds, POSTs a round, seconds at a pace, messages that wait for another number."""

    rounds: int = 5
    posts: int = 1500
    large: int = 20
    paced: float = 20
    waiting: int = 3000


QUICK = Scale(rounds=2, posts=500, large=5, paced=8, waiting=1000)


@dataclass
class Figures:
    """All that was measured."""

    rounds: dict[tuple[str, str], list[Posts]] = field(default_factory=dict)
    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    drained: float = 0.0

    def lasted(self, server: str, kind: str) -> list[float]:
        return [seconds for posts in self.rounds[server, kind] for seconds in posts.lasted]

    def ratio(self, kind: str) -> float:
        """Round by round, the median: what else the machine did hit both alike."""
        pairs = zip(self.rounds[OURS, kind], self.rounds[BARE, kind], strict=True)
        return median(ours.rate / bare.rate for ours, bare in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    scale = QUICK if parser.parse_args().quick else Scale()
    figures = Figures()
    # Else each query of ours would be written down.
    with override_settings(DEBUG=False), migrated_database() as database_url, processes() as running:
        line = Line(running, database_url)
        line.start_web()
        measure_answers(figures, line, scale)
        line.make_customer()
        line.start_workers()
        if not line.is_ready():
            raise SystemExit("The workers did not come to work.")
        measure_delays(figures, line, scale)
        measure_backlog(figures, line, scale)
    held = list(bounds(figures))
    report(figures, held, scale)
    return 0 if all(bound.is_held for bound in held) else 1


def measure_answers(figures: Figures, line: Line, scale: Scale) -> None:
    """Nobody takes the notifications apart meanwhile: the answer alone is measured."""
    for server in (OURS, BARE):
        line.posted(server, 100)
    for _ in range(scale.rounds):
        for kind, posts, arguments in (
            (SINGLE, scale.posts, ()),
            (MANY, scale.large, ("--changes", "1000")),
        ):
            for server in (OURS, BARE):
                found = line.posted(server, posts, *arguments)
                figures.rounds.setdefault((server, kind), []).append(found)
        forget_notifications()


def measure_delays(figures: Figures, line: Line, scale: Scale) -> None:
    """From the beginning of Meta's POST to that of ours to the receiver. Connections are as warm as ever."""
    paced(line, 5)
    before, count = line.cpu(), round(RATE * scale.paced)
    figures.alone = paced(line, scale.paced)
    figures.cpu = {name: (used - before[name]) * 1000 / count for name, used in line.cpu().items()}


def paced(line: Line, seconds: float, phones: Sequence[str] = PHONES) -> list[float]:
    """The delays of messages at a pace; infinite for what did not come."""
    posts = line.posted(OURS, round(RATE * seconds), "--rate", str(RATE), phones=phones)
    arrived = line.arrivals(posts, len(posts.began))
    return [
        arrived.get(f"wamid.{posts.mark}.{number}.0", math.inf) - began
        for number, began in enumerate(posts.began)
    ]


def measure_backlog(figures: Figures, line: Line, scale: Scale) -> None:
    """One number gets thousands at once; messages of another come meanwhile."""
    began = time.monotonic()
    large = line.posted(OURS, scale.waiting // 1000, "--changes", "1000", phones=PHONES[:1])
    few = line.posted(OURS, 40, "--rate", "10", phones=PHONES[1:2])
    arrived = line.arrivals(few, 40)
    figures.beside = [
        arrived.get(f"wamid.{few.mark}.{number}.0", math.inf) - at for number, at in enumerate(few.began)
    ]
    all_there = line.arrivals(large, scale.waiting, patience=300)
    figures.drained = time.monotonic() - began if len(all_there) == scale.waiting else math.inf


def bounds(figures: Figures) -> Iterator[Bound]:
    for kind in (SINGLE, MANY):
        ratio = figures.ratio(kind)
        yield Bound(f"answers / bare insert, {kind}, at least 0.70", f"{ratio:.2f}", ratio >= 0.7)
    for kind in (SINGLE, MANY):
        middle, late = (ms(figures.lasted(OURS, kind), share) for share in (0.5, 0.99))
        yield Bound(f"answer p50, {kind}, at most 250 ms", f"{middle:.1f} ms", middle <= 250)
        yield Bound(f"answer p99, {kind}, at most 1 s", f"{late:.1f} ms", late <= 1000)
    for name, seen in ((f"at {RATE}/s", figures.alone), ("beside a backlog", figures.beside)):
        late = ms(seen, 0.95)
        yield Bound(f"Meta's POST to the receiver's p95, {name}, under 500 ms", f"{late:.0f} ms", late < 500)


def report(figures: Figures, held: Sequence[Bound], scale: Scale) -> None:
    print(f"granian with 1 worker, 4 connections; {scale.rounds} interleaved rounds\n")
    print(table(["answers", "POSTs/s", "lowest to highest", "p50 ms", "p99 ms"], list(answer_rows(figures))))
    head = ["from Meta's POST to the receiver's, ms", "p50", "p95", "p99"]
    rows = [
        [name, *(f"{ms(seen, share):.0f}" for share in (0.5, 0.95, 0.99))]
        for name, seen in (
            (f"{RATE} messages/s, 5 numbers", figures.alone),
            (f"beside {scale.waiting} waiting of another number", figures.beside),
        )
    ]
    print("\n" + table(head, rows))
    used = ", ".join(f"{name} {spent:.1f}" for name, spent in figures.cpu.items())
    print(f"\nCPU ms a message: {used}; all {scale.waiting} were out after {figures.drained:.1f} s\n")
    print(verdicts(held))


def answer_rows(figures: Figures) -> Iterator[list[str]]:
    for (server, kind), rounds in figures.rounds.items():
        rates, lasted = [one.rate for one in rounds], figures.lasted(server, kind)
        yield [
            f"{server}, {kind}",
            f"{median(rates):.0f}",
            f"{min(rates):.0f} to {max(rates):.0f}",
            f"{ms(lasted, 0.5):.1f}",
            f"{ms(lasted, 0.99):.1f}",
        ]


if __name__ == "__main__":
    sys.exit(main())
