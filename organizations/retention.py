"""What is deleted when its time is over: Idempotency-Keys, with the answers that they gave again."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from api.pruning import prune_rows
from organizations.models import IdempotencyKey

BATCH = 1000


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """As api.pruning.prune_rows: Idempotency-Keys."""
    return prune_rows(outdated(now), lambda: prune_some(now), is_dry=is_dry)


def outdated(now: datetime) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(kept_until__lte=now)


def prune_some(now: datetime) -> int:
    """One that is used again at this moment is left to whoever uses it."""
    with transaction.atomic():
        rows = outdated(now).select_for_update(skip_locked=True).order_by("kept_until")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        deleted, _ = IdempotencyKey.objects.filter(pk__in=ids).delete()
    return deleted
