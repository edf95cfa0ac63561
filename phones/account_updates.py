"""What Meta announces of a connected account (field `account_update`, and the review): rows and events.

Meta repeats and reorders: of one matter the latest word counts, and the same word again changes nothing.
https://developers.facebook.com/docs/whatsapp/business-management-api/webhooks/components
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.times import timestamp
from phones.account_reasons import VIOLATION
from phones.disconnecting import disconnect_phone, disconnect_waba
from phones.models import PhoneNumber
from phones.readiness import announce
from phones.reasons import Actor
from wabas.models import Waba
from wabas.services import check_soon
from webhooks.tasks import ring_on_commit

log = structlog.get_logger("phones.account_updates")
Value = Mapping[str, Any]
INITIATORS = {"USER": Actor.END_USER, "SYSTEM": Actor.META}
# What has changed with these is read by a check.
CHECKED = frozenset(
    {"VERIFIED_ACCOUNT", "PARTNER_APP_INSTALLED", "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE"}
)
# Of prices and places: nothing that a number can do follows from them.
IGNORED = frozenset(
    {
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE",
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE",
        "VOLUME_BASED_PRICING_TIER_UPDATE",
    }
)


def apply(*, event: str, value: Value, waba: Waba, at: datetime) -> bool:
    """Applies `event` of the connected `waba`, which Meta sent at `at`. False: a form that is not known.

    `value` is the webhook's. What was sent before the WABA was connected last is of an earlier connection.
    """
    if event in DISCONNECTIONS:
        return disconnected(event, value, waba, at)
    if event in CHANGES:
        return changed(event, value, waba, at)
    if event in CHECKED:
        check_soon(waba_id=waba.pk, at=timezone.now())
    return event in CHECKED | IGNORED


# ---- Our access is gone -------------------------------------------------------------------------------

DISCONNECTIONS = frozenset({"PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED", "ACCOUNT_DELETED"})


@transaction.atomic
def disconnected(event: str, value: Value, waba: Waba, at: datetime) -> bool:
    row = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk)
    if is_of_before(row, at) or is_of_another_app(value):
        log.info("not of this connection", waba=str(waba.pk), update=event)
        return True
    said = mapping(value, "disconnection_info")
    reason = str(said.get("reason") or event)[:64]
    initiated_by = INITIATORS.get(str(said.get("initiated_by")), Actor.END_USER)
    digits = "".join(filter(str.isdigit, str(value.get("phone_number") or "")))
    if not digits:
        disconnect_waba(waba=waba, reason=reason, initiated_by=initiated_by, at=at)
        return True
    for phone in PhoneNumber.objects.filter(waba=row, phone_number=f"+{digits}"):
        disconnect_phone(phone=phone, reason=reason, initiated_by=initiated_by, at=at)
    return True


def is_of_before(waba: Waba, at: datetime) -> bool:
    """Meta's times have whole seconds."""
    return waba.connected_at is not None and at < waba.connected_at.replace(microsecond=0)


def is_of_another_app(value: Value) -> bool:
    """PARTNER_APP_UNINSTALLED names the app whose permissions were removed."""
    named = value.get("partner_app_id")
    return bool(named) and str(named) != settings.META_APP_ID


# ---- What the account may do has changed --------------------------------------------------------------


@transaction.atomic
def changed(event: str, value: Value, waba: Waba, at: datetime) -> bool:
    """One change under the WABA's lock, and what its numbers can do since."""
    row, now = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk), timezone.now()
    proposed = CHANGES[event](row, value, at) if row.is_connected else {}
    columns = {name: new for name, new in proposed.items() if new != getattr(row, name)}
    if not columns:
        return True
    phones = list(PhoneNumber.objects.connected_of(row).locked())
    # What Meta says of the account's health changes with it.
    columns["check_due_at"] = now if phones else None
    for name, new in columns.items():
        setattr(row, name, new)
    row.save(update_fields=[*columns, "updated_at"])
    if announce(waba=row, phones=phones, now=now):
        ring_on_commit()
    return True


def of_latest(waba: Waba, matter: str, at: datetime, **columns: Any) -> dict[str, Any]:
    """The columns, unless a later word on the matter came first."""
    told = waba.told_at.get(matter)
    if told and at < datetime.fromisoformat(told):
        return {}
    return columns | {"told_at": waba.told_at | {matter: timestamp(at)}}


def offboarded(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    """The owner of a coexistence number changes the device; nothing can be sent until it is done."""
    return of_latest(waba, "pause", at, paused_at=at)


def reconnected(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    return of_latest(waba, "pause", at, paused_at=None)


def restricted(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    """Of each type the latest; one that is not named goes on until it ends. An empty list ends them all."""
    said = value.get("restriction_info")
    entries = [entry for entry in said if isinstance(entry, Mapping)] if isinstance(said, list) else []
    named = [restriction_of(entry, at) for entry in entries if entry.get("restriction_type")]
    since = waba.told_at.get("no restrictions", "")
    if said == []:
        left = [old for old in waba.restrictions if old["at"] > timestamp(at)]
        return of_latest(waba, "no restrictions", at, restrictions=left)
    latest = {old["type"]: old for old in waba.restrictions}
    for new in named:
        if new["at"] >= max(since, latest.get(new["type"], new)["at"]):
            latest[new["type"]] = new
    return {"restrictions": [latest[kind] for kind in sorted(latest)]}


def restriction_of(entry: Value, at: datetime) -> dict[str, Any]:
    end = moment(entry.get("expiration"))
    return {
        "type": str(entry["restriction_type"])[:64],
        "expiresAt": timestamp(end) if end else None,
        "remediation": str(entry["remediation"])[:1000] if entry.get("remediation") else None,
        "at": timestamp(at),
    }


def violated(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    kind = mapping(value, "violation_info").get("violation_type")
    return of_latest(waba, VIOLATION, at, violation_type=str(kind or "UNKNOWN")[:64])


def banned(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    said = mapping(value, "ban_info")
    state, date = said.get("waba_ban_state"), said.get("waba_ban_date")
    # A string in Meta's reference, a list of one in an example of it.
    state = state[0] if isinstance(state, list) and state else state
    return of_latest(
        waba,
        "ban",
        at,
        ban_state=str(state)[:32] if state else None,
        ban_date=str(date)[:64] if date else None,
    )


def reviewed(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    decision = value.get("decision")
    columns = {"account_review_status": str(decision).upper()[:32]} if isinstance(decision, str) else {}
    return of_latest(waba, "review", at, **columns)


def signed_terms(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    """The connected account's next look-up is not put off, and shows it."""
    return of_latest(waba, "terms", at, looked_up_at=None) if "terms" not in waba.told_at else {}


def linked_ad_account(waba: Waba, value: Value, at: datetime) -> dict[str, Any]:
    linked = mapping(value, "waba_info").get("ad_account_linked")
    known = waba.ad_account_ids
    return {"ad_account_ids": list(dict.fromkeys([*known, str(linked)]))} if linked else {}


# What an event changes: the columns with their new values, none where it comes too late.
CHANGES: dict[str, Callable[[Waba, Value, datetime], dict[str, Any]]] = {
    "ACCOUNT_OFFBOARDED": offboarded,
    "ACCOUNT_RECONNECTED": reconnected,
    "ACCOUNT_RESTRICTION": restricted,
    "ACCOUNT_VIOLATION": violated,
    "DISABLED_UPDATE": banned,
    "account_review_update": reviewed,
    "MM_LITE_TERMS_SIGNED": signed_terms,
    "AD_ACCOUNT_LINKED": linked_ad_account,
}


def mapping(value: Value, name: str) -> Value:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}


def moment(given: object) -> datetime | None:
    """Unix seconds as a number or text, or ISO 8601; None for anything else."""
    text = str(given)
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
