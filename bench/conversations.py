"""Pages of a conversation of 200,000 messages, and of 20,000 conversations: what PostgreSQL takes for each.

Fails when the newest page of 50 takes 20 ms of database time in the median.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from bench.rig.database import migrated_database
from bench.rig.figures import table
from inbox.models import Contact, Conversation
from organizations.models import Organization, Scope
from organizations.services import create_organization, issue_key
from phones.models import PhoneNumber
from tests.inbox.crowds import analyze, crowded_conversation
from wabas.models import Waba

MESSAGES, CONVERSATIONS, LIMIT, ROUNDS, MOST_MS = 200_000, 20_000, 50, 100, 20.0
NEWEST = "newest messages"


@dataclass
class Read:
    """A call, and the milliseconds that its queries took in the database, a figure a round."""

    name: str
    path: str
    queries: int = 0
    database_ms: list[float] = field(default_factory=list)

    def measure(self, client: Client, headers: dict[str, str]) -> None:
        spent: list[float] = []

        def timed(execute: Callable[..., Any], *given: Any) -> Any:
            began = perf_counter()
            try:
                return execute(*given)
            finally:
                spent.append((perf_counter() - began) * 1000)

        with connection.execute_wrapper(timed):
            answer = client.get(f"/v1/{self.path}", headers=headers)
        if answer.status_code != 200 or not answer.json()["data"]:
            raise RuntimeError(answer.content.decode())
        self.queries = len(spent)
        self.database_ms.append(sum(spent))


def main() -> int:
    logging.getLogger("api.request").setLevel(logging.WARNING)
    settings.API_RATE_LIMIT = "100000000/minute"
    settings.ALLOWED_HOSTS = ["testserver"]
    with migrated_database():
        organization = create_organization(name="Bench")
        key = issue_key(organization=organization, name="bench", scopes=Scope.values).secret
        reads = list(reads_of(organization))
        analyze()
        for _ in range(ROUNDS):
            for read in reads:
                read.measure(Client(), {"authorization": f"Bearer {key}"})
    report(reads)
    return 0 if median(reads[0].database_ms) < MOST_MS else 1


def reads_of(organization: Organization) -> list[Read]:
    phone = PhoneNumber.objects.create(
        organization=organization,
        waba=Waba.objects.create(organization=organization, meta_waba_id="102290129340391"),
        meta_phone_number_id="106540352242921",
        phone_number="+5491155551231",
    )
    conversation = crowded_conversation(phone, MESSAGES)
    make_conversations(phone)
    inbox, pages = f"phones/{phone.pk}", MESSAGES // LIMIT
    messages = f"{inbox}/conversations/{conversation.pk}/messages?limit={LIMIT}"
    return [
        Read(NEWEST, messages),
        Read("page 100", f"{messages}&page=100"),
        Read("the middle", f"{messages}&page={pages // 2}"),
        Read("oldest messages", f"{messages}&page={pages}"),
        Read("newest conversations", f"{inbox}/conversations?limit={LIMIT}"),
    ]


def make_conversations(phone: PhoneNumber) -> None:
    people = [
        Contact(phone=phone, identifier=f"AR.{number}", identifier_type="bsuid")
        for number in range(CONVERSATIONS)
    ]
    Contact.objects.bulk_create(people, batch_size=1000)
    Conversation.objects.bulk_create(
        [Conversation(phone=phone, contact=person) for person in people], batch_size=1000
    )


def report(reads: list[Read]) -> None:
    print(f"{MESSAGES:,} messages in one of {CONVERSATIONS:,} conversations, pages of {LIMIT}\n")
    head = ["read", "queries", "database ms, median", "p95", "worst"]
    print(table(head, [row(read) for read in reads]))
    newest = median(reads[0].database_ms)
    verdict = "held" if newest < MOST_MS else "NOT HELD"
    print(f"\ndatabase time of the {NEWEST}: {newest:.2f} ms; under {MOST_MS:.0f}: {verdict}")


def row(read: Read) -> list[str]:
    found = read.database_ms
    p95 = quantiles(found, n=20)[-1]
    return [read.name, str(read.queries), f"{median(found):.2f}", f"{p95:.2f}", f"{max(found):.2f}"]


if __name__ == "__main__":
    sys.exit(main())
