"""Taking notifications apart: a row for each change or element, in the transaction that says it is done."""

from datetime import datetime
from typing import Any

import structlog
from django.db import DataError, IntegrityError, transaction

from meta_events.bodies import Place, UnreadableError, found, opened, places
from meta_events.elements import BULK
from meta_events.failures import traced
from meta_events.items import MalformedError
from meta_events.models import Change, Notification
from meta_events.texts import stored

log = structlog.get_logger("meta_events.splitting")
Status = Notification.Status
# Together they may be sixty megabytes.
BATCH = 20
# PostgreSQL takes 65,535 parameters a statement.
ROWS = 1000
WRITTEN = ["status", "split_at", "object", "change_count", "error"]


def split(now: datetime) -> int:
    """Takes up to a batch of what nobody has apart. How many these were.

    Nothing is leased: whoever dies in here has changed nothing.
    """
    if not Notification.objects.filter(split_at=None).exists():
        return 0
    try:
        return split_some(now, BATCH)
    except (DataError, IntegrityError, ValueError) as refused:
        log.error("split one by one: the database refused a batch", **traced(refused))
        return split_one(now)


def split_some(now: datetime, limit: int) -> int:
    with transaction.atomic(durable=True):
        rows = received(limit)
        changes = [change for row in rows for change in changes_of(row, now)]
        Change.objects.bulk_create(changes, batch_size=ROWS, ignore_conflicts=True)
        for row in rows:
            row.save(update_fields=WRITTEN)
    return len(rows)


def split_one(now: datetime) -> int:
    """The first alone. One that the database refuses is kept as unreadable: it would stop all behind it."""
    with transaction.atomic(durable=True):
        rows = received(1)
        for row in rows:
            try:
                with transaction.atomic():
                    Change.objects.bulk_create(changes_of(row, now), batch_size=ROWS, ignore_conflicts=True)
            except (DataError, IntegrityError, ValueError) as refused:
                log.error("not split", notification=row.pk, **traced(refused))
                end(row, Status.UNREADABLE, now, error=type(refused).__name__)
            row.save(update_fields=WRITTEN)
    return len(rows)


def received(limit: int) -> list[Notification]:
    waiting = Notification.objects.filter(split_at=None).order_by("pk")
    return list(waiting.select_for_update(skip_locked=True, no_key=True)[:limit])


def changes_of(row: Notification, now: datetime) -> list[Change]:
    """The rows of a notification's changes, unsaved; and on the notification, unsaved too, what it is."""
    try:
        envelope = opened(bytes(row.body))
    except UnreadableError as wrong:
        log.warning("unreadable", notification=row.pk)
        end(row, Status.UNREADABLE, now, error=str(wrong))
        return []
    standing = list(places(envelope))
    end(row, Status.SPLIT, now)
    row.change_count, row.object = len(standing), stored(envelope.object, 64)
    return [change_at(row, place, envelope, now) for place in standing]


def end(row: Notification, status: str, now: datetime, *, error: str | None = None) -> None:
    row.status, row.split_at, row.error = status, now, stored(error, 500)


def change_at(row: Notification, place: Place, envelope: Any, now: datetime) -> Change:
    change = Change(
        notification=row,
        entry_position=place.entry,
        position=place.change,
        part=place.part,
        number=place.number,
        field="",
        due_at=now,
    )
    try:
        said = found(envelope, place)
    except MalformedError:
        return change
    change.field, change.is_bulk = stored(said.name, 64) or "", said.name in BULK
    change.event = stored(said.event, 64)
    change.meta_waba_id = stored(said.meta_waba_id, 32)
    change.meta_phone_number_id = stored(said.meta_phone_number_id, 32)
    change.mailbox = change.meta_phone_number_id or change.meta_waba_id or ""
    change.happened_at, change.fingerprint = said.happened_at, said.fingerprint
    return change
