"""What is deleted when its time is over, and what is not."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from ulid import ULID

from webhooks import retention
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook, WebhookLane
from webhooks.retention import KEPT, Pruned, prune
from webhooks.services import create_webhook, delete_webhook

NOW = timezone.now()
SECOND = timedelta(seconds=1)


@pytest.fixture
def webhook(organization) -> OutgoingWebhook:
    return create_webhook(organization=organization, url="https://shop.example.com", events=["*"])


def event_of(organization, at: datetime) -> Event:
    return Event.objects.create(
        id=f"evt_{ULID.from_datetime(at)}",
        organization=organization,
        name="message.sent",
        body=b"{}",
        created_at=at,
    )


def delivered(webhook, at: datetime, state: str = "succeeded") -> Delivery:
    due = at if state == "pending" else None
    event = event_of(webhook.organization, at)
    row = Delivery.objects.create(event=event, webhook=webhook, state=state, next_attempt_at=due)
    Attempt.objects.create(delivery=row, webhook=webhook, number=1, at=at)
    return row


def total(now: datetime = NOW, *, is_dry: bool = False) -> Pruned:
    whole = Pruned()
    for pruned in prune(now, is_dry=is_dry):
        whole = whole.plus(pruned)
    return whole


def test_an_event_goes_after_thirty_days_with_its_deliveries_and_attempts(webhook):
    delivered(webhook, NOW - KEPT - SECOND)
    kept = delivered(webhook, NOW - KEPT + SECOND)

    assert total() == Pruned(events=1, attempts=1)
    assert list(Event.objects.all()) == [kept.event]
    assert list(Delivery.objects.all()) == [kept]
    assert Attempt.objects.get().delivery == kept


def test_redeliveries_go_with_their_event(webhook):
    row = delivered(webhook, NOW - KEPT - SECOND)
    again = Delivery.objects.create(
        event=row.event, webhook=webhook, replay_of=row, trigger="manual", state="failed"
    )
    Delivery.objects.create(
        event=row.event, webhook=webhook, replay_of=again, trigger="manual", state="failed"
    )

    assert total().events == 1
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("state", ["pending", "in_flight"])
def test_what_is_still_to_be_sent_is_never_deleted(webhook, state):
    row = delivered(webhook, NOW - 2 * KEPT, "pending")
    if state == "in_flight":
        Delivery.objects.update(state=state, lease_token=row.pk, lease_expires_at=NOW)

    assert total() == Pruned()
    assert Delivery.objects.exists()


def test_a_deleted_endpoint_goes_when_nothing_names_it_any_more(webhook, organization):
    delivered(webhook, NOW - KEPT + timedelta(days=1))
    WebhookLane.objects.create(webhook=webhook)
    delete_webhook(webhook=webhook)
    active = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    OutgoingWebhook.objects.filter(pk=webhook.pk).update(deleted_at=NOW - KEPT - SECOND)

    assert total() == Pruned()
    assert total(NOW + timedelta(days=2)) == Pruned(events=1, attempts=1, endpoints=1)
    assert list(OutgoingWebhook.objects.all()) == [active]


def test_an_endpoint_deleted_of_late_stays(webhook):
    delete_webhook(webhook=webhook)

    assert total() == Pruned()


def test_it_goes_in_small_batches_and_may_be_stopped(webhook, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for day in range(5):
        delivered(webhook, NOW - KEPT - timedelta(days=day + 1))

    assert next(prune(NOW)) == Pruned(events=2, attempts=2)
    assert Event.objects.count() == 3
    assert [pruned.events for pruned in prune(NOW)] == [2, 1]


def test_the_command_says_what_it_would_delete_and_then_deletes_it(webhook):
    delivered(webhook, timezone.now() - KEPT - SECOND)
    gone = create_webhook(organization=webhook.organization, url="https://gone.example.com", events=["*"])
    delivered(gone, timezone.now() - KEPT - SECOND)
    delete_webhook(webhook=gone)
    OutgoingWebhook.objects.filter(pk=gone.pk).update(deleted_at=NOW - KEPT - SECOND)

    told = "2 events, 2 attempts, 1 endpoints, 0 notifications from Meta, "
    told += "0 idempotency keys, 0 messages, 0 logos, 0 calls of Graph"
    assert said("--dry-run") == f"Would delete {told}.\n"
    assert Event.objects.count() == 2
    assert said() == f"Deleted {told}.\n"
    assert not Event.objects.exists()


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("prune", *arguments, stdout=out)
    return out.getvalue()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_draws_a_bar(webhook, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for day in range(4):
        delivered(webhook, NOW - KEPT - timedelta(days=day + 1))
    terminal = Terminal()

    call_command("prune", stdout=terminal)

    none, half, whole, *_ = terminal.getvalue().split("\r")[1:]
    assert none.startswith(f"[{'.' * 30}] 0 events")
    assert half.startswith(f"[{'#' * 15}{'.' * 15}] 2 events")
    assert whole.startswith(f"[{'#' * 30}] 4 events")
    assert "\nDeleted 4 events" in terminal.getvalue()
