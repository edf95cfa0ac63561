"""Deliveries beside one Celery task each, and beside `requests` alone: how many, at what cost, how soon.

Fails when a bound is broken: throughput, first-attempt delay, isolation from endpoints that hang, or the cost
of a claim behind a dead endpoint. `--quick` is a look in a minute and a half.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from django.test.utils import override_settings
from django.utils import timezone

from bench.rig.database import migrated_database
from bench.rig.figures import Bound, table, verdicts
from bench.rig.processes import processes
from bench.rig.webhooks.claims import ROWS, claims, fill_up, make_due, pile_up
from bench.rig.webhooks.line import ENDPOINTS, Line
from bench.rig.webhooks.pace import Delays, Healthy, delays, isolation, limit_delays
from bench.rig.webhooks.rows import make_endpoints
from bench.rig.webhooks.throughput import Round, limit_round, our_round, their_round
from tests.services.process import end
from webhooks.delivery.lanes import CAP
from webhooks.models import OutgoingWebhook

ONE, TWO, TASKS, LIMIT = "ours, one process", "ours, two processes", "a Celery task each", "requests alone"
SLOW, FAST = 50, 200
HANGING = (1, 20)


@dataclass(frozen=True)
class Scale:
    """How much of each: deliveries and rounds, and seconds."""

    deliveries: int = 1500
    rounds: int = 3
    paced: float = 12
    run_in: float = 20
    isolated: float = 12
    held: int = 100_000


QUICK = Scale(deliveries=500, rounds=1, paced=4, run_in=6, isolated=6, held=20_000)


@dataclass
class Figures:
    """All that was measured."""

    ceiling: float = 0
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    paced: dict[tuple[float, str], Delays] = field(default_factory=dict)
    quiet: list[Delays] = field(default_factory=list)
    hanging: dict[int, Healthy] = field(default_factory=dict)
    unburdened: list[float] = field(default_factory=list)
    claims: dict[str, list[float]] = field(default_factory=dict)
    with_slow: list[float] = field(default_factory=list)

    def ratio(self, one: str, other: str) -> float:
        """Round by round, the median: what else the machine did hit both alike."""
        pairs = zip(self.rounds[one], self.rounds[other], strict=False)
        return median(a.rate / b.rate for a, b in pairs)

    @property
    def baseline(self) -> Delays:
        """Without a hanging endpoint, before and after those with."""
        return Delays([one for each in self.quiet for one in each.seconds], self.quiet[0].rate)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    scale = QUICK if parser.parse_args().quick else Scale()
    figures = Figures()
    # Else each query of ours would be written down.
    with override_settings(DEBUG=False), migrated_database() as database_url:
        with processes() as running:
            line = Line(running, database_url)
            ours = make_endpoints("ours", urls(line), is_active=True)
            # Held, so that the product leaves these rows alone; the peer does not ask.
            theirs = make_endpoints("theirs", urls(line), is_active=False)
            line.start()
            measure(figures, line, ours, theirs, scale)
        measure_claims(figures, ours, scale)
    held = list(bounds(figures))
    report(figures, held, scale)
    return 0 if all(bound.is_held for bound in held) else 1


def urls(line: Line) -> list[str]:
    return [line.receiver.url_of(number) for number in range(ENDPOINTS)]


def measure(
    figures: Figures,
    line: Line,
    ours: list[OutgoingWebhook],
    theirs: list[OutgoingWebhook],
    scale: Scale,
) -> None:
    figures.ceiling = line.receiver.ceiling()
    measure_throughput(figures, line, ours, theirs, scale)
    measure_pace(figures, line, ours, scale)


def measure_throughput(figures, line: Line, ours, theirs, scale: Scale) -> None:
    """One process, the peer and the limit in turn; then two processes and the limit in turn."""
    one, count = [line.worker.pid], scale.deliveries
    takes: dict[str, Callable[[], Round]] = {
        ONE: lambda: our_round(line, one, ours, count),
        LIMIT: lambda: limit_round(line, count),
        TASKS: lambda: their_round(line, line.peer.pid, theirs, count),
    }
    our_round(line, one, ours, count)
    their_round(line, line.peer.pid, theirs, count // 10)
    for _ in range(scale.rounds):
        for name, take in takes.items():
            figures.rounds.setdefault(name, []).append(take())
    second = line.our_worker("two")
    two = [*one, second.pid]
    our_round(line, two, ours, count)
    for _ in range(scale.rounds):
        figures.rounds.setdefault(TWO, []).append(our_round(line, two, ours, count))
    end(second)


def measure_pace(figures: Figures, line: Line, ours: list[OutgoingWebhook], scale: Scale) -> None:
    """The delays without a hanging endpoint are those at the slower pace too."""
    figures.quiet.append(delays(line, line.ours, SLOW, scale.paced))
    for hanging in HANGING:
        figures.hanging[hanging] = isolation(
            line, ours, hanging, SLOW, run_in=scale.run_in, seconds=scale.isolated
        )
    figures.quiet.append(delays(line, line.ours, SLOW, scale.paced))
    figures.paced[SLOW, ONE] = figures.baseline
    figures.paced[FAST, ONE] = delays(line, line.ours, FAST, scale.paced)
    for rate in (SLOW, FAST):
        figures.paced[rate, TASKS] = delays(line, line.theirs, rate, scale.paced)
        figures.paced[rate, LIMIT] = limit_delays(line, rate, scale.paced)


def measure_claims(figures: Figures, ours: list[OutgoingWebhook], scale: Scale) -> None:
    dead, *healthy = ours
    OutgoingWebhook.objects.filter(pk=dead.pk).update(is_active=False)
    make_due(healthy)
    figures.unburdened = claims()
    pile_up(dead, scale.held)
    figures.claims["held"] = claims()
    fill_up(dead, CAP, timezone.now())
    figures.claims["active, its cap under way"] = claims()
    figures.with_slow = claims(ROWS)


def bounds(figures: Figures) -> Iterator[Bound]:
    for peer, least in ((TASKS, 8.0), (LIMIT, 0.65)):
        ratio = figures.ratio(ONE, peer)
        yield Bound(f"throughput / {peer}, at least {least:g}", f"{ratio:.2f}", ratio >= least)
    first = figures.paced[SLOW, ONE].ms(0.95)
    yield Bound(f"first attempt p95 at {SLOW}/s, at most 150 ms", f"{first:.0f} ms", first <= 150)
    for hanging, healthy in figures.hanging.items():
        rise = healthy.then.ms(0.95) / figures.baseline.ms(0.95) - 1
        yield Bound(f"healthy p95 with {hanging} hanging, less than +20 %", f"{rise:+.0%}", rise < 0.2)
    for name, lasted in figures.claims.items():
        seen = median(lasted)
        yield Bound(f"a claim, dead endpoint {name}, under 5 ms", f"{seen:.1f} ms", seen < 5)


def report(figures: Figures, held: Sequence[Bound], scale: Scale) -> None:
    print(
        f"{scale.deliveries} deliveries of 1 KiB to {ENDPOINTS} endpoints; medians of {scale.rounds} rounds. "
        f"The receiver alone: {figures.ceiling:.0f}/s\n"
    )
    print(table(["", "/s", "lowest to highest", "CPU ms each"], list(throughput_rows(figures))))
    head = ["first attempt after commit, ms", "events/s", "p50", "p95", "p99"]
    print("\n" + table(head, list(delay_rows(figures, scale))))
    print(f"\n{scale.held} rows at a dead endpoint, a claim of 64 rows from others, ms\n")
    rows = [
        [name, f"{median(ms):.1f}", f"{min(ms):.1f} to {max(ms):.1f}"]
        for name, ms in {
            "not there": figures.unburdened,
            **figures.claims,
            "the same, slow class looked at": figures.with_slow,
        }.items()
    ]
    print(table(["the dead one is", "median of 60", "lowest to highest"], rows))
    print()
    print(verdicts(held))


def throughput_rows(figures: Figures) -> Iterator[list[str]]:
    for name in (ONE, TWO, TASKS, LIMIT):
        rates = [one.rate for one in figures.rounds[name]]
        cpu = median(one.cpu_ms for one in figures.rounds[name])
        yield [name, f"{median(rates):.0f}", f"{min(rates):.0f} to {max(rates):.0f}", f"{cpu:.2f}"]


def delay_rows(figures: Figures, scale: Scale) -> Iterator[list[str]]:
    for (rate, name), seen in figures.paced.items():
        yield delay_row(f"{rate}/s, {name}", seen)
    for hanging, healthy in figures.hanging.items():
        yield delay_row(f"healthy, {hanging} hanging, first {scale.run_in:g} s", healthy.at_first)
        yield delay_row(f"healthy, {hanging} hanging, from then on", healthy.then)


def delay_row(name: str, seen: Delays) -> list[str]:
    return [name, f"{seen.rate:.0f}", *(f"{seen.ms(share):.0f}" for share in (0.5, 0.95, 0.99))]


if __name__ == "__main__":
    sys.exit(main())
