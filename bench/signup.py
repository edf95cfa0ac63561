"""Callback to `completed` beside the longest chain of Graph calls that had to wait for one another.

Every Graph call takes 300 ms. Fails when the median signup takes more than 1.25 times its chain.
"""

import sys
import time
import uuid
from collections.abc import Mapping
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
PATIENCE, POLL = 30.0, 0.02
# After a completion the number's first check calls Graph too; a record that grows no more is at rest.
REST = 0.7


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


class SignupFailedError(RuntimeError):
    """The link was not completed in time."""


def main() -> int:
    with migrated_database() as database_url, processes() as running:
        product = started(running, database_url)
        for _ in range(WARM_UP):
            signed_up(product)
        measured = [measured_alone(product) for _ in range(SIGNUPS)]
        at_once = measured_at_once(product)
    report(measured, at_once)
    return 1 if median(one.ratio for one in measured) > LIMIT else 0


def started(running: Processes, database_url: str) -> Product:
    """Web, workers, scheduler and sandbox as production starts them, over PostgreSQL and Redis."""
    port, sandbox_url = free_port(), running.sandbox(latency_ms=LATENCY_MS)
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
    }
    running.web("web", "config.wsgi:application", port=port, environment=environment)
    for name, command in {
        "steps": ("worker", "-P", "threads", "-c", "16", "-Q", "signup,maintenance", "-n", "steps@%h"),
        "deliveries": ("worker", "-P", "threads", "-c", "2", "-Q", "webhooks", "-n", "deliveries@%h"),
        "scheduler": ("beat",),
    }.items():
        running.start(name, "celery", "-A", "config", *command, environment=environment)
    organization = create_organization(name="Bench")
    issued = issue_key(organization=organization, name="bench", scopes=Scope.values)
    return Product(base_url, sandbox_url, issued.secret)


def signed_up(product: Product) -> tuple[float, dict[str, Any]]:
    """One signup as a browser does it: seconds from the callback's POST to `completed`, and the link."""
    walk = Walk(product.base_url, product.sandbox_url, product.key, say=lambda _: None)
    link, signup_id = walk.create_link("Acme Corp"), str(uuid.uuid4())
    walk.open_page(link, signup_id)
    walk.post(link, "start", {"signupId": signup_id})
    made = requests.post(
        f"{product.sandbox_url}/_sandbox/signups", json={"choice": "success"}, timeout=10
    ).json()
    walk.post(link, "session", {"signupId": signup_id, **made["session"]})
    began = time.monotonic()
    walk.post(link, "callback", {"signupId": signup_id, "code": made["code"]})
    while (shown := walk.read(link["id"]))["status"] != "completed":
        if time.monotonic() - began > PATIENCE:
            raise SignupFailedError(f"{shown['status']}: {shown['progress']}")
        time.sleep(POLL)
    return time.monotonic() - began, shown


def measured_alone(product: Product) -> Measured:
    """A signup while the product does nothing else, with the Graph calls that it made until completed."""
    come_to_rest(product)
    requests.delete(f"{product.sandbox_url}/_sandbox/calls", timeout=10).raise_for_status()
    seconds, link = signed_up(product)
    completed_at = unix(link["completedAt"])
    made = [call for call in calls(product) if call["at"] < completed_at]
    total = sum(call["durationMs"] for call in made) / 1000
    return Measured(seconds, longest_chain(made, link["progress"]), total)


def come_to_rest(product: Product) -> None:
    until, known = time.monotonic() + PATIENCE, -1
    while (count := len(calls(product))) != known:
        if time.monotonic() > until:
            raise SignupFailedError("the product never stops calling Graph")
        known = count
        time.sleep(REST)


def calls(product: Product) -> list[Mapping[str, Any]]:
    answer = requests.get(f"{product.sandbox_url}/_sandbox/calls", timeout=10)
    found: list[Mapping[str, Any]] = answer.json()["data"]
    return found


def measured_at_once(product: Product) -> list[float]:
    with ThreadPoolExecutor(SIGNUPS) as people:
        return [seconds for seconds, _ in people.map(lambda _: signed_up(product), range(SIGNUPS))]


def report(measured: list[Measured], at_once: list[float]) -> None:
    chains = [one.chain.seconds for one in measured]
    rows = {
        "callback to completed": [one.seconds for one in measured],
        "longest chain of dependent calls": chains,
        "all calls, one after the other": [one.total for one in measured],
        f"callback to completed, {SIGNUPS} at once": at_once,
    }
    print(f"{SIGNUPS} signups, {LATENCY_MS} ms on every Graph call\n")
    print(
        table(
            ["", "median", "max", "median / chain"],
            [
                [
                    name,
                    f"{median(seconds) * 1000:.0f} ms",
                    f"{max(seconds) * 1000:.0f} ms",
                    f"{median(seconds) / median(chains):.2f}",
                ]
                for name, seconds in rows.items()
            ],
        )
    )
    print(f"\nthe chain: {' > '.join(measured[-1].chain.names)}")
    ratios = [one.ratio for one in measured]
    verdict = "held" if median(ratios) <= LIMIT else "NOT HELD"
    print(
        f"callback to completed / chain, signup by signup: median {median(ratios):.2f}, "
        f"max {max(ratios):.2f}; at most {LIMIT}: {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
