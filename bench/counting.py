"""What the counts of links by day cost who makes links: through the API, and by bare INSERTs of many at once.

With the triggers and without them in turn, all links of one organization. Holds nothing.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import monotonic, perf_counter
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client

from bench.rig.database import migrated_database
from bench.rig.figures import table
from onboarding.models import LinkCount
from organizations.models import Organization
from organizations.services import create_organization, issue_key

ROUNDS, SECONDS, WRITERS, POSTS, EXPLAINED = 20, 1, 8, 20, 400
ON, OFF = "ENABLE", "DISABLE"
BODY = {"name": "Acme Corp", "externalId": "customer-1", "metadata": {"customerId": "customer-1"}}
INSERT = """
INSERT INTO onboarding_onboardinglink (id, organization_id, name, webhook_events, mode, starter_templates,
    status, created_at)
VALUES (gen_random_uuid(), %s, 'Acme Corp', '[]', 'cloud_api', '[]', 'pending', now())
"""


@dataclass
class Kind:
    """A way of making links; its figures by whether links are counted meanwhile."""

    name: str
    measure: Callable[[], list[float]]
    figures: dict[str, list[float]] = field(default_factory=lambda: {ON: [], OFF: []})

    @property
    def row(self) -> list[str]:
        counted, bare = (median(self.figures[state]) for state in (ON, OFF))
        return [self.name, f"{bare:.2f}", f"{counted:.2f}", f"{counted / bare:.2f}"]


def main() -> int:
    logging.getLogger("api.request").setLevel(logging.WARNING)
    settings.API_RATE_LIMIT = "100000000/minute"
    settings.ALLOWED_HOSTS = ["testserver"]
    with migrated_database() as database_url:
        organization = create_organization(name="Bench")
        own, whole = triggers_share(organization)
        key = issue_key(organization=organization, name="bench", scopes=["write"]).secret
        kinds = (
            Kind("POST, ms", lambda: posted(Client(), key)),
            Kind(f"INSERT by {WRITERS} at once, a second", lambda: inserted(organization, database_url)),
        )
        for number in range(ROUNDS):
            for kind in kinds:
                for state in (OFF, ON) if number % 2 else (ON, OFF):
                    switch(state)
                    kind.figures[state] += kind.measure()
        parts = LinkCount.objects.count()
    print(f"Links of one organization, {ROUNDS} rounds in turn, medians\n")
    print(table(["made by", "not counted", "counted", "counted / not"], [kind.row for kind in kinds]))
    print(f"\nOne INSERT alone: {whole:.3f} ms, the trigger's share of them {own:.3f}")
    print(f"Parts of counts at the end: {parts}")
    return 0


def switch(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE onboarding_onboardinglink {state} TRIGGER USER")


def triggers_share(organization: Organization) -> tuple[float, float]:
    """Milliseconds of the trigger and of a whole INSERT with it, as PostgreSQL says itself."""
    own, whole = [], []
    for _ in range(EXPLAINED):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {INSERT}", [organization.pk])
            said: Any = cursor.fetchone()[0]
        plan = (json.loads(said) if isinstance(said, str) else said)[0]
        own += [one["Time"] for one in plan["Triggers"] if one["Trigger Name"] == "onboarding_links_made"]
        whole.append(plan["Execution Time"])
    return median(own), median(whole)


def posted(client: Client, key: str) -> list[float]:
    took = []
    for _ in range(POSTS):
        began = perf_counter()
        answer = client.post(
            "/v1/onboarding-links",
            data=BODY,
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )
        took.append((perf_counter() - began) * 1000)
        if answer.status_code != 201:
            raise RuntimeError(answer.content.decode())
    # The first finds plans that the switch has made void.
    return took[1:]


def inserted(organization: Organization, database_url: str) -> list[float]:
    """Each in a transaction of its own."""
    made = [0] * WRITERS
    until = monotonic() + SECONDS

    def write(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as writer:
            while monotonic() < until:
                writer.execute(INSERT, [organization.pk])
                made[number] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [sum(made) / SECONDS]


if __name__ == "__main__":
    sys.exit(main())
