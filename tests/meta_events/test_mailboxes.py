"""Turns: however much waits for one number, the message of another one is handled soon."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meta_events.claiming import BATCH, claim
from meta_events.items import Verdict
from meta_events.mailboxes import Work, with_work
from meta_events.models import Change, Notification
from meta_events.pump import OPEN_BYTES, Bodies, Pump
from meta_events.splitting import BATCH as SPLIT
from meta_events.splitting import split
from tests.meta_events.world import change, told
from tests.wabas.world import at_once, on_postgresql

pytestmark = pytest.mark.django_db


def waiting(box: str, count: int, *, field: str = "seen", **columns: object) -> list[Change]:
    row = told(change("nobody"))
    Notification.objects.filter(pk=row.pk).update(split_at=timezone.now(), status="split")
    due = {"due_at": timezone.now() - timedelta(minutes=1)} | columns
    made = [
        Change(notification=row, entry_position=9, position=number, field=field, mailbox=box, **due)
        for number in range(count)
    ]
    return Change.objects.bulk_create(made, batch_size=500)


def claimed(after: str = "", **asked: bool) -> list[str]:
    return [row.mailbox for row in claim(timezone.now(), after=after, **asked).changes]


def test_mailboxes_are_served_in_turn_whoever_waits_the_longest():
    waiting("A", 10_000)
    waiting("B", 2, due_at=timezone.now())
    waiting("C", 1, due_at=timezone.now())

    first = claimed()

    assert first[:4] == ["A", "B", "C", "A"]
    assert len(first) == BATCH // 3 + 1 + 3
    assert claimed() == ["A"] * BATCH


def test_a_turn_begins_behind_where_the_one_before_ended():
    for name in "ABCDE":
        waiting(name, 50)

    assert claimed(after="B")[:5] == ["C", "D", "E", "A", "B"]
    assert claimed(after="E")[:5] == ["A", "B", "C", "D", "E"]


def test_with_more_mailboxes_than_a_claim_takes_each_has_its_turn():
    names = [f"{number:04}" for number in range(3 * BATCH)]
    for name in names:
        waiting(name, 2)

    last, seen = "", list[str]()
    for _ in range(3):
        taken = claim(timezone.now(), after=last)
        last, seen = taken.last_mailbox, seen + [row.mailbox for row in taken.changes]

    assert sorted(seen) == names


def test_what_is_not_due_yet_gives_no_turn():
    waiting("A", 3, due_at=timezone.now() + timedelta(hours=1))
    waiting("B", 1)

    assert claimed() == ["B"]
    assert with_work(timezone.now()) == Work()


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_while_a_long_history_is_handled_messages_are_and_no_other_history_is(handling):
    order, pump = [], Pump(when_done=lambda: None)

    def take_history(item):
        order.append("begins")
        if item.value["n"] == 1:
            at_once(lambda: pump.run(when_time_is_up=lambda: None))
        order.append("ends")
        return Verdict.DONE

    def take(item):
        order.append("message")
        return Verdict.DONE

    handling("history", take_history)
    handling("seen", take)
    told(change("history", n=1, metadata={"phone_number_id": "1"}))
    split(timezone.now())
    taken = claim(timezone.now())
    assert taken.changes == []
    at_once(lambda: told(change("seen"), change("history", n=2)))

    pump.run(when_time_is_up=lambda: None)

    assert sorted(order) == sorted(["message", "begins", "ends", "begins", "ends"])
    assert [word for word in order if word != "message"] == ["begins", "ends"] * 2


def test_a_flood_of_posts_for_one_number_delays_no_other_numbers_message(seen):
    for number in range(5 * SPLIT):
        told(change("seen", n=number, metadata={"phone_number_id": "1"}))
    told(change("seen", n="other", metadata={"phone_number_id": "2"}))

    Pump(when_done=lambda: None).run(when_time_is_up=lambda: None)

    order = [item.value["n"] for item in seen]
    assert len(order) == 5 * SPLIT + 1
    assert order.index("other") <= 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_take_the_same():
    for name in "ABC":
        waiting(name, 100)

    taken = [row for found in at_once(*[lambda: claim(timezone.now()).changes] * 6) for row in found]

    assert len({row.pk for row in taken}) == len(taken) >= BATCH


def test_what_died_alone_holds_up_no_other_mailbox():
    waiting("A", 3, status="running", attempts=1, lease_token="0" * 32)
    waiting("B", 1)

    assert claimed() == ["A"]
    assert claimed(after="A") == ["B"]


def large_bodies(count: int, size: int) -> list[Change]:
    made = []
    for number in range(count):
        row = told(change("seen", n=number, text="x" * size))
        split(timezone.now())
        made.append(Change.objects.get(notification=row))
    return made


def test_large_bodies_are_not_all_open_at_once():
    changes, bodies = large_bodies(4, 3 * 2**20), Bodies()
    bodies.open(changes)

    for one in changes:
        row, envelope = bodies.of(one)
        assert envelope.entries[0]["changes"][0]["value"]["n"] == changes.index(one)
        assert row.pk == one.notification_id
        assert sum(len(bodies.rows[pk].body) for pk in bodies.envelopes) <= OPEN_BYTES

    assert list(bodies.envelopes) == [one.notification_id for one in changes[-2:]]


def test_bodies_that_fit_are_opened_once_for_all_claims():
    changes, bodies = large_bodies(3, 1000), Bodies()

    bodies.open(changes)
    first = [id(bodies.of(one)[1]) for one in changes]
    bodies.open(changes)

    assert [id(bodies.of(one)[1]) for one in reversed(changes)] == first[::-1]
    bodies.open(changes[:1])
    assert list(bodies.envelopes) == [changes[0].notification_id]
