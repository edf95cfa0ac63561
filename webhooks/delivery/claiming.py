"""Taking due deliveries: a lease, a token that proves it, and everything that sending needs."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from webhooks.delivery import batches, lanes
from webhooks.delivery.batches import Work
from webhooks.delivery.lanes import CAP, Lane, Load
from webhooks.models import Delivery

Trusts = Callable[[UUID], bool]


class Claimed(NamedTuple):
    """One attempt that this process alone may make, until its lease runs out.

    `sealed`: the secrets that sign it, still encrypted, the current one first. `is_slow`: it is sent among
    those that must not stand in the way of others. `request_id`: of what brought the event about.
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
    request_id: str = ""


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
    found: list[Claimed] = []
    with transaction.atomic(durable=True):
        lanes.read_by_index()
        for is_slow, room in ((False, limit), (True, limit if slow_limit is None else slow_limit)):
            if room <= 0:
                continue
            ids = due(room, now, is_slow=is_slow, trusts=trusts, besides=besides)
            works = batches.lease(ids, token, until) if ids else {}
            found += (claimed(works[pk], token, until, now, is_slow=is_slow) for pk in ids)
    return found


def due(limit: int, now: datetime, *, is_slow: bool, trusts: Trusts, besides: Collection[UUID]) -> list[UUID]:
    """The deliveries to take, of endpoints that are locked from here on."""
    found = lanes.lock_due_lanes(limit, now, is_slow=is_slow, besides=besides)
    if not found:
        return []
    load = lanes.load_now(now, is_slow=is_slow)
    allowed = {lane.webhook_id: CAP if trusts(lanes.as_uuid(lane.webhook_id)) else 1 for lane in found}
    wanted = [(lane, min(load.room(lane), allowed[lane.webhook_id])) for lane in found]
    wanted = [(lane, room) for lane, room in wanted if room > 0]
    # Each row looked at is locked: no more of an endpoint than its share, the next claim finds the others.
    share = -(-limit // max(1, len(wanted)))
    wanted = [(lane, min(room, share)) for lane, room in wanted]
    return picked(wanted, load, allowed, limit, now) if wanted else []


def picked(
    wanted: list[tuple[Lane, int]], load: Load, allowed: dict[str, int], limit: int, now: datetime
) -> list[UUID]:
    """One row of each endpoint in turn, then the next of each, while there is room for it."""
    first_of: dict[str, int] = {}
    # An endpoint has up to two lanes, and its turns are counted at the first.
    home = [first_of.setdefault(lane.webhook_id, place) for place, (lane, _) in enumerate(wanted)]
    turns, queue = [0] * len(wanted), []
    for _, pk, place in sorted(lanes.due_rows(wanted, now), key=itemgetter(0)):
        queue.append((turns[home[place]], place, pk))
        turns[home[place]] += 1
    ids: list[UUID] = []
    for turn, place, pk in sorted(queue):
        lane = wanted[place][0]
        if len(ids) < limit and turn < allowed[lane.webhook_id] and load.room(lane) > 0:
            load.add(lane)
            ids.append(lanes.as_uuid(pk))
    return ids


def claimed(work: Work, lease_token: UUID, until: datetime, now: datetime, *, is_slow: bool) -> Claimed:
    signs_too = work.sealed_before and work.sealed_before_until and work.sealed_before_until > now
    return Claimed(
        delivery_id=work.delivery_id,
        webhook_id=work.webhook_id,
        event_id=work.event_id,
        event_name=work.event_name,
        body=work.body,
        url=work.url,
        sealed=(work.sealed, work.sealed_before) if signs_too and work.sealed_before else (work.sealed,),
        attempt=work.attempt,
        lease_token=lease_token,
        lease_expires_at=until,
        due_at=work.due_at,
        is_slow=is_slow,
        request_id=work.request_id,
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
