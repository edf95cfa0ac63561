"""A check at Meta, of one number or of all of a WABA: the calls, the one write, what clients are told.

`sync_requested_at` says that a check is wanted and not yet answered; an answer and a failure clear it.
A failure stays in `sync_error` until a check succeeds, beside the last state, which it does not touch.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meta_graph import limits
from meta_graph.client import business_token
from meta_graph.errors import Cause, GraphError
from phones import two_step
from phones.models import PhoneNumber
from phones.readiness import announce
from phones.reading import Reading, read, read_all, subscribe_again
from phones.schedule import next_check_at
from phones.subjects import about_phone
from wabas.models import Waba
from wabas.services import check_soon
from wabas.subjects import about_waba
from wabas.tokens import TokenStatus, token_status

USELESS = {
    TokenStatus.MISSING: {"cause": "TOKEN_MISSING", "message": "There is no token to read it with."},
    TokenStatus.EXPIRED: {"cause": "TOKEN_EXPIRED", "message": "The token to read it with has expired."},
}


def sync_phone(phone_id: UUID) -> int:
    """Reads one number at Meta, then writes what was answered. A failure is recorded, not raised.

    Returns how many events that made.
    """
    phone = PhoneNumber.objects.select_related("waba").filter(pk=phone_id).first()
    if phone is None or not may_ask(phone.waba, [phone]):
        return 0
    token_value, started = phone.waba.access_token or "", timezone.now()
    token = business_token(token_value)
    with about_phone(phone, "check"):
        two_step.finish([phone], token)
        reading = read(phone, token)
    return write([phone], reading, token_value, started)


def check_waba(waba_id: UUID) -> int:
    """The turn of a WABA: what its rows have come to mean by themselves, then all its numbers at Meta.

    A lost subscription is made again. Returns how many events that made.
    """
    events = take_turn(waba_id)
    waba = Waba.objects.filter(pk=waba_id).first()
    if waba is None:
        return events
    phones = list(PhoneNumber.objects.connected_of(waba).select_related("waba"))
    if not phones or not may_ask(waba, phones):
        return events
    token_value, started = waba.access_token or "", timezone.now()
    token = business_token(token_value)
    # Time alone brings it, each hour.
    with about_waba(waba, "check", failed_reads_only=True):
        two_step.finish(phones, token)
        reading = read_all(waba, phones, token)
        if reading.is_subscribed is False and reading.error is None:
            reading.is_subscribed = subscribe_again(waba, token)
    return events + write(phones, reading, token_value, started)


@transaction.atomic
def take_turn(waba_id: UUID) -> int:
    """Sets the next turn, and tells what has ended or expired meanwhile."""
    waba, now = Waba.objects.select_for_update(no_key=True).filter(pk=waba_id).first(), timezone.now()
    if waba is None:
        return 0
    phones = list(PhoneNumber.objects.connected_of(waba).locked())
    events = announce(waba=waba, phones=phones, now=now)
    assign(waba, {"check_due_at": next_check_at(waba, phones, now)})
    return events


def may_ask(waba: Waba, phones: Sequence[PhoneNumber]) -> bool:
    """Whether a call could bring anything. Where not, the rows say so and nobody waits for an answer."""
    now = timezone.now()
    numbers = PhoneNumber.objects.filter(pk__in=[phone.pk for phone in phones])
    if not waba.is_connected or all(phone.disconnected_at for phone in phones):
        numbers.update(sync_requested_at=None)
        return False
    status = token_status(waba, now)
    if status in USELESS:
        numbers.update(sync_requested_at=None, sync_failed_at=now, sync_error=USELESS[status])
        return False
    pause = limits.pause_until(waba.meta_waba_id)
    if pause:
        numbers.update(sync_requested_at=None)
        check_soon(waba_id=waba.pk, at=pause)
    return pause is None


@transaction.atomic
def write(phones: Sequence[PhoneNumber], reading: Reading, token_value: str, started: datetime) -> int:
    """Writes the reading of `phones`, all of one WABA, where no later one was faster; tells what changed.

    Returns how many events that made. The WABA is locked first, as everywhere.
    """
    now = timezone.now()
    waba = Waba.objects.select_for_update(no_key=True).filter(pk=phones[0].waba_id).first()
    if waba is None or not waba.is_connected:
        return 0
    read_now, rows = {phone.pk for phone in phones}, list(PhoneNumber.objects.connected_of(waba).locked())
    current = [row for row in rows if row.pk in read_now and not is_newer(row, started)]
    for row in current:
        assign(row, reading.phones.get(row.meta_phone_number_id, {}) | outcome(row, reading, started, now))
    columns = waba_columns(waba, reading, token_value, now) if current else {}
    for name, value in columns.items():
        setattr(waba, name, value)
    events = announce(waba=waba, phones=rows, now=now)
    assign(waba, columns | {"check_due_at": sooner(waba.check_due_at, next_check_at(waba, rows, now))})
    return events


def is_newer(row: PhoneNumber, started: datetime) -> bool:
    return row.synced_at is not None and row.synced_at > started


def sooner(planned: datetime | None, proposed: datetime | None) -> datetime | None:
    """A check that somebody asked for never puts off the one that is planned."""
    return min(planned, proposed) if planned and proposed else proposed


def waba_columns(waba: Waba, reading: Reading, token_value: str, now: datetime) -> dict[str, Any]:
    # What Meta says of a token is not said of the one that has replaced it since.
    token_columns = token_verdict(reading, now) if waba.access_token == token_value else {}
    return reading.waba | subscription(reading, now) | token_columns


def subscription(reading: Reading, now: datetime) -> dict[str, Any]:
    if reading.is_subscribed is None:
        return {}
    return {"is_subscribed": reading.is_subscribed, "subscription_checked_at": now}


def token_verdict(reading: Reading, now: datetime) -> dict[str, Any]:
    if reading.error is None:
        return {"token_refused_at": None}
    return {"token_refused_at": now} if reading.error.cause is Cause.TOKEN_INVALID else {}


def outcome(row: PhoneNumber, reading: Reading, started: datetime, now: datetime) -> dict[str, Any]:
    # A request that came while Meta was being asked wants a newer answer than this one.
    requested = row.sync_requested_at
    open_request = requested if requested is not None and requested > started else None
    columns: dict[str, Any] = {"sync_requested_at": open_request}
    failure = reading.failure(row)
    if failure:
        return columns | {"sync_failed_at": now, "sync_error": described(failure)}
    return columns | {"synced_at": now, "sync_failed_at": None, "sync_error": None}


def described(error: GraphError) -> dict[str, Any]:
    return {
        "cause": str(error.cause),
        "message": error.message,
        "code": error.code,
        "subcode": error.subcode,
        "traceId": error.fbtrace_id,
        "call": error.call,
    }


def assign(row: Waba | PhoneNumber, columns: dict[str, Any]) -> None:
    if columns:
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=[*columns, "updated_at"])
