"""Endpoints that are disabled, and what activating them again does."""

import json
import socket
from datetime import datetime, timedelta

from django.utils import timezone

from tests.webhooks.acts import (
    answered,
    due_times,
    happen,
    opened,
)
from webhooks.delivery import Outcome, claim, recover, settle
from webhooks.delivery.lanes import CAP
from webhooks.models import Attempt, Delivery, OutgoingWebhook, WebhookLane
from webhooks.services import create_webhook, update_webhook

Breaker = WebhookLane.Breaker


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

    times = due_times()
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
