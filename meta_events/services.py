"""Handling again what was handled, or was not: for support, and after an update that knows more fields."""

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from meta_events.models import Change, Notification
from meta_events.tasks import ring_on_commit

Status = Change.Status


class BusyError(ConflictError):
    message = "A worker has it just now."


class NothingOpenError(ConflictError):
    message = "All of it is done."


@transaction.atomic
def process_change(*, change: Change) -> None:
    """Has a change handled once more, from its first try on. Raises BusyError."""
    if not begun_anew([change.pk]):
        raise BusyError
    ring_on_commit()


@transaction.atomic
def process_notification(*, notification: Notification) -> None:
    """Has a notification taken apart again and all of its changes handled that are not done.

    Changes that an earlier version did not find in the body are found then. Raises NothingOpenError.
    """
    unfinished = Change.objects.filter(notification=notification).exclude(status=Status.DONE)
    missing = Change.objects.filter(notification=notification).count() != notification.change_count
    if not (unfinished.exists() or missing):
        raise NothingOpenError
    begun_anew(list(unfinished.values_list("pk", flat=True)))
    Notification.objects.filter(pk=notification.pk).update(
        status=Notification.Status.RECEIVED, split_at=None, error=None
    )
    ring_on_commit()


def begun_anew(ids: list[int]) -> int:
    """Makes changes due that no worker has. How many they are."""
    return (
        Change.objects.filter(pk__in=ids)
        .exclude(status=Status.RUNNING)
        .update(
            status=Status.WAITING,
            attempts=0,
            due_at=timezone.now(),
            error=None,
            finished_at=None,
            handed_out_at=None,
        )
    )
