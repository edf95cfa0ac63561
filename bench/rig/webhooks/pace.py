"""Events that happen at a pace, and how long after its commit each one came to the receiver."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.rig.webhooks.line import PEER, Engine, Line, wait_until
from bench.rig.webhooks.rows import is_anything_open, moved
from bench.rig.webhooks.throughput import limit
from webhooks.models import OutgoingWebhook

# Who lags behind may catch up for so long, in seconds.
PATIENCE = 15.0


@dataclass(frozen=True)
class Delays:
    """Seconds from commit to arrival; infinite for what had not come some time after the last event."""

    seconds: Sequence[float]
    rate: float

    def ms(self, share: float) -> float:
        """The delay that `share` of the events did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[math.ceil(share * len(ordered)) - 1] * 1000


@dataclass(frozen=True)
class Happened:
    """An event of the publisher, by the clock of this machine."""

    event_id: str
    organization_id: str
    committed_at: float


def delays(line: Line, engine: Engine, rate: float, seconds: float) -> Delays:
    line.receiver.forget()
    return delays_of(line, published(line, engine, rate, seconds))


def published(line: Line, engine: Engine, rate: float, seconds: float) -> list[Happened]:
    command = ("--ring", engine.ring, "--organizations", engine.name)
    said = line.said_by(
        "publisher",
        f"{PEER}.publisher",
        *(*command, "--rate", str(rate), "--seconds", str(seconds)),
        environment={"DJANGO_SETTINGS_MODULE": "config.settings"} | dict(engine.environment),
        seconds=seconds,
    )
    return [Happened(*row) for row in said]


def delays_of(line: Line, events: Sequence[Happened]) -> Delays:
    wanted = {one.event_id for one in events}
    wait_until(lambda: wanted <= line.receiver.arrivals().first.keys(), PATIENCE)
    arrived = line.receiver.arrivals().first
    lasted = events[-1].committed_at - events[0].committed_at
    return Delays(
        [arrived.get(one.event_id, math.inf) - one.committed_at for one in events], (len(events) - 1) / lasted
    )


def limit_delays(line: Line, rate: float, seconds: float) -> Delays:
    """The same for the limit, from when it was handed to its threads."""
    line.receiver.forget()
    handed = limit(line, round(rate * seconds), "--rate", str(rate))["handed"]
    return delays_of(line, [Happened(event_id, "", at) for event_id, at in handed.items()])


@dataclass(frozen=True)
class Healthy:
    """The delays at the healthy endpoints: while the hanging ones were new, and from then on."""

    at_first: Delays
    then: Delays


def isolation(
    line: Line, endpoints: list[OutgoingWebhook], hanging: int, rate: float, *, run_in: float, seconds: float
) -> Healthy:
    """Events to all endpoints in turn, the first `hanging` of which accept and never answer."""
    line.receiver.forget()
    for number in range(hanging):
        endpoints[number] = moved(endpoints[number], line.receiver.url_of(number, hangs=True))
    ill = {str(one.organization_id) for one in endpoints[:hanging]}
    events = published(line, line.ours, rate, run_in + seconds)
    began = events[0].committed_at
    healthy = [one for one in events if one.organization_id not in ill]
    every = delays_of(line, healthy)
    early = sum(one.committed_at < began + run_in for one in healthy)
    found = Healthy(Delays(every.seconds[:early], every.rate), Delays(every.seconds[early:], every.rate))
    replaced = endpoints[:hanging]
    for number in range(hanging):
        endpoints[number] = moved(endpoints[number], line.receiver.url_of(number))
    wait_until(lambda: is_at_rest(line, replaced))
    return found


def is_at_rest(line: Line, endpoints: Sequence[OutgoingWebhook]) -> bool:
    """Nothing is on its way to them. Whoever hangs is answered meanwhile."""
    line.receiver.forget()
    return not is_anything_open(endpoints)
