"""Who gets which delivery: leases, the cap of each endpoint, crashes, and claimers side by side."""

import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webhooks.receivers import Answer
from webhooks.delivery import Outcome, claim, is_anything_due, recover, release, send, settle, statements
from webhooks.delivery.lanes import CAP
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook
from webhooks.services import create_webhook, update_webhook

NAME = "message.received"
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")
LEASE = timedelta(seconds=60)


def endpoint(organization, name: str = "a", url: str | None = None) -> OutgoingWebhook:
    return create_webhook(organization=organization, url=url or f"https://{name}.example.com", events=["*"])


def happen(organization, times: int = 1) -> None:
    with transaction.atomic():
        for _ in range(times):
            publish(organization=organization, name=NAME, data={})


def states() -> dict[str, int]:
    return dict(Counter(Delivery.objects.values_list("state", flat=True)))


def test_a_claim_takes_the_longest_waiting_first_and_never_above_the_cap(organization):
    endpoint(organization)
    happen(organization, 10)
    expected = list(Delivery.objects.order_by("next_attempt_at", "pk").values_list("pk", flat=True))

    first = claim(100, now=timezone.now())
    second = claim(100, now=timezone.now())

    assert [one.delivery_id for one in first] == expected[:CAP]
    assert second == []


def test_a_backlog_of_one_endpoint_leaves_room_for_the_others(organization):
    dead = endpoint(organization, "dead")
    happen(organization, 30)
    healthy = {endpoint(organization, f"healthy-{number}").pk for number in range(3)}
    happen(organization)

    claimed = Counter(one.webhook_id for one in claim(100, now=timezone.now()))

    assert claimed == {dead.pk: CAP} | dict.fromkeys(healthy, 1)


def test_endpoints_at_their_cap_do_not_stand_in_the_way(organization):
    for number in range(3):
        endpoint(organization, f"slow-{number}")
    happen(organization, CAP + 1)
    assert len(claim(100, now=timezone.now())) == 3 * CAP
    late = endpoint(organization, "late")
    happen(organization)

    claimed = claim(2, now=timezone.now())

    assert [one.webhook_id for one in claimed] == [late.pk]


def test_a_claim_keeps_to_its_limit(organization):
    for number in range(5):
        endpoint(organization, str(number))
    happen(organization, 2)

    assert len(claim(3, now=timezone.now())) == 3


def test_what_is_not_due_or_not_active_is_not_claimed(organization):
    webhook = endpoint(organization)
    happen(organization)
    due = Delivery.objects.get().event.created_at

    assert claim(100, now=due - timedelta(milliseconds=1)) == []
    update_webhook(webhook=webhook, changes={"is_active": False})
    assert claim(100, now=timezone.now()) == []


def test_a_claim_writes_a_lease_and_counts_the_attempt(organization):
    endpoint(organization)
    happen(organization)
    now = timezone.now()

    (claimed,) = claim(100, now=now)

    row = Delivery.objects.get()
    assert (row.state, row.attempt_count, claimed.attempt) == ("in_flight", 1, 1)
    assert row.lease_token == claimed.lease_token
    assert row.lease_expires_at == now + LEASE == claimed.lease_expires_at


def test_a_claim_takes_as_many_queries_for_one_as_for_many(organization):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite looks at each lane by itself")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert claim(100, now=timezone.now())
        return len(captured)

    endpoint(organization, "first")
    happen(organization)
    one = queries()
    for number in range(20):
        endpoint(organization, str(number))
    happen(organization, 4)

    assert queries() == one


def test_nothing_due_costs_one_query(organization):
    endpoint(organization)
    happen(organization)
    claim(100, now=timezone.now())

    with CaptureQueriesContext(connection) as captured:
        assert not is_anything_due(timezone.now())
    assert len(captured) == 1


def test_a_crash_between_claim_and_settle_sends_again_after_the_lease(organization, receiver, go):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    (lost,) = claim(100, now=now)
    send(lost, at=now)

    recover(now + LEASE - timedelta(milliseconds=1))
    assert go(now + LEASE) == []
    assert is_anything_due(now + LEASE)
    recover(now + LEASE)
    (again,) = go(now + LEASE)

    assert again.claimed.attempt == 2
    assert [got.headers["webhook-id"] for got in receiver.got] == [lost.event_id] * 2
    unknown, second = Attempt.objects.order_by("number")
    assert (unknown.number, unknown.error, unknown.response_status, unknown.at) == (1, "unknown", None, now)
    assert (second.number, second.response_status) == (2, 200)
    assert states() == {"succeeded": 1}


def test_a_body_that_kills_its_worker_each_time_ends_after_five_attempts(organization):
    endpoint(organization)
    happen(organization)
    now = timezone.now()

    for _ in range(5):
        assert len(claim(100, now=now)) == 1
        now += LEASE
        recover(now)

    assert claim(100, now=now) == []
    row = Delivery.objects.get()
    assert (row.state, row.last_error, row.attempt_count) == ("failed", "unknown", 5)
    assert Attempt.objects.filter(error="unknown").count() == 5


def test_a_late_failure_is_logged_and_moves_nothing(organization, receiver):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    receiver.answers = [Answer(500)]
    (stale,) = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    settle([send(stale, at=now)], now=now + LEASE)

    row = Delivery.objects.get()
    assert (row.state, row.lease_token) == ("in_flight", current.lease_token)
    assert Attempt.objects.filter(response_status=500).count() == 1


def test_a_late_success_closes_the_delivery(organization, receiver):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    (stale,) = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    settle([send(stale, at=now)], now=now + LEASE)
    receiver.answers = [Answer(500)]
    settle([send(current, at=now + LEASE)], now=now + LEASE)

    assert states() == {"succeeded": 1}


def test_a_result_that_came_too_late_does_not_hold_up_the_others_of_its_batch(organization):
    endpoint(organization)
    happen(organization, 3)
    now = timezone.now()
    stale, gone, good = claim(3, now=now)
    Delivery.objects.filter(pk=stale.delivery_id).update(lease_token=good.delivery_id)
    Delivery.objects.filter(pk=gone.delivery_id).delete()

    settle(
        [
            Outcome(stale, now, 5, status=500, error="http_status"),
            Outcome(gone, now, 5, status=500, error="http_status"),
            Outcome(good, now, 5, status=200),
        ],
        now=now,
    )

    assert states() == {"in_flight": 1, "succeeded": 1}
    assert Attempt.objects.count() == 2


def test_what_is_given_back_is_as_if_it_had_not_been_claimed(organization):
    endpoint(organization)
    happen(organization, 2)
    before = list(Delivery.objects.order_by("pk").values())

    release(claim(100, now=timezone.now()))

    assert list(Delivery.objects.order_by("pk").values()) == before


def test_a_stale_claim_gives_nothing_back(organization):
    endpoint(organization)
    happen(organization)
    now = timezone.now()
    stale = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    release(stale)

    assert Delivery.objects.get().lease_token == current.lease_token


def test_what_is_held_for_72_hours_fails_as_expired(organization):
    webhook = endpoint(organization)
    active = endpoint(organization, "active")
    happen(organization)
    update_webhook(webhook=webhook, changes={"is_active": False})
    due = Delivery.objects.get(webhook=webhook).event.created_at

    recover(due + timedelta(hours=71, minutes=59))
    assert states() == {"pending": 2}
    recover(due + timedelta(hours=72))

    row = Delivery.objects.get(webhook=webhook)
    assert (row.state, row.last_error, row.attempt_count) == ("failed", "expired", 0)
    assert Delivery.objects.get(webhook=active).state == "pending"


def test_the_sweep_sees_what_was_held_too_long_and_not_what_is_held(organization):
    webhook = endpoint(organization)
    happen(organization)
    update_webhook(webhook=webhook, changes={"is_active": False})
    now = timezone.now()

    assert not is_anything_due(now)
    assert not is_anything_due(now + timedelta(hours=71))
    assert is_anything_due(now + timedelta(hours=72))


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_never_overlap_and_never_exceed_the_cap(organization):
    for number in range(6):
        endpoint(organization, str(number))
    happen(organization, 40)
    taken: list[tuple[object, int]] = []
    lock, in_flight, worst = threading.Lock(), Counter[object](), Counter[object]()

    def work() -> None:
        idle = 0
        while idle < 20:
            claimed = claim(10, now=timezone.now())
            idle = 0 if claimed else idle + 1
            with lock:
                taken.extend((one.delivery_id, one.attempt) for one in claimed)
                in_flight.update(one.webhook_id for one in claimed)
                for webhook_id, count in in_flight.items():
                    worst[webhook_id] = max(worst[webhook_id], count)
            time.sleep(0.003)
            with lock:
                in_flight.subtract(one.webhook_id for one in claimed)
            outcomes = [Outcome(one, timezone.now(), 1, status=200) for one in claimed]
            settle(outcomes, now=timezone.now())
        connection.close()

    run_together(work, 8)

    assert len(taken) == len(set(taken)) == 240
    assert states() == {"succeeded": 240}
    assert max(worst.values()) <= CAP


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_claimers_of_one_endpoint_take_its_cap_together(organization):
    endpoint(organization)
    happen(organization, 40)
    counts: list[int] = []

    def work() -> None:
        counts.append(sum(len(claim(3, now=timezone.now())) for _ in range(5)))
        connection.close()

    run_together(work, 8)

    assert sum(counts) == CAP
    assert states() == {"in_flight": CAP, "pending": 36}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_endpoint_is_claimed_while_somebody_stores_a_delivery_for_it(organization):
    endpoint(organization)
    happen(organization)
    claimed: list[int] = []

    def work() -> None:
        claimed.append(len(claim(10, now=timezone.now())))
        connection.close()

    with transaction.atomic():
        publish(organization=organization, name=NAME, data={})
        connection.check_constraints()  # from here on the endpoint's row is share-locked, as at a commit
        run_together(work, 1)

    assert claimed == [1]


def backlog(webhook: OutgoingWebhook, count: int, state: str) -> None:
    """Deliveries of the past, made by the database itself. `tried`: they wait for their second attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_event (id, organization_id, name, body, created_at)"
            " SELECT 'evt_' || lpad(n::text, 26, '0'), %s, 'message.sent', '{}', now()"
            " FROM generate_series(1, %s) n",
            [str(webhook.organization_id), count],
        )
        cursor.execute(
            "INSERT INTO webhooks_delivery"
            " (id, event_id, webhook_id, trigger, state, attempt_count, next_attempt_at, created_at)"
            " SELECT gen_random_uuid(), id, %s, 'event', %s, %s, now(), now()"
            " FROM webhooks_event WHERE name = 'message.sent'",
            [str(webhook.pk), "pending" if state == "tried" else state, int(state == "tried")],
        )


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def pages_read(statement: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["pending", "tried", "succeeded"])
@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("are_statistics_behind", [True, False])
def test_looking_for_work_costs_the_same_behind_any_backlog(
    organization, state, is_active, are_statistics_behind
):
    dead = endpoint(organization, "dead")
    OutgoingWebhook.objects.update(is_active=is_active, events=["webhook.test"])
    run("ANALYZE webhooks_delivery")
    backlog(dead, 20_000, state)
    for number in range(50):
        endpoint(organization, str(number))
    if not are_statistics_behind:
        run("ANALYZE webhooks_delivery")
    happen(organization, 2)
    now = timezone.now()
    asked = {"now": now, "held_before": now - timedelta(hours=72), "cap": CAP, "limit": 64, "besides": []}
    asked |= {"ramp_1": now, "ramp_2": now, "organization_cap": 16, "slow_cap": 8}
    every = list(OutgoingWebhook.objects.values_list("pk", flat=True))
    lanes_of = {"webhooks": every, "agains": [0] * len(every), "rooms": [CAP] * len(every)}

    for statement in (
        f"{statements.FAST_LANES} {statements.LOCKED}",
        f"{statements.SLOW_LANES} {statements.LOCKED}",
        statements.LOAD_NOW,
        statements.ANYTHING_DUE,
        statements.HELD_TOO_LONG,
        statements.OLDEST_DUE,
    ):
        assert pages_read(statement, asked) < 51 * 40
    assert pages_read(statements.DUE_ROWS, asked | lanes_of) < 51 * 40


def run_together(work, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
