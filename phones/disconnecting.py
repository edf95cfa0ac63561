"""The end of our access: the rows of a WABA and its numbers, the events, and at Meta our subscription.

A disconnected WABA blocks nobody: another organization, or the same, can connect it again.
"""

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from meta_graph import wabas
from meta_graph.client import business_token
from meta_graph.errors import Action, GraphError
from phones import readiness
from phones.models import PhoneNumber
from wabas.models import Waba
from wabas.subjects import about_waba
from webhooks.events import publish
from webhooks.tasks import ring_on_commit

log = structlog.get_logger("phones.disconnecting")
REQUESTED, RELEASED = "REQUESTED", "RELEASED"
# A failure that may pass is tried once more; nobody waits longer to be disconnected.
TRIES = 2


def leave_waba(*, waba: Waba, reason: str, initiated_by: str) -> Waba:
    """Takes our app off the WABA's webhooks at Meta, then disconnects it. Twice is the same as once.

    Meta's refusal or silence keeps nobody connected. `is_subscribed` is False where Meta has confirmed, and
    stays as it was where it has not: then Meta may go on sending, and what it sends is of no number of ours.
    """
    current = Waba.objects.get(pk=waba.pk)
    if current.is_connected:
        with about_waba(current, "disconnect"):
            is_left = unsubscribed(current)
        disconnect_waba(
            waba=current, reason=reason, initiated_by=initiated_by, at=timezone.now(), is_unsubscribed=is_left
        )
    return current


def unsubscribed(waba: Waba) -> bool:
    """Whether Meta has confirmed that our app gets nothing of the WABA any more.

    Nothing is asked once another organization has it connected: the subscription is theirs then.
    """
    if not waba.access_token:
        return False
    others = Waba.objects.connected().filter(meta_waba_id=waba.meta_waba_id).exclude(pk=waba.pk)
    for _ in range(TRIES):
        if others.exists():
            return False
        try:
            wabas.unsubscribe_app(waba_id=waba.meta_waba_id, token=business_token(waba.access_token))
        except GraphError as error:
            log.warning("not unsubscribed", waba=str(waba.pk), cause=str(error.cause), code=error.code)
            if error.action is not Action.RETRY:
                return False
        else:
            return True
    return False


@transaction.atomic
def disconnect_waba(
    *, waba: Waba, reason: str, initiated_by: str, at: datetime, is_unsubscribed: bool = False
) -> bool:
    """Rows and events: our access is gone since `at`. False: it was gone already, and nothing is told twice.

    `initiated_by` is an Actor's value; Meta's USER is `end_user`, its SYSTEM `meta`. The token is forgotten.
    `waba` shows what the row has then.
    """
    row = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk)
    if not row.is_connected:
        return False
    columns = {
        "status": Waba.Status.DISCONNECTED,
        "disconnected_at": at,
        "disconnect_reason": reason,
        "disconnect_initiated_by": initiated_by,
        "access_token": None,
        "token_expires_at": None,
        "token_refused_at": None,
        "paused_at": None,
        "check_due_at": None,
    } | ({"is_subscribed": False, "subscription_checked_at": at} if is_unsubscribed else {})
    for name, value in columns.items():
        setattr(row, name, value)
        setattr(waba, name, value)
    row.save(update_fields=[*columns, "updated_at"])
    for phone in PhoneNumber.objects.connected_of(row).locked():
        _disconnect(phone, row, reason, initiated_by, at)
    return True


@transaction.atomic
def disconnect_phone(*, phone: PhoneNumber, reason: str, initiated_by: str, at: datetime) -> bool:
    """As `disconnect_waba`, of one number: its WABA stays connected for the others."""
    waba = Waba.objects.select_for_update(no_key=True).get(pk=phone.waba_id)
    row = PhoneNumber.objects.connected_of(waba).locked().filter(pk=phone.pk).first()
    if row is None:
        return False
    _disconnect(row, waba, reason, initiated_by, at)
    return True


def _disconnect(phone: PhoneNumber, waba: Waba, reason: str, initiated_by: str, at: datetime) -> None:
    phone.waba = waba
    phone.disconnected_at, phone.disconnect_reason = at, reason
    # As Meta would call it; the next connection reads what it really is. The PIN is kept: it is set at Meta,
    # and whoever registers the number again needs it.
    phone.status, phone.is_registered = "DISCONNECTED", False
    phone.sync_requested_at = phone.sync_failed_at = phone.sync_error = None
    readiness.forget(phone, at)
    phone.save()
    publish(
        organization=phone.organization,
        waba=waba,
        name="phone_number.disconnected",
        data={
            "phoneNumberId": str(phone.pk),
            "phoneNumber": phone.phone_number,
            "wabaId": str(waba.pk),
            "reason": reason,
            "initiatedBy": str(initiated_by),
        },
    )
    ring_on_commit()
