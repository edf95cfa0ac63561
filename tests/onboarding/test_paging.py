"""Pages of links are those that skipping and counting all of them gives, wherever the links lie in time."""

import random
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from bench import paging as bench
from onboarding import link_counts
from onboarding.models import OnboardingLink
from organizations.models import Organization
from tests.conftest import Api
from tests.wabas.world import on_postgresql

MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
# On both sides of midnight, together, alone after days without any, tomorrow.
TIMES = [
    *(MIDNIGHT + tick * TICK for tick in (-2, -1, -1, -1, 0, 0, 1, 2)),
    *[MIDNIGHT - 40 * DAY] * 5,
    *(MIDNIGHT - 9 * DAY + number * timedelta(hours=1) for number in range(48)),
    MIDNIGHT - DAY,
    MIDNIGHT + 400 * DAY,
    datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def make(organization: Organization, times: Sequence[datetime]) -> list[OnboardingLink]:
    links = [OnboardingLink(organization=organization, name="Acme Corp", created_at=at) for at in times]
    return OnboardingLink.objects.bulk_create(links)


def naive(organization: Organization) -> list[str]:
    """Sorted here, for the database is what is tried."""
    rows = OnboardingLink.objects.filter(organization=organization)
    return [str(link.pk) for link in sorted(rows, key=lambda link: (link.created_at, link.pk), reverse=True)]


def assert_pages(api: Api, limit: int) -> None:
    """Every page, and the empty one behind the last."""
    expected = naive(api.organization)
    for start in range(0, len(expected) + limit, limit):
        answer = api.get(f"onboarding-links?limit={limit}&page={start // limit + 1}").json()
        assert [link["id"] for link in answer["data"]] == expected[start : start + limit]
        pagination = answer["meta"]["pagination"]
        assert (pagination["total"], pagination["hasMore"]) == (
            len(expected),
            start + limit < len(expected),
        )


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_every_page_is_right_around_midnight_at_equal_times_and_after_empty_days(api, stranger, limit):
    make(api.organization, TIMES)
    make(stranger.organization, TIMES[::2])

    assert_pages(api, limit)
    assert_pages(stranger, limit)


@pytest.mark.django_db
def test_every_page_is_right_after_links_were_deleted_one_by_one_and_many_at_once(api, stranger):
    links = make(api.organization, TIMES)
    make(stranger.organization, TIMES)
    links[0].delete()
    OnboardingLink.objects.filter(
        organization=api.organization, created_at__range=(MIDNIGHT, MIDNIGHT + DAY)
    ).delete()
    OnboardingLink.objects.filter(pk__in=[link.pk for link in links[-20::3]]).delete()

    assert_pages(api, 3)
    assert_pages(stranger, 7)


@pytest.mark.django_db
def test_every_page_is_right_after_links_were_moved_in_time_and_to_another_organization(api, stranger):
    links = make(api.organization, TIMES)
    make(stranger.organization, TIMES)
    OnboardingLink.objects.filter(pk__in=[link.pk for link in links[:9]]).update(created_at=MIDNIGHT + DAY)
    OnboardingLink.objects.filter(pk__in=[link.pk for link in links[9:30]]).update(
        organization=stranger.organization
    )

    assert_pages(api, 3)
    assert_pages(stranger, 7)


@pytest.mark.django_db
def test_pages_far_behind_the_last_are_empty_and_say_the_total(api):
    make(api.organization, TIMES)

    for page in (2, 10**6, 10**12):
        answer = api.get(f"onboarding-links?limit=100&page={page}").json()
        assert answer == {
            "data": [],
            "meta": {"pagination": {"page": page, "limit": 100, "total": len(TIMES), "hasMore": False}},
        }


@pytest.mark.django_db
def test_an_organization_without_links_has_one_empty_page(api, stranger):
    make(stranger.organization, TIMES)

    answer = api.get("onboarding-links").json()

    assert (answer["data"], answer["meta"]["pagination"]["total"]) == ([], 0)


@pytest.mark.django_db
def test_a_filter_has_its_own_pages_and_total(api):
    make(api.organization, TIMES)
    OnboardingLink.objects.filter(pk__in=naive(api.organization)[::2]).update(external_id="customer-1")

    answer = api.get("onboarding-links?externalId=customer-1&limit=5&page=2").json()

    assert [link["id"] for link in answer["data"]] == naive(api.organization)[::2][5:10]
    assert answer["meta"]["pagination"]["total"] == len(TIMES[::2])


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_pages_are_of_one_moment_while_others_make_and_delete_links(organization):
    make(organization, TIMES)
    is_over = threading.Event()
    writers = [threading.Thread(target=write, args=(organization, seed, is_over)) for seed in range(3)]
    for writer in writers:
        writer.start()
    try:
        totals = [compared_in_one_snapshot(organization) for _ in range(60)]
    finally:
        is_over.set()
        for writer in writers:
            writer.join()

    assert len(set(totals)) > 1, "nobody wrote"
    assert link_counts.wrong_days() == 0


def write(organization: Organization, seed: int, is_over: threading.Event) -> None:
    chance = random.Random(seed)
    try:
        while not is_over.is_set():
            with transaction.atomic():
                made = make(organization, chance.choices(TIMES, k=3))
                OnboardingLink.objects.filter(pk=made[0].pk).delete()
            oldest = OnboardingLink.objects.filter(organization=organization).order_by("?")[:2]
            OnboardingLink.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()
    finally:
        connections.close_all()


def compared_in_one_snapshot(organization: Organization) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        expected = naive(organization)
        for start in range(0, len(expected), 7):
            ids, total = link_counts.page_of_all(organization, start, 10)
            assert ([str(pk) for pk in ids], total) == (expected[start : start + 10], len(expected))
    return len(expected)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_bench_finds_each_page_right_and_tells_what_it_measured(capsys):
    reads = bench.measured(links=2000, rounds=1)

    bench.report(reads, links=2000)

    said = capsys.readouterr().out
    assert all(f"{crowd}: {page}" in said for crowd in bench.SPREADS for page in ("first", "1,000th", "last"))
    assert said.count("held") + said.count("NOT HELD") == len(bench.SPREADS) * len(bench.MOST)
