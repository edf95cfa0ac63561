"""Sending again what went to an endpoint since a time: what is taken, how often, and beside new events."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from api.times import timestamp
from tests.webhooks.receivers import Answer
from webhooks import redelivery
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, Event
from webhooks.pump import Pump
from webhooks.redelivery import replay, replay_in_batches
from webhooks.services import create_webhook, update_webhook

HOUR = timedelta(hours=1)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")


@pytest.fixture
def path(webhook) -> str:
    return f"outgoing-webhooks/{webhook.pk}/replay"


def ended(webhook, state: str, count: int = 1, *, ago: timedelta = HOUR) -> list[Delivery]:
    """Events of so long ago whose deliveries have ended so."""
    rows = []
    with time_machine.travel(timezone.now() - ago) as traveller, transaction.atomic():
        for _ in range(count):
            traveller.shift(0.01)
            event = publish(organization=webhook.organization, name="message.sent", data={})
            event.deliveries.update(state=state, finished_at=timezone.now())
            rows.append(event.deliveries.get(webhook=webhook))
    return rows


def counted(api, path: str, since: timedelta = 2 * HOUR, **body) -> int:
    answer = api.post(path, {"since": timestamp(timezone.now() - since)} | body)
    assert answer.status_code == 202, answer.content
    assert list(answer.json()["data"]) == ["count"]
    count: int = answer.json()["data"]["count"]
    return count


def repeated() -> list[Delivery]:
    """What is being sent again, by time."""
    return list(Delivery.objects.filter(trigger="manual").order_by("next_attempt_at"))


def test_what_ended_is_sent_again_with_the_same_id_and_bytes(api, receiver, webhook, path, go):
    failed, arrived = ended(webhook, "failed")[0], ended(webhook, "succeeded")[0]
    ended(webhook, "pending")

    assert counted(api, path) == 2

    assert {row.replay_of_id for row in repeated()} == {failed.pk, arrived.pk}
    Delivery.objects.filter(trigger="event").update(next_attempt_at=timezone.now() + HOUR)
    go(timezone.now() + timedelta(minutes=1))
    sent = {got.headers["webhook-id"]: got.body for got in receiver.got}
    assert sent == {row.event_id: bytes(Event.objects.get(pk=row.event_id).body) for row in (failed, arrived)}


@pytest.mark.parametrize("status", ["failed", "succeeded"])
def test_only_what_ended_so(api, webhook, path, status):
    rows = {state: ended(webhook, state)[0] for state in ("failed", "succeeded", "discarded")}

    assert counted(api, path, status=status) == 1
    assert repeated()[0].replay_of_id == rows[status].pk


def test_only_since_then_and_only_of_this_endpoint(api, organization, webhook, path):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    ended(webhook, "failed", ago=3 * HOUR)
    recent = ended(webhook, "failed", ago=HOUR)[0]

    assert counted(api, path) == 1
    assert [row.replay_of_id for row in repeated()] == [recent.pk]
    assert not Delivery.objects.filter(webhook=other, trigger="manual").exists()


def test_a_double_click_doubles_nothing_whether_or_not_they_were_sent_in_between(
    api, receiver, webhook, path, go
):
    ended(webhook, "succeeded", 3)

    assert [counted(api, path) for _ in range(2)] == [3, 0]
    go(timezone.now() + timedelta(minutes=1))
    assert counted(api, path) == 0
    assert len(receiver.got) == 3

    Delivery.objects.filter(trigger="manual").update(finished_at=timezone.now() - timedelta(minutes=11))
    assert counted(api, path) == 3


def test_failed_is_what_has_not_arrived_yet_redeliveries_included(api, receiver, webhook, path, go):
    ended(webhook, "failed", 2)
    receiver.answers = [Answer(400)]
    assert counted(api, path, status="failed") == 2
    go(timezone.now() + timedelta(minutes=1))
    assert sorted(row.state for row in repeated()) == ["failed", "succeeded"]

    assert counted(api, path, status="failed") == 1
    go(timezone.now() + timedelta(minutes=1))

    assert counted(api, path, status="failed") == 0
    assert len(receiver.got) == 3


def test_an_event_is_taken_once_however_often_it_was_sent(api, webhook, path, go):
    [row] = ended(webhook, "failed")
    Delivery.objects.bulk_create(
        Delivery(
            event=row.event, webhook=webhook, replay_of=row, trigger="manual", state="failed",
            next_attempt_at=None, created_at=row.created_at,
        )
        for _ in range(3)
    )  # fmt: skip

    assert counted(api, path) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-15"}, "since"),
        ({"since": "2100-01-15T10:30:00.000Z"}, "since"),
        ({"since": "2020-01-15T10:30:00.000Z"}, "since"),
        ({"since": "now", "status": "pending"}, "status"),
        ({"since": "now", "status": "all"}, "status"),
        ({"since": "now", "until": "now"}, "until"),
    ],
)
def test_a_wrong_body_is_named_and_sends_nothing(api, webhook, path, body, field):
    ended(webhook, "failed")
    now = timestamp(timezone.now())

    answer = api.post(path, {name: now if value == "now" else value for name, value in body.items()})

    assert answer.status_code == 400
    assert field in {detail["field"] for detail in answer.json()["error"]["details"]}
    assert repeated() == []


def test_thirty_days_back_is_the_most(api, webhook, path):
    ended(webhook, "failed", ago=timedelta(days=29, hours=23))

    assert counted(api, path, timedelta(days=30) - timedelta(minutes=1)) == 1
    day_more = {"since": timestamp(timezone.now() - timedelta(days=30, minutes=1))}
    assert "30 days" in api.post(path, day_more).json()["error"]["details"][0]["message"]


def test_an_inactive_endpoint_is_a_409_and_gets_nothing(api, webhook, path):
    ended(webhook, "failed")
    update_webhook(webhook=webhook, changes={"is_active": False})

    assert api.post(path, {"since": timestamp(timezone.now() - 2 * HOUR)}).status_code == 409
    assert repeated() == []


def test_another_organizations_endpoint_is_a_404(stranger, webhook, path):
    ended(webhook, "failed")

    assert stranger.post(path, {"since": timestamp(timezone.now() - 2 * HOUR)}).status_code == 404
    assert repeated() == []


def attempted(row: Delivery, took: int) -> None:
    """An attempt of a moment ago, of so many milliseconds."""
    Attempt.objects.create(delivery=row, webhook=row.webhook, number=1, at=timezone.now(), duration_ms=took)


def due(row: Delivery) -> datetime:
    assert row.next_attempt_at is not None
    return row.next_attempt_at


# -- how fast ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("took", "gap"), [(None, 0.1), (0, 0.02), (300, 0.3), (9000, 1.0)])
def test_they_go_out_oldest_first_as_fast_as_the_endpoint_answered_of_late(webhook, took, gap):
    rows = ended(webhook, "failed", 5)
    if took is not None:
        attempted(rows[0], took)

    replay(webhook=webhook, since=timezone.now() - 2 * HOUR)

    again = repeated()
    assert [row.replay_of_id for row in again] == [row.pk for row in rows]
    assert abs(due(again[0]) - timezone.now()) < timedelta(seconds=5)
    for place, row in enumerate(again):
        assert due(row) - due(again[0]) == timedelta(seconds=place * gap)


def test_batches_and_a_second_replay_queue_up(webhook, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 3)
    ended(webhook, "failed", 7)
    batches = list(replay_in_batches(webhook=webhook, since=timezone.now() - 2 * HOUR))
    ended(webhook, "succeeded", 2, ago=HOUR / 2)
    batches += replay_in_batches(webhook=webhook, since=timezone.now() - 2 * HOUR)

    assert [(batch.seen, batch.added) for batch in batches] == [
        (3, 3), (3, 3), (1, 1),
        (3, 0), (3, 0), (3, 2), (0, 0),
    ]  # fmt: skip
    times = [due(row) for row in repeated()]
    assert {after - before for before, after in pairwise(times)} == {timedelta(seconds=0.1)}


def test_what_fails_at_once_is_not_taken_a_second_time_by_the_same_replay(webhook, receiver, monkeypatch, go):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    ended(webhook, "failed", 5)
    receiver.answers = [Answer(400)] * 50
    sizes = []

    for batch in replay_in_batches(webhook=webhook, since=timezone.now() - 2 * HOUR, status="failed"):
        sizes.append(batch.added)
        go(timezone.now() + HOUR)
        assert len(sizes) < 10

    assert sizes == [2, 2, 1]


def test_a_replay_that_was_stopped_is_begun_again_without_doubling(webhook, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 3)
    ended(webhook, "failed", 8)
    batches = replay_in_batches(webhook=webhook, since=timezone.now() - 2 * HOUR)
    assert next(batches).added == 3
    batches.close()

    assert replay(webhook=webhook, since=timezone.now() - 2 * HOUR) == 5
    assert len({row.replay_of_id for row in repeated()}) == len(repeated()) == 8


def test_deactivating_in_the_middle_ends_it(webhook, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 3)
    ended(webhook, "failed", 8)
    batches = replay_in_batches(webhook=webhook, since=timezone.now() - 2 * HOUR)
    next(batches)
    update_webhook(webhook=webhook, changes={"is_active": False})

    with pytest.raises(redelivery.InactiveError):
        next(batches)
    assert len(repeated()) == 3


# -- with other things going on --------------------------------------------------------------------------


def in_threads(work: Callable[[], None], times: int) -> None:
    def run() -> None:
        work()
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_send_each_event_once(api, webhook, path, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 7)
    ended(webhook, "failed", 40)
    counts: list[int] = []

    in_threads(lambda: counts.append(counted(api, path)), 6)

    assert sum(counts) == 40
    assert len({row.replay_of_id for row in repeated()}) == len(repeated()) == 40


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_new_event_does_not_wait_behind_a_replay(webhook, receiver):
    """A receiver that takes 100 ms, and 400 events to send it again: alone they take it ten seconds."""
    rows = ended(webhook, "failed", 400)
    attempted(rows[0], 100)
    receiver.answers = [Answer(after=0.1)] * 1000
    replay(webhook=webhook, since=timezone.now() - 2 * HOUR)
    pump, stop = Pump(), threading.Event()

    def keep_pumping() -> None:
        while not stop.is_set():
            pump.sweep(when_time_is_up=lambda: None)
            stop.wait(0.05)
        connections.close_all()

    thread = threading.Thread(target=keep_pumping)
    thread.start()
    time.sleep(1)
    with transaction.atomic():
        event = publish(organization=webhook.organization, name="message.received", data={})
    published = time.monotonic()
    while not any(got.headers["webhook-id"] == event.pk for got in receiver.got):
        assert time.monotonic() - published < 5
        time.sleep(0.01)
    waited = time.monotonic() - published
    stop.set()
    pump.stop()
    thread.join()

    assert waited < 1
    assert 5 <= len(receiver.got) < 100
