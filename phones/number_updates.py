"""What Meta announces of a single number: its name, its quality, its PIN. Rows, and events for clients.

Meta names the number by its digits alone, and gives no order: what a later check has read stands.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from phones.models import PhoneNumber
from phones.readiness import announce
from wabas.models import Waba
from webhooks.tasks import ring_on_commit

log = structlog.get_logger("phones.number_updates")
Value = Mapping[str, Any]
# In the words of the number's own fields.
NAME_STATUS = {
    "APPROVED": "APPROVED",
    "REJECTED": "DECLINED",
    "PENDING": "PENDING_REVIEW",
    "DEFERRED": "PENDING_REVIEW",
}
PIN_CHANGES = frozenset({"PIN_CHANGED", "PIN_REQUEST_SUCCESS", "PIN_RESET_SUCCESS"})
# So long after we sent a PIN Meta may tell of it: that change is ours.
OUR_OWN = timedelta(minutes=5)


class UnknownNumberError(LookupError):
    """The account has no connected number with these digits."""


@transaction.atomic
def apply(*, field: str, value: Value, waba: Waba, at: datetime) -> bool:
    """Applies a change of the connected `waba`'s number, which Meta sent at `at`. False: it is not known.

    Raises UnknownNumberError. The number is checked at Meta too, which shows what follows from the change.
    """
    row, now = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk), timezone.now()
    phones = list(PhoneNumber.objects.connected_of(row).locked())
    (phone,) = [one for one in phones if one.phone_number == f"+{digits(value)}"][:1] or (None,)
    if phone is None:
        raise UnknownNumberError
    proposed = CHANGES[field](phone, value, at)
    if proposed is None:
        return False
    columns = {name: new for name, new in proposed.items() if name == "pin" or new != getattr(phone, name)}
    if columns:
        for name, new in columns.items():
            setattr(phone, name, new)
        phone.save(update_fields=[*columns, "updated_at"])
    row.check_due_at = now
    row.save(update_fields=["check_due_at", "updated_at"])
    if announce(waba=row, phones=[phone], now=now):
        ring_on_commit()
    return True


def digits(value: Value) -> str:
    return "".join(filter(str.isdigit, str(value.get("display_phone_number") or "")))


def is_read_since(phone: PhoneNumber, at: datetime) -> bool:
    """Meta's times have whole seconds."""
    return phone.synced_at is not None and at < phone.synced_at.replace(microsecond=0)


def named(phone: PhoneNumber, value: Value, at: datetime) -> dict[str, Any] | None:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/phone_number_name_update"""
    decision, name = str(value.get("decision")), value.get("requested_verified_name")
    if decision not in NAME_STATUS:
        return None
    if is_read_since(phone, at):
        return {}
    is_new = decision == "APPROVED" and isinstance(name, str) and name
    return {"name_status": NAME_STATUS[decision]} | ({"verified_name": str(name)[:255]} if is_new else {})


def judged(phone: PhoneNumber, value: Value, at: datetime) -> dict[str, Any]:
    """What else it says of quality and limits is read by the check.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/phone_number_quality_update
    """
    is_quicker = value.get("event") == "THROUGHPUT_UPGRADE" and not is_read_since(phone, at)
    return {"throughput_level": "HIGH"} if is_quicker else {}


def secured(phone: PhoneNumber, value: Value, at: datetime) -> dict[str, Any] | None:
    """Somebody changed the two-step PIN: the one that we keep opens nothing any more, unless it was us.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/security
    """
    event = str(value.get("event"))
    if event == "PIN_RESET_REQUEST":
        return {}
    if event not in PIN_CHANGES:
        return None
    sent_at = last_sent_at(phone)
    if sent_at and at <= sent_at + OUR_OWN:
        return {}
    log.info("PIN forgotten", phone=str(phone.pk), told=event)
    return {"pin": None, "pin_changed_at": max(at, phone.pin_changed_at or at)}


def last_sent_at(phone: PhoneNumber) -> datetime | None:
    """When a PIN of ours last went to Meta, by itself or with a registration."""
    registered_at = phone.registration_attempts.aggregate(at=Max("made_at"))["at"]
    return max(filter(None, (phone.pin_sent_at, registered_at)), default=None)


# What a field changes: the columns with their new values; None for what is not known.
CHANGES: dict[str, Callable[[PhoneNumber, Value, datetime], dict[str, Any] | None]] = {
    "phone_number_name_update": named,
    "phone_number_quality_update": judged,
    "security": secured,
}
