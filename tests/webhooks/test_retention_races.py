"""What is sent again at the moment when it is pruned: whoever was first decides, and nothing crashes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from api.errors import NotFoundError
from tests.webhooks.test_retention import NOW, SECOND, delivered, total
from webhooks.models import Attempt, Delivery, Event
from webhooks.redelivery import redeliver, replay
from webhooks.retention import KEPT, Pruned

OLD = NOW - KEPT - SECOND
MANY = 400

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's"),
    pytest.mark.django_db(transaction=True),
]


class Beside:
    """Work in a thread and on a connection of its own; `result()` raises what it raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work
        self.made: object = None
        self.raised: BaseException | None = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            self.made = self.work()
        except BaseException as failure:  # noqa: BLE001 - raised again by result()
            self.raised = failure
        finally:
            connection.close()

    def result(self) -> object:
        self.thread.join(10)
        assert not self.thread.is_alive()
        if self.raised is not None:
            raise self.raised
        return self.made


def wait_until(count: int, of: str) -> None:
    """Until a count of what the server shows of itself is so high."""
    ends = time.monotonic() + 5
    with connection.cursor() as cursor:
        while cursor.execute(f"SELECT count(*) FROM {of}").fetchone()[0] != count:  # noqa: S608
            assert time.monotonic() < ends, "it did not come to that"
            time.sleep(0.01)


def wait_until_blocked(count: int) -> None:
    wait_until(count, "pg_locks WHERE NOT granted")


def slowly(execute: Callable[..., object], statement: str, *more: object) -> object:
    """A prune on a big table: there is time between what its first statement sees and what it locks."""
    if "FOR UPDATE SKIP LOCKED" in statement:
        statement = statement.replace(" WHERE ", " WHERE pg_sleep(0.5) IS NOT NULL AND ", 1)
    return execute(statement, *more)


def slow_total() -> Pruned:
    with connection.execute_wrapper(slowly):
        return total()


@contextmanager
def pruning(row: Delivery) -> Iterator[Beside]:
    """Within the block a prune has begun and cannot go on: it wants an attempt of `row` that is locked."""
    with transaction.atomic():
        assert list(Attempt.objects.select_for_update().filter(delivery=row))
        pruned = Beside(total)
        wait_until_blocked(1)
        yield pruned


def test_what_is_being_sent_again_is_not_pruned(webhook):
    row = delivered(webhook, OLD)
    with transaction.atomic():
        again = redeliver(delivery=row)

        pruned = Beside(total).result()

    assert pruned == Pruned()
    assert Delivery.objects.get(pk=again.pk).event_id == row.event_id


def test_what_is_being_pruned_cannot_be_sent_again(api, webhook):
    row = delivered(webhook, OLD)
    path = f"outgoing-webhooks/{webhook.pk}/deliveries/{row.pk}/redeliver"
    with pruning(row) as pruned:
        answer = Beside(lambda: api.post(path).status_code)
        wait_until_blocked(2)

    assert pruned.result() == Pruned(events=1, attempts=1)
    assert answer.result() == 404
    assert not Delivery.objects.exists()


def test_a_replay_leaves_out_what_is_being_pruned_and_sends_the_rest(webhook):
    row, kept = delivered(webhook, OLD), delivered(webhook, NOW)
    with pruning(row) as pruned:
        replayed = Beside(lambda: replay(webhook=webhook, since=OLD - SECOND))
        wait_until_blocked(2)

    assert (pruned.result(), replayed.result()) == (Pruned(events=1, attempts=1), 1)
    assert Delivery.objects.get(trigger="manual").replay_of == kept


def test_what_is_being_replayed_is_not_pruned(webhook):
    row = delivered(webhook, OLD)
    with transaction.atomic():
        replay(webhook=webhook, since=OLD - SECOND)

        pruned = Beside(total).result()

    assert pruned == Pruned()
    assert Delivery.objects.get(trigger="manual").replay_of == row


def test_what_was_sent_again_while_its_event_was_looked_for_is_not_pruned(webhook):
    row = delivered(webhook, OLD)
    pruned = Beside(slow_total)
    wait_until(1, "pg_stat_activity WHERE wait_event = 'PgSleep'")

    again = redeliver(delivery=row)

    assert pruned.result() == Pruned()
    assert Delivery.objects.filter(pk=again.pk).exists()


def test_of_many_at_once_whatever_was_accepted_is_still_to_be_sent(webhook):
    rows = [delivered(webhook, OLD - number * SECOND) for number in range(MANY)]
    start, accepted = threading.Barrier(3), []

    def send_again(some: list[Delivery]) -> None:
        start.wait()
        for row in some:
            try:
                accepted.append(redeliver(delivery=row).pk)
            except NotFoundError:
                continue

    def prune_all() -> Pruned:
        start.wait()
        return total()

    newest, oldest = Beside(lambda: send_again(rows[::2])), Beside(lambda: send_again(rows[:0:-2]))
    pruned = Beside(prune_all).result()
    newest.result(), oldest.result()

    assert set(Delivery.objects.filter(trigger="manual").values_list("pk", flat=True)) == set(accepted)
    assert Event.objects.count() == len(accepted)
    assert isinstance(pruned, Pruned)
    assert pruned.events <= MANY - len(accepted)
