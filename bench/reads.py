"""One link and the list of 50, beside a bare Django view and a plain DRF ModelViewSet of the same contract.

Fails when ours takes more CPU a request than the viewset, which does neither scopes nor limits, request
ids nor log lines.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import requests

from bench.rig.cpu import cpu_seconds
from bench.rig.database import migrated_database
from bench.rig.environment import production
from bench.rig.figures import table
from bench.rig.links import make_links
from bench.rig.load import load
from bench.rig.processes import Processes, processes
from onboarding.models import OnboardingLink
from organizations.models import Organization, Scope
from organizations.services import create_organization, issue_key
from tests.services.process import free_port

LINKS, ROUNDS, SECONDS = 500, 9, 1
ONE, LIST = "one link", "list of 50"
BARE, PLAIN, OURS = "bare view", "plain viewset", "ours"


@dataclass(frozen=True)
class Server:
    """What granian is given, and the variables that it needs beside the common ones."""

    name: str
    application: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


SERVERS = (
    Server(BARE, ("bench.peers.bare:application",)),
    Server(
        PLAIN,
        ("--factory", "django.core.wsgi:get_wsgi_application"),
        {"DJANGO_SETTINGS_MODULE": "bench.peers.viewset.settings"},
    ),
    Server(OURS, ("config.wsgi:application",)),
)


@dataclass
class Figures:
    """One URL of one server, whose processes are a group: a figure of each kind a round."""

    server: str
    read: str
    url: str
    headers: Mapping[str, str]
    group: int
    cpu_ms: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        load(self.url, self.headers, seconds=SECONDS)

    def measure(self) -> None:
        before = cpu_seconds(self.group)
        loaded = load(self.url, self.headers, seconds=SECONDS)
        self.cpu_ms.append((cpu_seconds(self.group) - before) * 1000 / loaded.requests)
        self.rates.append(loaded.rate)

    @property
    def cost(self) -> float:
        return median(self.cpu_ms)


class DifferentAnswersError(RuntimeError):
    """The two do not speak the same contract, so that comparing them says nothing."""


def main() -> int:
    with migrated_database() as database_url, processes() as running:
        organization = create_organization(name="Bench")
        make_links(organization, LINKS)
        figures = list(started(running, organization, environment(running, database_url)))
        for read in (ONE, LIST):
            check_answers(found(figures, PLAIN, read), found(figures, OURS, read))
        for one in figures:
            one.warm_up()
        for _ in range(ROUNDS):
            for one in figures:
                one.measure()
    report(figures)
    return 1 if any(ratio(figures, read) > 1 for read in (ONE, LIST)) else 0


def environment(running: Processes, database_url: str) -> dict[str, str]:
    """The settings of production. The limit is in force and never reached."""
    return production(running.folder, database_url) | {"API_RATE_LIMIT": "100000000/minute"}


def started(running: Processes, organization: Organization, common: Mapping[str, str]) -> Iterator[Figures]:
    """The servers, over one organization's links; the newest of them is completed."""
    key = issue_key(organization=organization, name="bench", scopes=Scope.values).secret
    newest = OnboardingLink.objects.for_organization(organization)[0]
    paths = {ONE: f"/v1/onboarding-links/{newest.pk}", LIST: "/v1/onboarding-links"}
    for server in SERVERS:
        port = free_port()
        group = running.web(
            server.name, *server.application, port=port, environment={**common, **server.environment}
        )
        for read, path in ({"nothing": "/"} if server.name == BARE else paths).items():
            url = f"http://127.0.0.1:{port}{path}"
            yield Figures(server.name, read, url, {"Authorization": f"Bearer {key}"}, group.pid)


def found(figures: list[Figures], server: str, read: str) -> Figures:
    return next(one for one in figures if (one.server, one.read) == (server, read))


def check_answers(plain: Figures, ours: Figures) -> None:
    """Raises DifferentAnswersError."""
    expected, given = answer_of(plain), answer_of(ours)
    if given != expected:
        raise DifferentAnswersError(f"{ours.read}:\n{expected}\n{given}")


def answer_of(figures: Figures) -> Any:
    answer = requests.get(figures.url, headers=figures.headers, timeout=10)
    answer.raise_for_status()
    return answer.json()


def ratio(figures: list[Figures], read: str) -> float:
    """CPU of ours over that of the plain viewset."""
    return found(figures, OURS, read).cost / found(figures, PLAIN, read).cost


def report(figures: list[Figures]) -> None:
    print(f"{LINKS} links, granian with 1 worker; medians of {ROUNDS} interleaved rounds of {SECONDS} s\n")
    head = ["server", "read", "CPU ms a request", "lowest to highest", "/ viewset", "requests/s"]
    print(table(head, [row(one, figures) for one in figures]))
    print()
    for read in (ONE, LIST):
        verdict = "held" if ratio(figures, read) <= 1 else "NOT HELD"
        print(f"CPU of ours / plain viewset, {read}: {ratio(figures, read):.2f}; at most 1: {verdict}")


def row(one: Figures, figures: list[Figures]) -> list[str]:
    return [
        one.server,
        one.read,
        f"{one.cost:.2f}",
        f"{min(one.cpu_ms):.2f} to {max(one.cpu_ms):.2f}",
        "" if one.server == BARE else f"{one.cost / found(figures, PLAIN, one.read).cost:.2f}",
        f"{median(one.rates):.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
