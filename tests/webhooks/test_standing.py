"""What the breaker does to deliveries: held, probed, let out by and by."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webhooks.acts import (
    SECOND,
    answered,
    closed,
    due_times,
    happen,
    opened,
    the_lane,
)
from tests.webhooks.receivers import Answer
from webhooks.delivery import Outcome, claim, is_anything_due, recover, settle
from webhooks.delivery.lanes import CAP, RAMP_STEP
from webhooks.delivery.resuming import A_SECOND, LONGEST_RAMP, spread
from webhooks.models import Attempt, Delivery, WebhookLane
from webhooks.services import create_webhook

Breaker = WebhookLane.Breaker


def test_an_open_breaker_holds_what_waits_and_uses_up_no_attempts(organization, webhook):
    lane, half_open = opened(organization, webhook)
    untouched = Delivery.objects.filter(attempt_count=0).count()
    happen(organization, 2)

    held = half_open - 2 * SECOND
    assert lane.breaker_at(held) == Breaker.OPEN
    assert claim(100, now=held) == []
    assert not is_anything_due(held)
    assert Delivery.objects.filter(attempt_count=0, state="pending").count() == untouched + 2


def test_a_half_open_one_lets_out_exactly_one_probe_the_longest_waiting(organization, webhook):
    _, half_open = opened(organization, webhook)
    oldest = Delivery.objects.filter(state="pending").order_by("next_attempt_at", "pk")[0]

    assert is_anything_due(half_open)
    (probe,) = claim(100, now=half_open)

    assert probe.delivery_id == oldest.pk
    assert probe.is_slow
    assert claim(100, now=half_open) == []


def test_a_probe_that_nobody_settles_is_followed_by_another(organization, webhook):
    _, half_open = opened(organization, webhook)
    claim(100, now=half_open)
    later = half_open + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)

    recover(later)

    assert len(claim(100, now=later)) == 1


def test_a_failed_probe_costs_itself_an_attempt_and_no_other_row(organization, webhook):
    _, half_open = opened(organization, webhook)
    before = list(Delivery.objects.order_by("pk").values_list("pk", "attempt_count"))

    assert answered(half_open) == 1

    after = list(Delivery.objects.order_by("pk").values_list("pk", "attempt_count"))
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    lane = the_lane()
    assert lane.open_until >= half_open + timedelta(seconds=60)
    assert claim(100, now=half_open + timedelta(seconds=59)) == []


def test_two_probes_close_it_and_the_cap_rises_from_one_to_two_to_four(organization, webhook):
    now = closed(organization, webhook)
    assert WebhookLane.objects.get().breaker_at(now) == Breaker.CLOSED

    moments = (now, now + RAMP_STEP - SECOND, now + RAMP_STEP, now + 2 * RAMP_STEP)
    counts = [len(claim(100, now=moment)) for moment in moments]

    assert counts == [1, 0, 1, 2]
    assert Delivery.objects.filter(state="in_flight").count() == CAP


def test_what_was_held_comes_due_over_the_ramp(organization, webhook):
    now = closed(organization, webhook, 60)
    held = Delivery.objects.filter(state="pending", next_attempt_at__lte=now)
    count = held.count()
    assert count > 40
    assert is_anything_due(now)

    recover(now)

    assert not held.exclude(next_attempt_at=now).exists()
    ramp = timedelta(seconds=count / A_SECOND)
    times = due_times(state="pending", attempt_count=0)
    assert all(now <= time <= now + ramp for time in times)
    assert max(times) - min(times) > ramp / 2
    lane = WebhookLane.objects.get()
    assert (lane.is_spreading, lane.ramp_ends_at) == (False, now + ramp)


def test_a_large_backlog_is_spread_over_ten_minutes_in_batches(organization, webhook, monkeypatch):
    monkeypatch.setattr("webhooks.delivery.resuming.BATCH", 10)
    monkeypatch.setattr("webhooks.delivery.resuming.A_SECOND", 0.01)
    happen(organization, 55)
    now = timezone.now()
    WebhookLane.objects.create(webhook=webhook, resumed_at=now, is_spreading=True)

    spread(now, jitter=lambda low, high: high)
    assert Delivery.objects.filter(next_attempt_at=now + LONGEST_RAMP).count() == 40
    assert WebhookLane.objects.get().is_spreading
    spread(now + SECOND, jitter=lambda low, high: high)

    assert Delivery.objects.filter(next_attempt_at=now + LONGEST_RAMP).count() == 55
    assert not WebhookLane.objects.get().is_spreading


def test_what_the_breaker_held_for_72_hours_fails_as_expired(organization, webhook):
    opened(organization, webhook)
    first = Delivery.objects.filter(state="pending", attempt_count=0).earliest("next_attempt_at")
    later = due_times(pk=first.pk)[0] + timedelta(hours=72)
    WebhookLane.objects.update(open_until=later + timedelta(minutes=5))

    assert is_anything_due(later)
    recover(later - SECOND)
    first.refresh_from_db()
    assert first.state == "pending"
    recover(later)

    first.refresh_from_db()
    assert (first.state, first.last_error, first.attempt_count) == ("failed", "expired", 0)


def test_one_endpoint_with_an_open_breaker_holds_back_nobody_else(organization, webhook):
    opened(organization, webhook)
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    happen(organization, 2)

    claimed = claim(100, now=timezone.now())

    assert {one.webhook_id for one in claimed} == {other.pk}


def test_quick_successes_write_nothing_and_cost_no_query_more(organization, webhook):
    happen(organization, CAP)
    now = timezone.now()
    outcomes = [Outcome(one, now, 20, status=200) for one in claim(100, now=now)]

    with CaptureQueriesContext(connection) as captured:
        settle(outcomes, now=now)

    assert not WebhookLane.objects.exists()
    (read,) = [query["sql"] for query in captured if "webhooklane" in query["sql"]]
    assert "FROM webhooks_delivery delivery" in read


def test_a_calm_lane_is_not_written_either(organization, webhook):
    happen(organization)
    answered(timezone.now())
    later = timezone.now() + timedelta(hours=2)
    answered(later, 200)
    assert WebhookLane.objects.get().is_calm
    happen(organization)

    outcomes = [Outcome(one, later, 20, status=200) for one in claim(100, now=later)]
    with CaptureQueriesContext(connection) as captured:
        settle(outcomes, now=later)

    (read,) = [query["sql"] for query in captured if "webhooklane" in query["sql"]]
    assert "FROM webhooks_delivery delivery" in read
    assert "FOR NO KEY UPDATE" not in read.replace("FOR NO KEY UPDATE OF delivery", "")


def test_failures_are_counted_with_their_events_and_the_success_that_ends_them(organization, webhook):
    happen(organization, 3)
    now = timezone.now()
    answered(now)
    lane = WebhookLane.objects.get()
    assert (lane.failures, len(lane.failed_events), lane.first_failure_at) == (3, 3, now)

    later = now + timedelta(minutes=2)
    assert answered(later, 200) == 3

    lane.refresh_from_db()
    assert (lane.failures, lane.failed_events, lane.first_failure_at) == (0, [], None)
    assert lane.last_success_at == later


def test_the_newest_attempts_are_read_by_their_endpoint(organization, webhook):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    happen(organization, 20)
    now = timezone.now()
    for _ in range(5):
        claimed = claim(100, now=now)
        settle(
            [
                Outcome(one, now, 20, status=200 if one.webhook_id == other.pk else 500, error=None)
                for one in claimed
            ],
            now=now,
        )

    assert WebhookLane.objects.get().webhook == webhook
    assert WebhookLane.objects.get().open_until is not None
    assert Attempt.objects.filter(webhook=other).count() == 20


def test_real_receivers_open_probe_and_close(organization, webhook, receiver, go):
    """The whole way over HTTP: it fails, is left alone, recovers, and gets everything."""
    receiver.answers = [Answer(503)] * 10
    happen(organization, 20)
    now = timezone.now()
    while len(receiver.got) < 10:
        go(now)
    assert go(now + SECOND) == []
    now = the_lane().open_until + SECOND

    rounds = []
    for _ in range(60):
        rounds.append(len(go(now)))
        recover(now)
        now += timedelta(seconds=5)

    assert rounds[:2] == [1, 1]
    assert Delivery.objects.filter(state="succeeded").count() == 20
    assert max(rounds) <= CAP
    assert Delivery.objects.filter(attempt_count__gt=2).count() == 0


def test_410_of_one_of_two_answers_disables_once(organization, webhook, receiver, go):
    create_webhook(organization=organization, url="https://other.example.com", events=["webhook.disabled"])
    happen(organization, 2)
    receiver.answers = [Answer(410), Answer(410)]

    go(timezone.now())

    webhook.refresh_from_db()
    assert webhook.disabled_reason == "gone"
    assert Delivery.objects.filter(event__name="webhook.disabled").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's storage")
def test_tables_that_change_often_leave_room_for_it(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reloptions FROM pg_class"
            " WHERE relname IN ('webhooks_webhooklane', 'webhooks_delivery') ORDER BY relname"
        )
        assert cursor.fetchall() == [
            ("webhooks_delivery", ["fillfactor=80", "autovacuum_vacuum_scale_factor=0.01"]),
            ("webhooks_webhooklane", ["fillfactor=70"]),
        ]
