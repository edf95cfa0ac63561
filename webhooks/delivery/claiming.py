"""Taking due deliveries: a lease, a token that proves it, and everything that sending needs."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from webhooks.delivery import lanes
from webhooks.delivery.lanes import CAP, Lane, Load
from webhooks.models import Delivery

Trusts = Callable[[UUID], bool]
# All that an attempt needs, of the row, its event and its endpoint, by one query and without an instance of
# a model for each. Made once: making it takes longer than asking it.
READ = Delivery.objects.annotate(
    sealed=Cast("webhook__secret", TextField()), sealed_before=Cast("webhook__previous_secret", TextField())
).values_list(
    *("pk", "webhook_id", "event_id", "attempt_count", "next_attempt_at", "lease_token", "lease_expires_at"),
    *("event__name", "event__body", "webhook__url", "webhook__previous_secret_until"),
    *("sealed", "sealed_before"),
    named=True,
)


@dataclass(frozen=True)
class Claimed:
    """One attempt that this process alone may make, until its lease runs out.

    `sealed`: the secrets that sign it, still encrypted, the current one first. `is_slow`: it is sent among
    those that must not stand in the way of others.
    """

    delivery_id: UUID
    webhook_id: UUID
    event_id: str
    event_name: str
    body: bytes
    url: str
    sealed: tuple[str, ...]
    attempt: int
    lease_token: UUID
    lease_expires_at: datetime
    due_at: datetime
    is_slow: bool = False


def everybody(webhook_id: UUID) -> bool:
    return True


def claim(
    limit: int,
    slow_limit: int | None = None,
    *,
    now: datetime,
    trusts: Trusts = everybody,
    besides: Collection[UUID] = (),
) -> list[Claimed]:
    """Up to `limit` due first attempts of quick endpoints and `slow_limit` others, a few from each endpoint.

    Only one of an endpoint that is not trusted, none of those in `besides`. One short transaction. The
    attempt counts from here on, so that a body which kills its worker each time comes to an end too.
    """
    token, until = uuid4(), now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    taken: dict[UUID, bool] = {}
    with transaction.atomic(durable=True):
        for is_slow, room in ((False, limit), (True, limit if slow_limit is None else slow_limit)):
            if room <= 0:
                continue
            ids = due(room, now, is_slow=is_slow, trusts=trusts, besides=besides)
            lease(ids, token, until)
            taken |= dict.fromkeys(ids, is_slow)
        return loaded(taken, now) if taken else []


def due(limit: int, now: datetime, *, is_slow: bool, trusts: Trusts, besides: Collection[UUID]) -> list[UUID]:
    """The deliveries to take, of endpoints that are locked from here on."""
    found = lanes.lock_due_lanes(limit, now, is_slow=is_slow, besides=besides)
    if not found:
        return []
    load = lanes.load_now(now, is_slow=is_slow)
    allowed = {lane.webhook_id: CAP if trusts(lanes.as_uuid(lane.webhook_id)) else 1 for lane in found}
    wanted = [(lane, min(load.room(lane), allowed[lane.webhook_id])) for lane in found]
    wanted = [(lane, room) for lane, room in wanted if room > 0]
    return picked(wanted, load, allowed, limit, now) if wanted else []


def picked(
    wanted: list[tuple[Lane, int]], load: Load, allowed: dict[Any, int], limit: int, now: datetime
) -> list[UUID]:
    """One row of each endpoint in turn, then the next of each, while there is room for it."""
    lane_of = {lane.webhook_id: (place, lane) for place, (lane, _) in enumerate(wanted)}
    turns: dict[Any, int] = {}
    queue = []
    for pk, webhook_id, _ in sorted(lanes.due_rows(wanted, now), key=lambda row: (row[2], str(row[0]))):
        turn = turns[webhook_id] = turns.get(webhook_id, -1) + 1
        if turn < allowed[webhook_id]:
            queue.append((turn, lane_of[webhook_id][0], pk, lane_of[webhook_id][1]))
    ids: list[UUID] = []
    for _, _, pk, lane in sorted(queue, key=lambda one: one[:2]):
        if len(ids) < limit and load.room(lane) > 0:
            load.add(lane)
            ids.append(lanes.as_uuid(pk))
    return ids


def lease(ids: list[UUID], token: UUID, until: datetime) -> None:
    if ids:
        Delivery.objects.filter(pk__in=ids).update(
            state=Delivery.State.IN_FLIGHT,
            attempt_count=F("attempt_count") + 1,
            lease_token=token,
            lease_expires_at=until,
        )


def loaded(taken: dict[UUID, bool], now: datetime) -> list[Claimed]:
    """The claimed rows in the order taken."""
    rows = {row.pk: row for row in READ.filter(pk__in=taken)}
    return [claimed(rows[pk], now, is_slow=is_slow) for pk, is_slow in taken.items()]


def claimed(row: Any, now: datetime, *, is_slow: bool) -> Claimed:
    """`row` has its lease, and the secrets as they are stored."""
    until = row.webhook__previous_secret_until
    signs_too = until is not None and until > now
    return Claimed(
        delivery_id=row.pk,
        webhook_id=row.webhook_id,
        event_id=row.event_id,
        event_name=row.event__name,
        body=bytes(row.event__body),
        url=row.webhook__url,
        sealed=(row.sealed, row.sealed_before) if signs_too else (row.sealed,),
        attempt=row.attempt_count,
        lease_token=row.lease_token,
        lease_expires_at=row.lease_expires_at,
        due_at=row.next_attempt_at,
        is_slow=is_slow,
    )


def release(unsent: list[Claimed]) -> None:
    """Gives back what was claimed and never begun, as if it had not been claimed."""
    with transaction.atomic(durable=True):
        Delivery.objects.filter(
            pk__in=[one.delivery_id for one in unsent],
            lease_token__in={one.lease_token for one in unsent},
            state=Delivery.State.IN_FLIGHT,
        ).update(
            state=Delivery.State.PENDING,
            attempt_count=F("attempt_count") - 1,
            lease_token=None,
            lease_expires_at=None,
        )
