"""What the breaker does to deliveries: held, probed, let out by and by; endpoints disabled and resumed."""

import json
import socket
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webhooks.receivers import Answer
from webhooks.delivery import Outcome, claim, is_anything_due, recover, settle
from webhooks.delivery.lanes import CAP, RAMP_STEP
from webhooks.delivery.resuming import A_SECOND, LONGEST_RAMP, spread
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook, WebhookLane
from webhooks.services import create_webhook, update_webhook

NAME = "message.received"
SECOND = timedelta(seconds=1)
Breaker = WebhookLane.Breaker


def happen(organization, times: int = 1) -> None:
    with transaction.atomic():
        for _ in range(times):
            publish(organization=organization, name=NAME, data={})


def answered(now: datetime, status: int | None = 500, error: str | None = None, *, limit: int = 100) -> int:
    """Claims what is due and settles it as if it had been answered so; how many that were."""
    claimed = claim(limit, now=now)
    code = error or (None if status == 200 else "http_status")
    outcomes = [Outcome(one, now, 20, status=None if error else status, error=code) for one in claimed]
    settle(outcomes, now=now)
    return len(claimed)


def opened(organization, webhook, events: int = 30) -> tuple[WebhookLane, datetime]:
    """Lets an endpoint fail until its breaker opens; its lane, and a moment when it is half-open."""
    happen(organization, events)
    now = timezone.now()
    while not WebhookLane.objects.filter(webhook=webhook, open_until__isnull=False).exists():
        assert answered(now)
    lane = WebhookLane.objects.get()
    return lane, lane.open_until + SECOND


def closed(organization, webhook, events: int = 30) -> datetime:
    """The same, and two probes that succeed; when the second did."""
    _, now = opened(organization, webhook, events)
    assert answered(now, 200) == answered(now, 200) == 1
    return now


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
    oldest = Delivery.objects.filter(state="pending").order_by("next_attempt_at", "pk").first()

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
    lane = WebhookLane.objects.get()
    assert lane.open_until >= half_open + timedelta(seconds=60)
    assert claim(100, now=half_open + timedelta(seconds=59)) == []


def test_two_probes_close_it_and_the_cap_rises_from_one_to_two_to_four(organization, webhook):
    now = closed(organization, webhook)
    assert WebhookLane.objects.get().breaker_at(now) == Breaker.CLOSED

    counts = []
    for moment in (now, now + RAMP_STEP - SECOND, now + RAMP_STEP, now + 2 * RAMP_STEP):
        counts.append(len(claim(100, now=moment)))

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
    spread_rows = Delivery.objects.filter(state="pending", attempt_count=0)
    times = [row.next_attempt_at for row in spread_rows]
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
    later = first.next_attempt_at + timedelta(hours=72)
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


def test_quick_successes_write_nothing_and_cost_one_query_more(organization, webhook):
    happen(organization, CAP)
    now = timezone.now()
    outcomes = [Outcome(one, now, 20, status=200) for one in claim(100, now=now)]

    with CaptureQueriesContext(connection) as captured:
        settle(outcomes, now=now)

    assert not WebhookLane.objects.exists()
    about_lanes = [query["sql"] for query in captured if "webhooklane" in query["sql"]]
    assert len(about_lanes) == 1
    assert about_lanes[0].startswith("SELECT")


def test_a_calm_lane_is_not_written_either(organization, webhook):
    happen(organization)
    answered(timezone.now())
    later = timezone.now() + timedelta(hours=2)
    answered(later, 200)
    assert WebhookLane.objects.get().is_calm
    happen(organization)

    with CaptureQueriesContext(connection) as captured:
        assert answered(later, 200)

    written = [query["sql"] for query in captured if "UPDATE" in query["sql"] or "FOR NO KEY" in query["sql"]]
    assert not [sql for sql in written if "webhooklane" in sql]


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


def test_five_days_without_success_disable_hold_and_tell_once(organization, webhook):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    OutgoingWebhook.objects.filter(pk=other.pk).update(is_active=False)
    began = timezone.now()
    failing_for(organization, began, days=6)

    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "failing")
    assert webhook.disabled_at - began >= timedelta(hours=120)
    told = Delivery.objects.get(event__name="webhook.disabled")
    assert told.webhook == other
    assert json.loads(bytes(told.event.body))["data"] == {"webhookId": str(webhook.pk), "reason": "failing"}
    happen(organization)
    newest = Delivery.objects.filter(webhook=webhook).latest("created_at")
    assert newest.state == "pending"
    assert claim(100, now=began + timedelta(days=6)) == []


def test_a_success_now_and_then_keeps_an_endpoint_active(organization, webhook):
    began = timezone.now()
    failing_for(organization, began, days=4)
    answered(began + timedelta(days=4, hours=1), 200)
    failing_for(organization, began + timedelta(days=4, hours=2), days=4)

    webhook.refresh_from_db()
    assert webhook.is_active


def test_a_dead_endpoint_is_disabled_by_its_probes_alone(organization, webhook):
    """Its breaker opens within minutes; from then on one attempt in a quarter of an hour is made."""
    began = timezone.now()
    failing_for(organization, began, days=6, error="connect_timeout")

    webhook.refresh_from_db()
    assert webhook.disabled_reason == "failing"


def failing_for(organization, began: datetime, *, days: int, error: str | None = None) -> None:
    """An event each two hours; what is due fails."""
    for hours in range(0, days * 24, 2):
        now = began + timedelta(hours=hours)
        happen(organization)
        Delivery.objects.filter(attempt_count=0, state="pending", next_attempt_at__gt=began).update(
            next_attempt_at=now
        )
        answered(now, 500, error)


def test_activating_again_begins_a_new_episode(organization, webhook):
    opened(organization, webhook)
    update_webhook(webhook=webhook, changes={"is_active": False})
    WebhookLane.objects.update(failures=400, notices_sent=3, is_slow=True, refused_at=timezone.now())
    webhook.refresh_from_db()

    update_webhook(webhook=webhook, changes={"is_active": True})

    lane = WebhookLane.objects.get()
    assert (lane.open_until, lane.open_streak, lane.failures, lane.notices_sent) == (None, 0, 0, 0)
    assert (lane.first_failure_at, lane.refused_at, lane.is_slow, lane.failed_events) == (
        None,
        None,
        False,
        [],
    )
    assert lane.is_spreading
    assert len(claim(100, now=timezone.now())) == 1


def test_another_url_is_judged_anew(organization, webhook):
    opened(organization, webhook)

    update_webhook(webhook=webhook, changes={"url": "https://moved.example.com"})

    assert WebhookLane.objects.get().breaker_at(timezone.now()) == Breaker.CLOSED


def test_what_an_earlier_url_answered_says_nothing_of_the_new_one(organization, webhook):
    happen(organization, CAP)
    now = timezone.now()
    claimed = claim(100, now=now)
    update_webhook(webhook=webhook, changes={"url": "https://moved.example.com"})

    settle([Outcome(one, now, 20, status=500, error="http_status") for one in claimed], now=now)

    assert WebhookLane.objects.get().failures == 0


def test_changes_that_touch_neither_url_nor_activity_leave_the_breaker_alone(organization, webhook):
    lane, _ = opened(organization, webhook)

    update_webhook(webhook=webhook, changes={"description": "x", "url": webhook.url, "is_active": True})

    assert WebhookLane.objects.get().open_until == lane.open_until


def test_what_an_inactive_endpoint_held_is_spread_when_it_is_activated(organization, webhook):
    update_webhook(webhook=webhook, changes={"is_active": False})
    happen(organization, 40)
    update_webhook(webhook=webhook, changes={"is_active": True})
    now = timezone.now()

    recover(now)

    times = list(Delivery.objects.values_list("next_attempt_at", flat=True))
    assert all(now <= time <= now + timedelta(seconds=4) for time in times)
    assert len(set(times)) > 30


def test_two_refused_addresses_a_minute_apart_disable_with_a_reason(organization, webhook, go, settings):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    OutgoingWebhook.objects.filter(pk=other.pk).update(is_active=False)
    settings.WEBHOOK_ALLOWED_NETWORKS = ()
    happen(organization)
    began = timezone.now()
    go(began)
    happen(organization)
    go(began + timedelta(seconds=59))
    webhook.refresh_from_db()
    assert webhook.is_active

    happen(organization)
    go(began + timedelta(seconds=61))

    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "url_not_allowed")
    assert Delivery.objects.get(event__name="webhook.disabled").webhook == other


def test_a_resolver_that_is_down_charges_and_disables_nobody(organization, go, settings, monkeypatch):
    webhook = create_webhook(organization=organization, url="https://shop.example.com", events=["*"])

    def down(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", down)
    happen(organization, 8)
    for hours in range(0, 200, 10):
        go(timezone.now() + timedelta(hours=hours))

    assert set(Attempt.objects.values_list("error", flat=True)) <= {"dns_failed", "dns_timeout"}
    assert Attempt.objects.count() == 40
    webhook.refresh_from_db()
    assert webhook.is_active
    lane = WebhookLane.objects.filter(webhook=webhook).first()
    assert lane is None or (lane.open_until, lane.failures) == (None, 0)


def test_real_receivers_open_probe_and_close(organization, webhook, receiver, go):
    """The whole way over HTTP: it fails, is left alone, recovers, and gets everything."""
    receiver.answers = [Answer(503)] * 10
    happen(organization, 20)
    now = timezone.now()
    while len(receiver.got) < 10:
        go(now)
    assert go(now + SECOND) == []
    now = WebhookLane.objects.get().open_until + SECOND

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
