"""The one insert between a POST of Meta and its answer."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from meta_events.models import Notification

COLUMNS = ("received_at", "phone_id", "body", "sha256", "status")
FIELDS: list[Any] = [Notification._meta.get_field(name) for name in COLUMNS]
# Not by the ORM, which begins and ends a transaction around an insert that may meet a row: two turns more.
INSERT = (
    f"INSERT INTO {Notification._meta.db_table} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
    " ON CONFLICT (sha256) DO NOTHING"
)
# The beginning of both `"time"` and `"timestamp"`.
SAYS_WHEN = b'"time'


def store(body: bytes, *, phone_id: UUID | None, now: datetime) -> bool:
    """Stores a POST, durably when it returns; False when the same bytes are there already.

    Meta sends a POST again until it is answered 200. Bytes that do not say when something happened may tell
    of a second happening, so these are never taken for a repetition. Raises django.db.Error.
    """
    digest = sha256(body).digest() if SAYS_WHEN in body else None
    values: list[Any] = [now, phone_id, body, digest, Notification.Status.RECEIVED.value]
    if connection.vendor != "postgresql":
        values = [
            field.get_db_prep_save(value, connection) for field, value in zip(FIELDS, values, strict=True)
        ]
    # Asking a kept connection first whether it is alive would be a turn more: the insert finds out.
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return is_inserted(values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return is_inserted(values)


def is_inserted(values: list[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return bool(cursor.rowcount)
