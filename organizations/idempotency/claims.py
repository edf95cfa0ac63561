"""Who works under a key: its row, looked up, claimed for a while, bound to a change."""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from api.errors import ConflictError
from organizations.idempotency.answers import Answer
from organizations.idempotency.asking import Asked
from organizations.models import IdempotencyKey

KEPT = timedelta(hours=24)
# Seconds after which a client may look again: most calls have ended by then.
LOOK_AGAIN = 5
# Where a request with a key carries its claim: None where it runs in a transaction with its answer.
CLAIM = "idempotency_claim"


class ReusedKeyError(ConflictError):
    message = "This Idempotency-Key was used with another path or body. Use a new key for a new request."


class InProgressError(ConflictError):
    """Also where the process that worked under the key has died, until its claim expires."""

    message = "A request with this Idempotency-Key is still running."

    def __init__(self, seconds: float = 1.0) -> None:
        wait = min(max(1, math.ceil(seconds)), LOOK_AGAIN)
        super().__init__(headers={"Retry-After": str(wait)})


class KnownError(Exception):
    """Not to be run: `row` has the answer, or what is bound."""

    def __init__(self, row: IdempotencyKey) -> None:
        super().__init__()
        self.row = row


class UnboundError(Exception):
    """bind() is for actions that commit by themselves, and within the transaction of the change."""


@dataclass(frozen=True)
class Claim:
    """The right to work under a key, as long as the row has this token."""

    asked: Asked
    token: UUID = field(default_factory=uuid4)

    @property
    def row(self) -> QuerySet[IdempotencyKey]:
        return rows_of(self.asked).filter(claim_token=self.token)


def rows_of(asked: Asked) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(organization=asked.organization, key_hash=asked.key_hash)


def refuse_known(asked: Asked, *, is_locked: bool = False) -> None:
    """Returns where the request may run. Raises KnownError, ReusedKeyError, InProgressError.

    `is_locked`: within a transaction, which whoever binds the key to a change is waited for in.
    """
    now, rows = timezone.now(), rows_of(asked)
    row = (rows.select_for_update() if is_locked else rows).first()
    if row is None or row.kept_until <= now:
        return
    if row.fingerprint != asked.fingerprint:
        raise ReusedKeyError
    if row.answer is not None:
        raise KnownError(row)
    if row.claimed_until and row.claimed_until > now:
        raise InProgressError((row.claimed_until - now).total_seconds())
    if row.bound_to is not None:
        raise KnownError(row)


def enter(asked: Asked) -> None:
    """Alone under the key until the transaction ends, or InProgressError; then as `refuse_known`.

    Nobody waits for somebody else's transaction, but on SQLite, where writers wait for each other anyway.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(bytes.fromhex(asked.key_hash)[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            if not cursor.fetchone()[0]:
                raise InProgressError
    refuse_known(asked, is_locked=True)


def write(asked: Asked, **columns: Any) -> None:
    """The key's row as it is from now on; one that is over is used again."""
    now = timezone.now()
    empty: dict[str, Any] = dict.fromkeys(("claim_token", "claimed_until", "bound_to", "status", "answer"))
    columns = empty | columns
    columns |= {"fingerprint": asked.fingerprint, "created_at": now, "kept_until": now + KEPT}
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(organization=asked.organization, key_hash=asked.key_hash, **columns)],
        update_conflicts=True,
        unique_fields=["organization", "key_hash"],
        update_fields=list(columns),
    )


def store(asked: Asked, answer: Answer) -> None:
    """Within the transaction that `enter` was called in."""
    write(asked, status=answer.status, answer=answer.text)


def claim(asked: Asked) -> Claim:
    """Raises as `enter` does."""
    made = Claim(asked)
    lease = timedelta(seconds=settings.IDEMPOTENCY_LEASE_SECONDS)
    with transaction.atomic(durable=True):
        enter(asked)
        write(asked, claim_token=made.token, claimed_until=timezone.now() + lease)
    return made


def bind(request: Any, text: str) -> None:
    """Ties the change of this transaction to the request's key; see the package. At most 255 characters."""
    if not hasattr(request, CLAIM):
        return
    held: Claim | None = getattr(request, CLAIM)
    if held is None or not connection.in_atomic_block:
        raise UnboundError
    if not held.row.update(bound_to=text):
        raise InProgressError
