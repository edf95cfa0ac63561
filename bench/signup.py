"""Callback to `completed` beside the longest chain of Graph calls that had to wait for one another.

Every Graph call takes 300 ms. A plain signup, one of a number that stays on the WhatsApp Business app, and
one that our credit line pays for. Fails when the median signup of one of them takes more than 1.25 times
its chain.
"""

import sys
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

import requests
from django.conf import settings

from bench.rig.chains import Chain, longest_chain, unix
from bench.rig.database import migrated_database
from bench.rig.figures import table
from bench.rig.processes import Processes, processes
from development.walk import Walk
from organizations.models import Scope
from organizations.services import create_organization, issue_key
from tests.services.process import free_port

SIGNUPS, WARM_UP, LATENCY_MS = 10, 2, 300
LIMIT = 1.25
WORKER = ("worker", "-P", "threads")
PATIENCE, POLL = 30.0, 0.02
# After a completion the number's first check calls Graph too; a record that grows no more is at rest.
REST = 0.7
CREDIT_LINE = "1900000000000001"


@dataclass(frozen=True)
class Kind:
    """What the end-user chooses in Meta's window, and whether we pay for it."""

    name: str
    choice: str
    credit_line_id: str = ""


KINDS = (
    Kind("plain", "success"),
    Kind("coexistence", "coexistence"),
    Kind("credit sharing", "success", CREDIT_LINE),
)


@dataclass(frozen=True)
class Product:
    """Where everything listens, and the key of an organization."""

    base_url: str
    sandbox_url: str
    key: str


@dataclass(frozen=True)
class Measured:
    """Seconds as the client saw them; the chain and the sum are of the Graph calls alone."""

    seconds: float
    chain: Chain
    total: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.chain.seconds


@dataclass(frozen=True)
class Figures:
    """Of one kind: signups one after the other, and the seconds of as many at once."""

    kind: Kind
    alone: list[Measured]
    at_once: list[float]

    def of(self, figure: Callable[[Measured], float]) -> list[float]:
        return [figure(one) for one in self.alone]

    @property
    def ratio(self) -> float:
        return median(self.of(lambda one: one.ratio))


class SignupFailedError(RuntimeError):
    """The link was not completed in time."""


def main() -> int:
    figures = [
        one
        for credit_line_id in dict.fromkeys(kind.credit_line_id for kind in KINDS)
        for one in measured(credit_line_id)
    ]
    report(figures)
    return 1 if any(one.ratio > LIMIT for one in figures) else 0


def measured(credit_line_id: str) -> list[Figures]:
    """The kinds of one deployment: with this credit line, or without any."""
    with migrated_database() as database_url, processes() as running:
        product = started(running, database_url, credit_line_id)
        return [measured_kind(product, kind) for kind in KINDS if kind.credit_line_id == credit_line_id]


def measured_kind(product: Product, kind: Kind) -> Figures:
    for _ in range(WARM_UP):
        signed_up(product, kind)
    alone = [measured_alone(product, kind) for _ in range(SIGNUPS)]
    with ThreadPoolExecutor(SIGNUPS) as people:
        at_once = list(people.map(lambda _: signed_up(product, kind)[0], range(SIGNUPS)))
    return Figures(kind, alone, at_once)


def started(running: Processes, database_url: str, credit_line_id: str) -> Product:
    """Web, workers, scheduler and sandbox as production starts them, over PostgreSQL and Redis."""
    port, sandbox_url = free_port(), running.sandbox(latency_ms=LATENCY_MS, credit_line_id=credit_line_id)
    base_url = f"http://127.0.0.1:{port}"
    environment = {
        "DEBUG": "true",
        "READ_DOT_ENV": "false",
        "SANDBOX": "true",
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "PUBLIC_BASE_URL": base_url,
        "SANDBOX_URL": sandbox_url,
        "DATA_DIR": str(running.folder),
        "API_RATE_LIMIT": "1000000/minute",
        "META_CREDIT_LINE_ID": credit_line_id,
    }
    running.web("web", "config.wsgi:application", port=port, environment=environment)
    for name, command in {
        "steps": (*WORKER, "-c", "16", "-Q", "signup,messages,maintenance", "-n", "steps@%h"),
        "deliveries": (*WORKER, "-c", "2", "-Q", "webhooks", "-n", "deliveries@%h"),
        "scheduler": ("beat",),
    }.items():
        running.start(name, "celery", "-A", "config", *command, environment=environment)
    organization = create_organization(name="Bench")
    issued = issue_key(organization=organization, name="bench", scopes=Scope.values)
    return Product(base_url, sandbox_url, issued.secret)


def signed_up(product: Product, kind: Kind) -> tuple[float, dict[str, Any], str]:
    """One signup as a browser does it: seconds from the callback's POST to `completed`, the link, and Meta's
    id of the business whose it is."""
    walk = Walk(product.base_url, product.sandbox_url, product.key, say=lambda _: None)
    link, signup_id = walk.create_link("Acme Corp"), str(uuid.uuid4())
    walk.open_page(link, signup_id)
    walk.post(link, "start", {"signupId": signup_id})
    made = requests.post(
        f"{product.sandbox_url}/_sandbox/signups", json={"choice": kind.choice}, timeout=10
    ).json()
    walk.post(link, "session", {"signupId": signup_id, **made["session"]})
    began = time.monotonic()
    walk.post(link, "callback", {"signupId": signup_id, "code": made["code"]})
    while (shown := walk.read(link["id"]))["status"] != "completed":
        if time.monotonic() - began > PATIENCE:
            raise SignupFailedError(f"{shown['status']}: {shown['progress']}")
        time.sleep(POLL)
    seconds = time.monotonic() - began
    if shown["nextAction"]:
        raise SignupFailedError(f"completed with something left to do: {shown['nextAction']}")
    return seconds, shown, made["businessId"]


def measured_alone(product: Product, kind: Kind) -> Measured:
    """A signup while the product does nothing else, with the Graph calls that it made until completed."""
    come_to_rest(product)
    requests.delete(f"{product.sandbox_url}/_sandbox/calls", timeout=10).raise_for_status()
    seconds, link, business_id = signed_up(product, kind)
    completed_at = unix(link["completedAt"])
    # The numbers of those before are checked meanwhile.
    made = [call for call in calls(product, business_id) if call["at"] < completed_at]
    total = sum(call["durationMs"] for call in made) / 1000
    return Measured(seconds, longest_chain(made, link["progress"]), total)


def come_to_rest(product: Product) -> None:
    until, known = time.monotonic() + PATIENCE, -1
    while (count := len(calls(product))) != known:
        if time.monotonic() > until:
            raise SignupFailedError("the product never stops calling Graph")
        known = count
        time.sleep(REST)


def calls(product: Product, business_id: str | None = None) -> list[Mapping[str, Any]]:
    asked = {"target": business_id} if business_id else None
    answer = requests.get(f"{product.sandbox_url}/_sandbox/calls", params=asked, timeout=10)
    found: list[Mapping[str, Any]] = answer.json()["data"]
    return found


def report(figures: list[Figures]) -> None:
    rows = {
        "callback to completed": [one.of(lambda alone: alone.seconds) for one in figures],
        "longest chain of dependent calls": [one.of(lambda alone: alone.chain.seconds) for one in figures],
        "all calls, one after the other": [one.of(lambda alone: alone.total) for one in figures],
        f"callback to completed, {SIGNUPS} at once": [one.at_once for one in figures],
    }
    lines = [[name, *map(in_ms, kinds)] for name, kinds in rows.items()]
    ratios = [one.of(lambda alone: alone.ratio) for one in figures]
    lines.append(["callback / chain", *(f"{median(found):.2f} ({max(found):.2f})" for found in ratios)])
    print(f"{SIGNUPS} signups of each kind, {LATENCY_MS} ms on every Graph call; median (max)\n")
    print(table(["", *(one.kind.name for one in figures)], lines))
    for one in figures:
        verdict = "held" if one.ratio <= LIMIT else "NOT HELD"
        print(f"\n{one.kind.name}: {' > '.join(one.alone[-1].chain.names)}")
        print(f"callback to completed / chain, median: {one.ratio:.2f}; at most {LIMIT}: {verdict}")


def in_ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.0f} ({max(seconds) * 1000:.0f}) ms"


if __name__ == "__main__":
    sys.exit(main())
