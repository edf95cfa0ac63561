"""What is deleted when its time is over: calls of Graph."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from api.pruning import prune_rows
from journal.models import GraphCall

BATCH = 2000


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """As api.pruning.prune_rows: calls of Graph, oldest first."""
    return prune_rows(outdated(now), lambda: prune_some(now), is_dry=is_dry)


def outdated(now: datetime) -> QuerySet[GraphCall]:
    kept = timedelta(days=settings.GRAPH_CALL_RETENTION_DAYS)
    return GraphCall.objects.filter(made_at__lt=now - kept).order_by("made_at")


def prune_some(now: datetime) -> int:
    with transaction.atomic():
        rows = outdated(now).select_for_update(skip_locked=True)
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        deleted, _ = GraphCall.objects.filter(pk__in=ids).delete()
    return deleted
