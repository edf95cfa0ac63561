"""A number's check: what Meta says of it, of its WABA and of our subscription, and the one write of it.

`sync_requested_at` says that a check is wanted and not yet answered; an answer and a failure clear it.
A failure stays in `sync_error` until a check succeeds, beside the last state, which it does not touch.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from meta_graph import phone_numbers, wabas
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from meta_graph.phone_numbers import PhoneNumberInfo
from phones.models import PhoneNumber
from wabas import services as waba_services
from wabas.models import Waba
from wabas.tokens import TokenStatus, token_status

log = structlog.get_logger("phones.sync")
# A check that nobody answered for so long is rung for again.
OVERDUE, SWEEP_LIMIT = timedelta(seconds=30), 200
UNREGISTERED = frozenset({"PENDING", "UNVERIFIED", "DISCONNECTED", "MIGRATED", "DELETED"})


@dataclass
class Reading:
    """What Meta answered until its first failure; what it was not asked for is empty."""

    phone: dict[str, Any] = field(default_factory=dict)
    waba: dict[str, Any] = field(default_factory=dict)
    is_subscribed: bool | None = None
    error: GraphError | None = None


def sync_phone(phone_id: UUID) -> None:
    """Reads the number at Meta, then writes what was answered. A failure is recorded, not raised."""
    phone = PhoneNumber.objects.select_related("waba").filter(pk=phone_id).first()
    if phone is None:
        return
    token_value, started = phone.waba.access_token, timezone.now()
    if token_status(phone.waba, started) is TokenStatus.MISSING:
        record_missing_token(phone_id, started)
        return
    write(phone, read(phone, business_token(token_value or "")), token_value or "", started)


def read(phone: PhoneNumber, token: Token) -> Reading:
    """The three calls of a check. A failure ends it: the others would fail alike, out of the same budget."""
    reading, waba_id = Reading(), phone.waba.meta_waba_id
    try:
        reading.phone = facts(
            phone_numbers.read_phone_number(phone_number_id=phone.meta_phone_number_id, token=token)
        )
        reading.waba = waba_services.facts(wabas.read_waba(waba_id=waba_id, token=token))
        apps = wabas.list_subscribed_apps(waba_id=waba_id, token=token)
        reading.is_subscribed = settings.META_APP_ID in {app.id for app in apps}
    except GraphError as error:
        log.info("check failed", phone=str(phone.pk), cause=error.cause, code=error.code)
        reading.error = error
    return reading


def facts(info: PhoneNumberInfo) -> dict[str, Any]:
    """The columns that Meta's answer fills. What it left out is not among them: the last known stays."""
    answered = {
        "phone_number": info.phone_number,
        "display_name": info.verified_name,
        "verified_name": info.verified_name,
        "is_registered": is_registered(info),
        "status": info.status,
        "quality_rating": info.quality_rating,
        "code_verification_status": info.code_verification_status,
        "name_status": info.name_status,
        "platform_type": info.platform_type,
        "throughput_level": info.throughput_level,
        "health": info.health,
    }
    return {name: value for name, value in answered.items() if value is not None}


def is_registered(info: PhoneNumberInfo) -> bool | None:
    """True where it is CONNECTED on the Cloud API; None where the state does not tell, such as FLAGGED."""
    if info.platform_type is None or info.status is None:
        return None
    if info.platform_type != "CLOUD_API" or info.status in UNREGISTERED:
        return False
    return True if info.status == "CONNECTED" else None


@transaction.atomic
def write(phone: PhoneNumber, reading: Reading, token_value: str, started: datetime) -> None:
    """Writes the reading, unless a later one was faster. The WABA is locked first, as everywhere."""
    now = timezone.now()
    waba = Waba.objects.select_for_update(no_key=True).filter(pk=phone.waba_id).first()
    row = PhoneNumber.objects.select_for_update(no_key=True).filter(pk=phone.pk).first()
    if waba is None or row is None or (row.synced_at and row.synced_at > started):
        return
    # What Meta says of a token is not said of the one that has replaced it since.
    token_columns = token_verdict(reading, now) if waba.access_token == token_value else {}
    assign(waba, reading.waba | subscription(reading, now) | token_columns)
    assign(row, reading.phone | outcome(row, reading, started, now))


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
    if reading.error:
        return columns | {"sync_failed_at": now, "sync_error": described(reading.error)}
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


def record_missing_token(phone_id: UUID, now: datetime) -> None:
    PhoneNumber.objects.filter(pk=phone_id).update(
        sync_requested_at=None,
        sync_failed_at=now,
        sync_error={"cause": "TOKEN_MISSING", "message": "There is no token to read it with."},
    )


def take_overdue(now: datetime) -> list[UUID]:
    """Numbers whose check was asked for and never answered. Their time starts anew, so one sweep has them."""
    late = PhoneNumber.objects.filter(sync_requested_at__lte=now - OVERDUE)
    candidates = late.order_by("sync_requested_at").values_list("pk", flat=True)[:SWEEP_LIMIT]
    return [pk for pk in candidates if late.filter(pk=pk).update(sync_requested_at=now) == 1]
