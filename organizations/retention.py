"""What is deleted when its time is over: Idempotency-Keys, with the answers that they gave again.

In small transactions: it may be stopped at any time and begun again.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from organizations.models import IdempotencyKey

BATCH = 1000


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """Deletes a batch at a time and yields how many these were.

    `is_dry`: deletes nothing, and yields the number of all at once.
    """
    if is_dry:
        yield outdated(now).count()
        return
    while deleted := prune_some(now):
        yield deleted


def outdated(now: datetime) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(kept_until__lte=now)


def prune_some(now: datetime) -> int:
    """One that is used again at this moment is left to whoever uses it."""
    with transaction.atomic():
        rows = outdated(now).select_for_update(skip_locked=True).order_by("kept_until")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        deleted, _ = IdempotencyKey.objects.filter(pk__in=ids).delete()
    return deleted
