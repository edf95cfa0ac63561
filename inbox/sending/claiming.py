"""Taking messages that may go now: in their order, as many as Meta lets a number send, by one sender each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from inbox.models import OutboxEntry, SendingLane
from inbox.sending.calling import Claimed
from inbox.sending.rates import throughput
from inbox.sending.statements import WAITING_LANES
from phones.models import PhoneNumber
from webhooks.delivery.lanes import as_time, as_uuid, read_by_index, rows_of

SOON = timedelta(milliseconds=20)
OF_A_LANE = ("is_coexistence", "throughput_level")


@dataclass(frozen=True)
class Taken:
    """What was claimed; after a claim of nothing: when there may be something, None while nothing waits."""

    claimed: list[Claimed]
    next_at: datetime | None


@dataclass(frozen=True)
class WaitingLane:
    """A number with messages that wait, and when its first may go."""

    phone_id: UUID
    opens_at: datetime


def claim(limit: int, *, now: datetime, busy: Mapping[UUID, int], cap: int) -> Taken:
    """Up to `limit` messages, a fair share of each number; `busy` counts what is in hand, `cap` bounds that.

    One short transaction that waits for nobody: what another sender looks at is left to that one.
    """
    with transaction.atomic(durable=True):
        read_by_index()
        lanes = [lane for lane in waiting_lanes(now) if busy.get(lane.phone_id, 0) < cap]
        ready = [lane for lane in lanes if lane.opens_at <= now][: max(0, limit)]
        share = -(-limit // max(1, len(ready)))
        claimed: list[Claimed] = []
        for lane in locked(ready):
            room = min(share, limit - len(claimed), cap - busy.get(lane.phone_id, 0), room_of(lane, now))
            claimed += take(lane, room, now)
    if ready and not claimed:
        # Another sender looks at them, or a transaction that is nearly over.
        return Taken([], now + SOON)
    return Taken(claimed, min((lane.opens_at for lane in lanes if lane.opens_at > now), default=None))


def claim_own(entry: OutboxEntry, *, now: datetime) -> Claimed | None:
    """The one message, for whoever stored it a moment ago; None where others come first or Meta says wait."""
    with transaction.atomic(durable=True):
        lane = lanes_with_phones().select_for_update(no_key=True, of=("self",)).get(pk=entry.phone_id)
        room = room_of(lane, now)
        before = takeable(now).filter(phone_id=entry.phone_id, pk__lt=entry.pk)
        if len(before.values_list("pk")[:room]) >= room:
            return None
        found = takeable(now).filter(pk=entry.pk).select_for_update(of=("self",))
        return next(iter(leased(lane, found, now)), None)


def waiting_lanes(now: datetime) -> list[WaitingLane]:
    """Those that wait the longest first."""
    found = []
    for phone_id, due_at, used_until, paused_until, is_coexistence, level in rows_of(WAITING_LANES):
        rate = throughput(PhoneNumber(is_coexistence=bool(is_coexistence), throughput_level=level))
        free_at = rate.free_at(as_time(used_until) if used_until else None, now)
        head_at = as_time(due_at)
        opens_at = max([head_at, free_at if free_at > now else head_at, *pause(paused_until)])
        found.append((head_at, WaitingLane(as_uuid(phone_id), opens_at)))
    return [lane for _, lane in sorted(found, key=lambda one: one[0])]


def pause(until: Any) -> Iterable[datetime]:
    return [as_time(until)] if until else []


def lanes_with_phones() -> Any:
    return SendingLane.objects.select_related("phone").only(
        "next_free_at", "paused_until", *(f"phone__{name}" for name in OF_A_LANE)
    )


def locked(lanes: list[WaitingLane]) -> list[SendingLane]:
    """In the order given, those that nobody else holds."""
    ids = [lane.phone_id for lane in lanes]
    rows = lanes_with_phones().select_for_update(no_key=True, skip_locked=True, of=("self",))
    found = {lane.phone_id: lane for lane in rows.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def room_of(lane: SendingLane, now: datetime) -> int:
    if lane.paused_until and lane.paused_until > now:
        return 0
    return throughput(lane.phone).room(lane.next_free_at, now)


def take(lane: SendingLane, room: int, now: datetime) -> list[Claimed]:
    if room <= 0:
        return []
    first = takeable(now).filter(phone_id=lane.phone_id).order_by("due_at", "pk")
    return leased(lane, first.select_for_update(skip_locked=True, of=("self",))[:room], now)


def takeable(now: datetime) -> Any:
    """Due, not called, in nobody's hands; the first of its contact, for two may turn out to be one person."""
    earlier = OutboxEntry.objects.filter(
        contact_id=OuterRef("contact_id"), pk__lt=OuterRef("pk"), finished_at=None
    )
    return OutboxEntry.objects.filter(~Exists(earlier), due_at__lte=now, called_at=None)


def leased(lane: SendingLane, rows: Any, now: datetime) -> list[Claimed]:
    """The rows as this sender's, each counted against the number's throughput."""
    ids = [row.pk for row in rows.only("pk")]
    if not ids:
        return []
    token = uuid4()
    until = now + timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)
    OutboxEntry.objects.filter(pk__in=ids).update(lease_token=token, due_at=until)
    used = throughput(lane.phone).after(lane.next_free_at, now, len(ids))
    SendingLane.objects.filter(pk=lane.pk).update(next_free_at=used)
    return [Claimed(pk, lane.phone_id, token) for pk in ids]
