"""Workers side by side: what one has no other takes, and nobody waits for another."""

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from meta_events import mailboxes
from meta_events.claiming import BATCH, claim
from meta_events.items import Verdict
from meta_events.models import Change, Notification
from meta_events.splitting import split
from organizations.models import Organization
from tests.meta_events.world import change, states, the_change, told, worked
from tests.wabas.world import at_once, on_postgresql
from webhooks.delivery.lanes import read_by_index, rows_of

LEASE = timedelta(seconds=61)
ONE, OTHER = "102290129340398", "102290129340399"


def told_of(*events: str, waba: str = ONE) -> None:
    told(*[change(event=event) for event in events], entry_id=waba)


def claimed(at=None) -> list[str | None]:
    return [row.event for row in claim(at or timezone.now()).changes]


@pytest.mark.django_db
def test_a_claim_takes_the_longest_waiting_and_never_more_than_a_batch():
    told(*[change("messages", event=str(number)) for number in range(BATCH + 5)])
    split(timezone.now())

    assert claimed() == [str(number) for number in range(BATCH)]
    assert claimed() == [str(number) for number in range(BATCH, BATCH + 5)]
    assert claimed() == []


@pytest.mark.django_db
def test_those_whose_worker_died_are_taken_alone():
    told(*[change("messages", event=str(number)) for number in range(4)])
    split(timezone.now())
    Change.objects.filter(event__in=["0", "2"]).update(attempts=1, status="running", lease_token=uuid.uuid4())

    assert [claimed() for _ in range(4)] == [["0"], ["1"], ["2"], ["3"]]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_being_taken_holds_nobody_up():
    told_of("a")
    told_of("b", waba=OTHER)
    split(timezone.now())

    with transaction.atomic():
        list(Change.objects.select_for_update().filter(event="a"))
        (others,) = at_once(claimed)

    assert others == ["b"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_take_apart_and_handle_each_change_once(handling):
    handled, lock = Counter[int](), threading.Lock()

    def count(item):
        with lock:
            handled[item.value["n"]] += 1
        return Verdict.DONE

    handling("seen", count)
    for number in range(40):
        told(*[change("seen", n=10 * number + place) for place in range(10)])

    results = at_once(*[worked] * 8)

    assert [one for one in results if isinstance(one, Exception)] == []
    assert handled == dict.fromkeys(range(400), 1)
    assert Counter(states()) == {"done": 400}
    assert set(Change.objects.values_list("attempts", flat=True)) == {1}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_lost_the_lease_leaves_no_trace(handling):
    """A worker that was silent for longer than its lease, and wrote all the same."""

    def be_late(item):
        attempt = the_change().attempts
        Organization.objects.create(name=f"written in try {attempt}")
        if attempt == 1:
            at_once(lambda: worked(clock=lambda: timezone.now() + LEASE))
        return Verdict.DONE

    handling("slow", be_late)
    told(change("slow"))

    worked()

    assert [one.name for one in Organization.objects.all()] == ["written in try 2"]
    assert (the_change().status, the_change().attempts) == ("done", 2)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_body_that_another_takes_apart_is_left_to_it():
    told_of("a")
    told_of("b")
    first = Notification.objects.earliest("pk")

    with transaction.atomic():
        list(Notification.objects.select_for_update().filter(pk=first.pk))
        at_once(lambda: split(timezone.now()))

    assert list(Change.objects.values_list("event", flat=True)) == ["b"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_loses_nothing(handling):
    """As a restart of PostgreSQL does, in the middle of a handler."""
    cuts = [1]

    def cut(item):
        if cuts and cuts.pop():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            at_once(lambda: terminated(pid))
        Organization.objects.create(name=str(uuid.uuid4()))
        return Verdict.DONE

    handling("seen", cut)
    told(change("seen"), change("seen", n=2))

    worked()
    connections.close_all()
    worked(clock=lambda: timezone.now() + LEASE)

    assert states() == ["done", "done"]
    assert Organization.objects.count() == 2


def terminated(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_queue_is_found_by_its_own_indexes_behind_a_backlog():
    """What is over is the most of it by far."""
    row = told(change("seen"))
    over = [
        Change(
            notification=row,
            entry_position=9,
            position=number,
            field="account_update",
            meta_waba_id=str(number % 50),
            status="done",
        )
        for number in range(20_000)
    ]
    Change.objects.bulk_create(over, batch_size=1000)
    told_of("a", "b", "c")
    split(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE meta_events_change")
        cursor.execute("ANALYZE meta_events_notification")

    asked = {"mailboxes": [ONE], "share": BATCH, "now": timezone.now(), "is_bulk": False}
    for statement in (mailboxes.WITH_WORK, mailboxes.FIRST_OF_EACH):
        with transaction.atomic():
            read_by_index()
            plan = "\n".join(row[0] for row in rows_of(f"EXPLAIN {statement}", **asked))
        assert "change_due" in plan
        assert "Seq Scan" not in plan


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_body_that_the_database_refuses_stops_nobody_behind_it():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE meta_events_change ADD CONSTRAINT no_poison CHECK (event <> 'POISON')")
    try:
        told_of("a")
        poison = told(change("messages", event="POISON"), change("messages", event="beside it"))
        told_of("b", waba=OTHER)
        worked()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE meta_events_change DROP CONSTRAINT no_poison")

    poison.refresh_from_db()
    assert (poison.status, poison.error) == ("unreadable", "IntegrityError")
    assert set(Change.objects.values_list("event", flat=True)) == {"a", "b"}
