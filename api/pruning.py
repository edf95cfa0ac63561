"""Deleting what is over in small transactions: it may be stopped at any time and begun again."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db.models import QuerySet

Pruned = TypeVar("Pruned")


def batches(step: Callable[[], Pruned]) -> Iterator[Pruned]:
    """What each batch deleted, until one finds nothing."""
    while pruned := step():
        yield pruned


def prune_rows(outdated: QuerySet[Any], step: Callable[[], int], *, is_dry: bool) -> Iterator[int]:
    """Deletes by `step`, a batch at a time, and yields how many these were.

    `is_dry`: deletes nothing, and yields the number of all at once.
    """
    if is_dry:
        yield outdated.count()
    else:
        yield from batches(step)
