"""Who gets which delivery: what is due, the cap of each endpoint, and claimers side by side."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.webhooks.acts import NAME, endpoint, happen, states
from webhooks.delivery import Outcome, claim, settle
from webhooks.delivery.lanes import CAP
from webhooks.events import publish
from webhooks.models import Delivery
from webhooks.services import update_webhook

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")
LEASE = timedelta(seconds=60)


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


def run_together(work, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
