"""Whether a number can receive and send, judged from stored state, and why not.

A capability is true when no issue names it, so that each `false` says why.
https://developers.facebook.com/docs/whatsapp/cloud-api/health-status
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from phones import reasons
from phones.account_reasons import of_account, of_disconnection
from phones.models import PhoneNumber
from phones.reasons import ALL, OUTGOING, RECEIVING, TEMPLATES, Actor, Capability, Reason
from wabas.models import Waba
from wabas.tokens import TokenStatus, token_status

FRESH_FOR = timedelta(minutes=5)
# So long before a token expires somebody has to hear of it.
TOKEN_WARNING = timedelta(days=7)
# Meta's codes for a payment that is missing or failed: they stop sending, and nothing that comes in.
PAYMENT_CODES = frozenset({"131042", "141006"})
# Meta does not show us the number: it was removed, or the permission was taken back.
NO_ACCESS = frozenset({"OBJECT_GONE", "PERMISSION_MISSING"})
GONE = frozenset({"BANNED", "DELETED", "MIGRATED", "DISCONNECTED", "PENDING", "UNVERIFIED"})


class SyncStatus(StrEnum):
    FRESH = "fresh"
    SYNCING = "syncing"
    STALE = "stale"


@dataclass(frozen=True)
class Issue:
    """One reason as it bears on one capability; `capability` is None where nothing is off."""

    entity: str
    code: str
    message: str
    solution: str
    capability: Capability | None
    actor: Actor
    warning: str = ""
    deadline: datetime | None = None


@dataclass(frozen=True)
class Capabilities:
    can_receive_messages: bool
    can_send_messages: bool
    can_send_templates: bool


@dataclass(frozen=True)
class Health:
    """`issues` stand in the order in which they are to be dealt with."""

    capabilities: Capabilities
    issues: tuple[Issue, ...]


def assess(phone: PhoneNumber, now: datetime) -> Health:
    """Pure: from the rows of the number and its WABA, without a query or a call."""
    issues = tuple(dict.fromkeys(issue for reason in found(phone, now) for issue in issues_of(reason)))
    off = {issue.capability for issue in issues}
    return Health(Capabilities(*(capability not in off for capability in ALL)), issues)


def issues_of(reason: Reason) -> Iterator[Issue]:
    for capability in reason.capabilities or (None,):
        yield Issue(
            reason.entity,
            reason.code,
            reason.message,
            reason.solution,
            capability,
            reason.actor,
            reason.warning,
            reason.deadline,
        )


def found(phone: PhoneNumber, now: datetime) -> Iterator[Reason]:
    disconnection = list(of_disconnection(phone))
    if disconnection:
        yield from disconnection
        return
    yield from of_token(phone.waba, now)
    yield from of_account(phone.waba, now)
    if phone.sync_error and phone.sync_error.get("cause") in NO_ACCESS:
        yield reasons.NO_ACCESS
    yield from of_number(phone)
    if phone.pin_changed_at:
        yield reasons.pin_changed(phone.pin_changed_at)
    yield from of_meta(phone)
    yield from unchecked(phone)


def of_token(waba: Waba, now: datetime) -> Iterator[Reason]:
    status, expires_at = token_status(waba, now), waba.token_expires_at
    if status is not TokenStatus.VALID:
        yield reasons.TOKENS[status]
    elif expires_at and expires_at <= now + TOKEN_WARNING:
        yield reasons.token_expires(expires_at)


def of_number(phone: PhoneNumber) -> Iterator[Reason]:
    if not phone.is_registered:
        yield reasons.NOT_REGISTERED
    if phone.waba.is_subscribed is False:
        yield reasons.NOT_SUBSCRIBED
    if phone.status in GONE:
        yield reasons.not_connected(phone.status or "", ALL)
    elif phone.status == "RESTRICTED":
        yield reasons.not_connected(phone.status, (*RECEIVING, *TEMPLATES))
    elif phone.status not in {"CONNECTED", None}:
        yield reasons.not_connected(phone.status or "", RECEIVING)


def unchecked(phone: PhoneNumber) -> Iterator[Reason]:
    """What Meta has never told us is not assumed to be well."""
    if phone.synced_at is None:
        yield reasons.not_checked(ALL)
        return
    if phone.status is None or phone.waba.is_subscribed is None:
        yield reasons.not_checked(RECEIVING)
    if not phone.health:
        yield reasons.not_checked(OUTGOING)


def of_meta(phone: PhoneNumber) -> Iterator[Reason]:
    """Meta's health of the number and of its WABA: the worse of both counts, whichever is newer."""
    for health in filter(None, (phone.health, phone.waba.health)):
        entities = [entity for entity in health.get("entities") or () if isinstance(entity, dict)]
        for entity in entities:
            yield from of_entity(entity)
        is_explained = any(entity.get("can_send_message") == "BLOCKED" for entity in entities)
        if health.get("can_send_message") == "BLOCKED" and not is_explained:
            yield reasons.blocked("PHONE_NUMBER", ALL)


def of_entity(entity: dict[str, Any]) -> Iterator[Reason]:
    kind, is_blocked = str(entity.get("entity_type")), entity.get("can_send_message") == "BLOCKED"
    errors = [error for error in entity.get("errors") or () if isinstance(error, dict)]
    for error in errors:
        code = str(error.get("error_code"))
        yield reasons.of_meta_error(kind, error, turned_off(kind, code in PAYMENT_CODES, is_blocked))
    if is_blocked and not errors:
        yield reasons.blocked(kind, ALL)
    if entity.get("can_send_message") == "LIMITED":
        for text in entity.get("additional_info") or ():
            # A limit comes in words alone, without a code that would say that it is about payment.
            yield reasons.limited(kind, str(text), turned_off(kind, "payment" in str(text).lower(), False))


def turned_off(kind: str, is_payment: bool, is_blocked: bool) -> tuple[Capability, ...]:
    if is_blocked:
        return OUTGOING if is_payment else ALL
    return TEMPLATES if is_payment and kind in {"WABA", "BUSINESS"} else ()


def sync_status(phone: PhoneNumber, now: datetime) -> SyncStatus:
    """`fresh`: Meta answered within the last 5 minutes. `syncing`: older, and a check is under way.
    `stale`: older, and none is, for instance because the last one failed.
    """
    if phone.synced_at and phone.synced_at > now - FRESH_FOR:
        return SyncStatus.FRESH
    if phone.sync_requested_at and phone.sync_requested_at > now - FRESH_FOR:
        return SyncStatus.SYNCING
    return SyncStatus.STALE
