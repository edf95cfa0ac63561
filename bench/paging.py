"""Pages 1, 1,000 and 20,000 of 1,000,000 links through the API, beside page 1 of 1,000 links.

Fails when they take more than 1.5, 3 and 5 times as long, in the median: links of 300 days, and of one.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.test import Client

from bench.rig.crowds import make_crowd, vacuum
from bench.rig.database import migrated_database
from bench.rig.figures import Bound, table, verdicts
from onboarding.models import OnboardingLink
from onboarding.paging import LinkPagination
from onboarding.views import OnboardingLinkViewSet
from organizations.models import Organization
from organizations.services import create_organization, issue_key

FEW, MANY, LIMIT, ROUNDS = 1_000, 1_000_000, 50, 60
# Page of MANY by its share of all, and how many times page 1 of FEW it may take.
MOST = {"first": 1.5, "1,000th": 3.0, "last": 5.0}
NEWEST = datetime(2026, 1, 15, 18, tzinfo=UTC)
SPREADS = {"300 days": timedelta(days=300), "one day": timedelta(hours=17)}
FILTERS = ("status=completed", "status=pending", "status=expired", "createdAfter=2026-01-01T00:00:00Z")


class ByCount(LinkPagination):
    """As every other list does: it skips what comes before, and counts all."""

    def ids_and_total(self, queryset: QuerySet[Any], start: int) -> tuple[list[Any], int]:
        self.all_of = None
        return super().ids_and_total(queryset, start)


@dataclass
class Read:
    """A page, and the milliseconds that it took from request to answer, a figure a round."""

    crowd: str
    name: str
    path: str
    key: str = field(repr=False)
    most: float | None = None
    pager: type[LinkPagination] = LinkPagination
    took_ms: list[float] = field(default_factory=list)

    def get(self) -> Any:
        headers = {"authorization": f"Bearer {self.key}"}
        viewset: Any = OnboardingLinkViewSet
        viewset.pagination_class = self.pager
        try:
            answer = Client().get(f"/v1/onboarding-links?{self.path}", headers=headers)
        finally:
            viewset.pagination_class = LinkPagination
        if answer.status_code != 200:
            raise RuntimeError(answer.content.decode())
        return answer

    def measure(self) -> None:
        began = perf_counter()
        self.get()
        self.took_ms.append((perf_counter() - began) * 1000)

    @property
    def cost(self) -> float:
        return median(self.took_ms)


class WrongPageError(RuntimeError):
    """A page is not what skipping and counting all links gives."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.paging", description=__doc__)
    parser.add_argument("--links", type=int, default=MANY, help="in each of the large organizations")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    quiet()
    with migrated_database():
        reads = list(measured(options.links, options.rounds))
    return report(reads, options.links)


def quiet() -> None:
    logging.getLogger("api.request").setLevel(logging.WARNING)
    settings.API_RATE_LIMIT = "100000000/minute"
    settings.ALLOWED_HOSTS = ["testserver"]


def measured(links: int, rounds: int) -> list[Read]:
    """The reads, each measured `rounds` times in turn. The first is page 1 of few links."""
    reads = list(reads_of(links))
    vacuum()
    for read in reads:
        read.get()
    for _ in range(rounds):
        for read in reads:
            read.measure()
    return reads


def reads_of(links: int) -> Iterator[Read]:
    few = create_organization(name="Few")
    make_crowd(few, FEW, NEWEST, SPREADS["300 days"])
    yield Read("few", "first", f"limit={LIMIT}", key_of(few))
    for crowd, within in SPREADS.items():
        many = create_organization(name=crowd)
        make_crowd(many, links, NEWEST, within)
        yield from pages_of(many, crowd, links)
    for narrowed in FILTERS:
        yield Read(crowd, narrowed, f"{narrowed}&limit={LIMIT}", key_of(many))


def pages_of(organization: Organization, crowd: str, links: int) -> Iterator[Read]:
    key = key_of(organization)
    last = links // LIMIT
    pages = {"first": 1, "1,000th": last // 20, "middle": last // 2, "last": last}
    for name, page in pages.items():
        path = f"page={page}&limit={LIMIT}"
        yield checked(Read(crowd, name, path, key, MOST.get(name)), organization, (page - 1) * LIMIT)
    for name in ("first", "last"):
        yield Read(crowd, f"{name}, by COUNT", f"page={pages[name]}&limit={LIMIT}", key, pager=ByCount)


def key_of(organization: Organization) -> str:
    return issue_key(organization=organization, name="bench", scopes=["read"]).secret


def checked(read: Read, organization: Organization, start: int) -> Read:
    """Raises WrongPageError."""
    rows = OnboardingLink.objects.for_organization(organization)
    expected = [str(pk) for pk in rows.values_list("pk", flat=True)[start : start + LIMIT]]
    given = read.get().json()
    total = given["meta"]["pagination"]["total"]
    if [link["id"] for link in given["data"]] != expected or total != rows.count():
        raise WrongPageError(f"{read.crowd}, {read.name}")
    return read


def report(reads: Sequence[Read], links: int) -> int:
    """Prints all; the exit status."""
    few, many = reads[0], reads[1:]
    rounds = len(few.took_ms)
    print(f"{links:,} links beside {FEW:,}, {LIMIT} a page, through the API; medians of {rounds} rounds\n")
    rows = [
        [f"{read.crowd}: {read.name}", f"{read.cost:.1f}", f"{min(read.took_ms):.1f}", ratio(read, few)]
        for read in reads
    ]
    print(table(["page", "ms", "lowest", "/ few"], rows))
    bounds = [
        Bound(
            f"{read.crowd}: {read.name} page, at most {read.most} of the first of few",
            ratio(read, few),
            read.cost <= read.most * few.cost,
        )
        for read in many
        if read.most
    ]
    print(f"\n{verdicts(bounds)}")
    return 0 if all(bound.is_held for bound in bounds) else 1


def ratio(read: Read, few: Read) -> str:
    return f"{read.cost / few.cost:.2f}"


if __name__ == "__main__":
    sys.exit(main())
