"""Connecting a phone number, changing what is the customer's of it, and asking for its check."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from api.doorbell import ring_on_commit
from api.errors import ConflictError
from meta_graph.phone_numbers import PhoneNumberInfo
from phones import tasks
from phones.health import Health, SyncStatus, assess, sync_status
from phones.models import PhoneNumber
from phones.next_action import NextAction, next_action
from phones.readiness import begin
from phones.reading import facts
from wabas.models import Waba
from wabas.services import check_soon
from wabas.tokens import TokenStatus, token_status

# Meta allows a new WABA 200 calls an hour, and 5,000 once a number of it is registered.
SYNC_WAIT, SYNC_WAIT_OF_NEW_WABA = timedelta(seconds=30), timedelta(seconds=120)
# The completion itself asks for a check; what Meta needs a moment for is seen by this one.
FIRST_CHECK_AFTER = timedelta(minutes=5)
NO_METADATA = (None, "", "{}")


class DisconnectedMeanwhileError(ConflictError):
    message = "The account, or the number, was disconnected while it was being connected."


@dataclass(frozen=True)
class HealthReport:
    """A number's health, how old it is, and who has to move."""

    phone: PhoneNumber
    health: Health
    token_status: TokenStatus
    sync_status: SyncStatus
    next_action: NextAction | None


def connect_phone(
    *,
    waba: Waba,
    info: PhoneNumberInfo,
    metadata: str | None,
    external_id: str | None,
    is_coexistence: bool,
) -> PhoneNumber:
    """The organization's row of that number, in `waba`. `metadata` is the link's JSON object as text.

    A number that has metadata keeps its own. The newest link's externalId wins where it has one.
    """
    with transaction.atomic():
        row, _ = PhoneNumber.objects.get_or_create(
            organization_id=waba.organization_id,
            meta_phone_number_id=info.id,
            defaults={"waba": waba, "phone_number": info.phone_number or ""},
        )
        phone = PhoneNumber.objects.select_for_update(no_key=True).get(pk=row.pk)
        for name, value in facts(info).items():
            setattr(phone, name, value)
        phone.waba = waba
        phone.disconnected_at = phone.disconnect_reason = None
        phone.is_coexistence = is_coexistence or is_on_both(info)
        if external_id is not None:
            phone.external_id = external_id
        if phone.metadata in NO_METADATA and metadata is not None:
            phone.metadata = metadata
        phone.save()
    return phone


def is_on_both(info: PhoneNumberInfo) -> bool:
    """The WhatsApp Business app and the Cloud API at once: coexistence."""
    return bool(info.is_on_biz_app) and info.platform_type == "CLOUD_API"


def refresh_phone(*, phone: PhoneNumber, info: PhoneNumberInfo) -> PhoneNumber:
    """Writes what Meta says of the number now; what is the customer's stays.

    A row that was disconnected meanwhile stays as it is, and `phone` shows it.
    """
    read = facts(info)
    if _still_connected(phone).update(**read, updated_at=timezone.now()):
        for name, value in read.items():
            setattr(phone, name, value)
    else:
        phone.refresh_from_db(fields=["disconnected_at", *read])
    return phone


def _still_connected(phone: PhoneNumber) -> QuerySet[PhoneNumber]:
    return PhoneNumber.objects.filter(pk=phone.pk, disconnected_at=None)


@transaction.atomic
def adopt_link(*, phone: PhoneNumber, metadata: str | None, external_id: str | None) -> None:
    """A link completed for this number: its metadata unless the number has its own, its externalId if any.

    From here on clients are told what the number can do, and it is checked by itself. In the completion's own
    transaction. Raises DisconnectedMeanwhileError.
    """
    now = timezone.now()
    refuse_disconnected(phone)
    begin(phone, now)
    check_soon(waba_id=phone.waba_id, at=now + FIRST_CHECK_AFTER)
    if external_id is not None:
        phone.external_id = external_id
    if phone.metadata in NO_METADATA and metadata is not None:
        phone.metadata = metadata
    phone.save(update_fields=["external_id", "metadata", "updated_at"])


def refuse_disconnected(phone: PhoneNumber) -> None:
    """The WABA's row is locked: nobody can disconnect it before the link is completed."""
    waba = Waba.objects.connected().select_for_update(no_key=True).filter(pk=phone.waba_id).only("pk").first()
    if waba is None or not PhoneNumber.objects.connected_of(waba).filter(pk=phone.pk).exists():
        raise DisconnectedMeanwhileError


def keep_pin(*, phone_id: UUID, pin: str) -> None:
    """The two-step PIN that the number's owner gave, kept before it is used."""
    PhoneNumber.objects.filter(pk=phone_id).update(pin=pin, pin_changed_at=None)


def note_registered(*, phone: PhoneNumber) -> None:
    """Meta accepted the registration just now; a check reads the rest, at once.

    In a signup the check is the completion's: another one before would cost a new WABA a part of the 200
    calls an hour that Meta allows it. Nothing is noted of a row that was disconnected meanwhile.
    """
    now = timezone.now()
    phone.is_registered = _still_connected(phone).update(is_registered=True, updated_at=now) == 1
    if phone.is_registered and _still_connected(phone).filter(announced__isnull=False).exists():
        check_soon(waba_id=phone.waba_id, at=now)


def update_phone(*, phone: PhoneNumber, changes: dict[str, Any]) -> PhoneNumber:
    """`changes` has `metadata` (JSON text or None), `external_id` (or None), or both."""
    for name, value in changes.items():
        setattr(phone, name, value)
    phone.save(update_fields=[*changes, "updated_at"])
    return phone


def read_health(*, phone: PhoneNumber) -> HealthReport:
    """From stored state; each read also queues a check, which the next read shows."""
    request_sync(phone=phone)
    now = timezone.now()
    health = assess(phone, now)
    return HealthReport(
        phone, health, token_status(phone.waba, now), sync_status(phone, now), next_action(health)
    )


def request_sync(*, phone: PhoneNumber) -> bool:
    """Queues a check of the number at Meta; False when one was asked for or answered too short ago.

    One in 30 s for the number, or one in 120 s for all numbers of its WABA until one is registered; none for
    a number that is disconnected.
    """
    if phone.disconnected_at or not phone.waba.is_connected:
        return False
    now = timezone.now()
    with transaction.atomic():
        is_queued = _marked(phone, now)
        if is_queued:
            ring_on_commit(tasks.sync_phone, phone_id=str(phone.pk))
    if is_queued:
        phone.sync_requested_at = now
    return is_queued


def _marked(phone: PhoneNumber, now: datetime) -> bool:
    """Whether this caller is the one who may ask: it wrote the time of the request."""
    numbers = PhoneNumber.objects.filter(waba_id=phone.waba_id)
    wanted = PhoneNumber.objects.filter(pk=phone.pk)
    if numbers.filter(is_registered=True).exists():
        wanted = wanted.exclude(_asked_since(now - SYNC_WAIT))
    else:
        # The numbers of one WABA share a budget, and an update locks only its own row.
        Waba.objects.select_for_update(no_key=True).only("pk").get(pk=phone.waba_id)
        if numbers.filter(_asked_since(now - SYNC_WAIT_OF_NEW_WABA)).exists():
            return False
    return wanted.update(sync_requested_at=now) == 1


def _asked_since(since: datetime) -> Q:
    return Q(sync_requested_at__gt=since) | Q(synced_at__gt=since) | Q(sync_failed_at__gt=since)
