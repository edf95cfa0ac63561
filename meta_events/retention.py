"""What is deleted when its time is over: notifications with their changes.

Requests of Facebook users stay: that they were answered is what one may be asked for.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from api.pruning import prune_rows
from meta_events.models import Change, Notification

BATCH = 500


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """As api.pruning.prune_rows: notifications, oldest first."""
    return prune_rows(outdated(now), lambda: prune_some(now), is_dry=is_dry)


def outdated(now: datetime) -> QuerySet[Notification]:
    """Older than the setting says, and nothing of it waits for a worker. What is held goes with the rest."""
    is_open = Change.objects.filter(notification=OuterRef("pk"), due_at__isnull=False)
    kept = timedelta(days=settings.META_EVENT_RETENTION_DAYS)
    return Notification.objects.filter(~Exists(is_open), received_at__lt=now - kept, split_at__isnull=False)


def prune_some(now: datetime) -> int:
    with transaction.atomic(durable=True):
        rows = outdated(now).select_for_update(skip_locked=True).order_by("received_at")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        Change.objects.filter(notification__in=ids).delete()
        Notification.objects.filter(pk__in=ids).delete()
    return len(ids)
