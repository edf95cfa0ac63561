"""What is deleted when its time is over, and what is not."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from meta_events import retention
from meta_events.models import Change, Notification
from meta_events.retention import prune
from tests.meta_events.world import change, told, worked

pytestmark = pytest.mark.django_db
KEPT, SECOND = timedelta(days=14), timedelta(seconds=1)


def received(at, *changes) -> Notification:
    row = told(*(changes or (change("seen"),)))
    worked()
    Notification.objects.filter(pk=row.pk).update(received_at=at)
    return row


def test_a_notification_goes_after_two_weeks_with_its_changes():
    now = timezone.now()
    received(now - KEPT - SECOND, change("seen"), change("account_update", event="ACCOUNT_VIOLATION"))
    kept = received(now - KEPT + SECOND)

    assert list(prune(now)) == [1]
    assert list(Notification.objects.all()) == [kept]
    assert list(Change.objects.all()) == [kept.changes.get()]


def test_the_setting_says_how_long(settings):
    settings.META_EVENT_RETENTION_DAYS = 30
    received(timezone.now() - KEPT - SECOND)

    assert list(prune(timezone.now())) == []


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_what_is_still_to_be_handled_is_never_deleted(state):
    now = timezone.now()
    received(now - 2 * KEPT)
    Change.objects.update(status=state, due_at=now, lease_token="0" * 32)

    assert list(prune(now)) == []


def test_what_was_not_taken_apart_is_never_deleted():
    row = told(change("seen"))
    Notification.objects.filter(pk=row.pk).update(received_at=timezone.now() - 2 * KEPT)

    assert list(prune(timezone.now())) == []


def test_it_goes_in_small_batches_and_may_be_stopped(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    now = timezone.now()
    for day in range(5):
        received(now - KEPT - timedelta(days=day + 1))

    assert next(prune(now)) == 2
    assert Notification.objects.count() == 3
    assert list(prune(now)) == [2, 1]


def test_the_command_says_what_it_would_delete_and_then_deletes_it():
    received(timezone.now() - KEPT - SECOND)

    told = "0 events, 0 attempts, 0 endpoints, 1 notifications from Meta, "
    told += "0 idempotency keys, 0 messages, 0 logos, 0 calls of Graph"
    assert said("--dry-run") == f"Would delete {told}.\n"
    assert Notification.objects.exists()
    assert said() == f"Deleted {told}.\n"
    assert not Notification.objects.exists()


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("prune", *arguments, stdout=out)
    return out.getvalue()
