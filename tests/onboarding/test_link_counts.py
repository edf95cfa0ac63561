"""The counts of links by day, which PostgreSQL's triggers keep whoever writes, however it ends."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum

from backoffice.doctor.findings import Status
from onboarding import link_counts
from onboarding.migrations import _link_counts as migration
from onboarding.models import LinkCount, OnboardingLink
from organizations.models import Organization
from tests.backoffice.conftest import look
from tests.onboarding.test_paging import TIMES, make
from tests.wabas.world import at_once, on_postgresql

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def counts(organization: Organization) -> dict[str, int]:
    """Links by day, the parts of each together."""
    parts = LinkCount.objects.filter(organization_id=organization.pk).values_list("made_on")
    return {f"{day:%a}": links for day, links in parts.annotate(Sum("links")).order_by("made_on")}


def places() -> list[Any]:
    """Where each row's version lies, which no update leaves as it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text FROM onboarding_linkcount")
        return list(cursor.fetchall())


def sql(statement: str, *given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


@on_postgresql
@pytest.mark.django_db
def test_many_links_at_once_are_a_row_a_day(organization, stranger):
    make(organization, [MONDAY] * 30 + [MONDAY + DAY] * 20)
    make(organization, [MONDAY] * 3)
    make(stranger.organization, [MONDAY])

    assert counts(organization) == {"Mon": 33, "Tue": 20}
    assert LinkCount.objects.count() == 3


@on_postgresql
@pytest.mark.django_db
def test_a_day_without_links_any_more_leaves_no_row(organization):
    links = make(organization, [MONDAY] * 2 + [MONDAY + DAY])
    OnboardingLink.objects.filter(created_at=MONDAY).delete()
    links[2].delete()

    assert not LinkCount.objects.exists()


@on_postgresql
@pytest.mark.django_db
def test_a_deleted_organization_leaves_no_counts(organization, stranger):
    make(organization, TIMES)
    make(stranger.organization, [MONDAY])
    organization.delete()
    sql("SET CONSTRAINTS ALL IMMEDIATE")

    assert set(LinkCount.objects.values_list("organization_id", flat=True)) == {stranger.organization.pk}
    assert link_counts.wrong_days() == 0


@on_postgresql
@pytest.mark.django_db
def test_what_is_undone_is_not_counted(organization):
    make(organization, [MONDAY])
    with transaction.atomic():
        OnboardingLink.objects.all().delete()
        make(organization, [MONDAY + DAY])
        transaction.set_rollback(True)

    assert counts(organization) == {"Mon": 1}


@on_postgresql
@pytest.mark.django_db
def test_a_link_that_only_changes_touches_no_count(organization):
    [link] = make(organization, [MONDAY])
    before = places()
    link.status = "processing"
    link.save()
    OnboardingLink.objects.update(status="pending", created_at=MONDAY)
    untouched = places()
    make(organization, [MONDAY])

    assert untouched == before != places()


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ["TRUNCATE onboarding_onboardinglink CASCADE", None])
def test_tables_that_are_emptied_leave_no_counts(organization, statement):
    make(organization, TIMES)
    if statement:
        sql(statement)
    else:
        call_command("flush", interactive=False, verbosity=0)

    assert not LinkCount.objects.exists()


@on_postgresql
@pytest.mark.django_db
def test_the_migration_counts_links_that_are_there(organization, stranger):
    def migrate(step: Any) -> None:
        with connection.schema_editor(atomic=False) as editor:
            step(None, editor)

    migrate(migration.end)
    LinkCount.objects.all().delete()
    make(organization, TIMES)
    make(stranger.organization, [MONDAY])
    assert not LinkCount.objects.exists()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    migrate(migration.begin)
    make(stranger.organization, [MONDAY])

    assert link_counts.wrong_days() == 0
    assert counts(stranger.organization) == {"Mon": 2}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_waits_for_nobody_who_has_not_committed_yet(organization):
    make(organization, [MONDAY, MONDAY + DAY])
    has_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            make(organization, [MONDAY, MONDAY + DAY])
            has_written.set()
            assert may_commit.wait(20)

    def quick() -> None:
        assert has_written.wait(20)
        try:
            sql("SET lock_timeout = '5s'")
            make(organization, [MONDAY + DAY])
            make(organization, [MONDAY])
        finally:
            may_commit.set()

    assert at_once(slow, quick) == [None, None]
    assert counts(organization) == {"Mon": 3, "Tue": 3}
    assert LinkCount.objects.count() == 4


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_writers_and_deleters_at_once_lose_no_link_and_stand_in_nobodys_way(organization):
    doomed = make(organization, [MONDAY, MONDAY + DAY] * 40)

    def write(number: int) -> None:
        days = [MONDAY, MONDAY + DAY][:: 1 if number % 2 else -1]
        for link in doomed[number::8]:
            with transaction.atomic():
                make(organization, days[:1])
                link.delete()
                make(organization, days[1:])

    results = at_once(*(lambda number=number: write(number) for number in range(8)))

    assert results == [None] * 8
    assert counts(organization) == {"Mon": 80, "Tue": 80}
    assert link_counts.wrong_days() == 0
    # As many parts as there were writers, not as there were links.
    assert LinkCount.objects.count() <= 2 * 9


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_that_is_killed_within_its_transaction_leaves_the_counts_right(organization):
    make(organization, [MONDAY] * 3)
    has_written, was_killed = threading.Event(), threading.Event()
    process_ids: list[int] = []

    def doomed() -> None:
        with transaction.atomic():
            OnboardingLink.objects.filter(pk__in=OnboardingLink.objects.values("pk")[:1]).delete()
            make(organization, [MONDAY] * 5)
            process_ids.append(connection.connection.info.backend_pid)
            has_written.set()
            assert was_killed.wait(20)
            make(organization, [MONDAY])

    def killer() -> None:
        assert has_written.wait(20)
        make(organization, [MONDAY])
        sql("SELECT pg_terminate_backend(%s, 5000)", process_ids[0])
        was_killed.set()
        make(organization, [MONDAY])

    died, _ = at_once(doomed, killer)

    assert isinstance(died.__cause__, psycopg.OperationalError), died
    assert counts(organization) == {"Mon": 5}
    assert link_counts.wrong_days() == 0


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_of_a_stricter_isolation_is_refused_for_no_count(organization):
    make(organization, [MONDAY])

    def meanwhile() -> None:
        make(organization, [MONDAY])

    with transaction.atomic():
        sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert OnboardingLink.objects.count() == 1
        assert at_once(meanwhile) == [None]
        make(organization, [MONDAY])

    assert counts(organization) == {"Mon": 3}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_doctor_finds_counts_that_are_wrong_and_the_command_mends_them(organization, capsys):
    make(organization, [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY])
    assert look("link_counts").status is Status.OK
    sql("ALTER TABLE onboarding_onboardinglink DISABLE TRIGGER USER")
    OnboardingLink.objects.filter(created_at=MONDAY).delete()
    make(organization, [MONDAY + DAY, MONDAY + 3 * DAY])
    sql("ALTER TABLE onboarding_onboardinglink ENABLE TRIGGER USER")

    found = look("link_counts")
    call_command("recount_links")
    call_command("recount_links")

    assert (found.status, found.message.partition(" ")[0]) == (Status.FAILED, "3")
    assert capsys.readouterr().out == "3 days were wrong.\nAll counts were right.\n"
    assert look("link_counts").status is Status.OK
    assert counts(organization) == {"Tue": 2, "Wed": 1, "Thu": 1}


@pytest.mark.skipif(connection.vendor == "postgresql", reason="SQLite's own answer")
@pytest.mark.django_db
def test_on_sqlite_nothing_is_counted_and_nothing_to_mend(organization):
    make(organization, TIMES)

    assert not LinkCount.objects.exists()
    assert look("link_counts").status is Status.NOT_CHECKED
    with pytest.raises(CommandError, match="PostgreSQL alone"):
        call_command("recount_links")
