"""What the counts of links by day cost who makes links, through the API and by bare INSERTs.

With the triggers and without them in turn, all links of one organization. Holds nothing.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import monotonic

import psycopg

from bench.rig.database import migrated_database
from bench.rig.environment import production
from bench.rig.figures import table
from bench.rig.load import load
from bench.rig.processes import Processes, processes
from onboarding.models import LinkCount
from organizations.models import Organization
from organizations.services import create_organization, issue_key
from tests.services.process import free_port

ROUNDS, SECONDS, WRITERS = 9, 2, 8
ON, OFF = "ENABLE", "DISABLE"
BODY = '{"name":"Acme Corp","externalId":"customer-1","metadata":{"customerId":"customer-1"}}'
INSERT = """
INSERT INTO onboarding_onboardinglink (id, organization_id, name, webhook_events, mode, starter_templates,
    status, created_at)
VALUES (gen_random_uuid(), %s, 'Acme Corp', '[]', 'cloud_api', '[]', 'pending', now())
"""


@dataclass
class Kind:
    """A way of making links; rates by whether they are counted, a figure a round."""

    name: str
    rate: Callable[[], float]
    rates: dict[str, list[float]] = field(default_factory=lambda: {ON: [], OFF: []})

    @property
    def row(self) -> list[str]:
        counted, bare = (median(self.rates[state]) for state in (ON, OFF))
        return [self.name, f"{bare:.0f}", f"{counted:.0f}", f"{counted / bare:.2f}"]


def main() -> int:
    with migrated_database() as database_url, processes() as running:
        organization = create_organization(name="Bench")
        kinds = (
            Kind("the API, 4 connections", through_api(running, organization, database_url)),
            Kind(f"INSERT, {WRITERS} connections", lambda: inserted(organization, database_url)),
        )
        with psycopg.connect(database_url, autocommit=True) as administrator:
            for _ in range(ROUNDS):
                for kind in kinds:
                    for state in (OFF, ON):
                        administrator.execute(f"ALTER TABLE onboarding_onboardinglink {state} TRIGGER USER")
                        kind.rates[state].append(kind.rate())
        parts = LinkCount.objects.count()
    print(f"Links of one organization a second; medians of {ROUNDS} rounds of {SECONDS} s in turn\n")
    print(table(["made by", "not counted", "counted", "counted / not"], [kind.row for kind in kinds]))
    print(f"\nRows of counts at the end: {parts}")
    return 0


def through_api(running: Processes, organization: Organization, database_url: str) -> Callable[[], float]:
    port = free_port()
    environment = production(running.folder, database_url) | {"API_RATE_LIMIT": "100000000/minute"}
    running.web("web", "config.wsgi:application", port=port, environment=environment)
    key = issue_key(organization=organization, name="bench", scopes=["write"]).secret
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/v1/onboarding-links"
    return lambda: load(url, headers, seconds=SECONDS, body=BODY).rate


def inserted(organization: Organization, database_url: str) -> float:
    """Each in a transaction of its own."""
    made = [0] * WRITERS
    until = monotonic() + SECONDS

    def write(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while monotonic() < until:
                connection.execute(INSERT, [organization.pk])
                made[number] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(made) / SECONDS


if __name__ == "__main__":
    sys.exit(main())
