"""Bringing along what a number's WhatsApp Business app holds: two syncs, once each, within a day.

Each sync has a row before Meta is asked. A known success is never asked for again; an outcome that nobody
learnt is, since Meta answers a repeat with 2593107 and does nothing.
https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from datetime import datetime, timedelta
from typing import Literal, cast

from django.db.models import F

from meta_graph import phone_numbers
from meta_graph.client import Token
from meta_graph.errors import Cause, GraphError
from phones.models import CoexistenceSync, PhoneNumber
from wabas.models import Waba

SyncType = Literal["smb_app_state_sync", "history"]
Kind = CoexistenceSync.Kind
# Contacts first: the chats then have names.
IN_ORDER = (Kind.CONTACTS, Kind.HISTORY)
WINDOW = timedelta(hours=24)
REQUESTED, DECLINED, WINDOW_OVER = "requested", "declined", "window_over"
# Meta's own words for how a request can end well, or for good.
SETTLED_BY_META = {Cause.ALREADY_DONE: REQUESTED, Cause.HISTORY_DECLINED: DECLINED}
DONE = frozenset({REQUESTED, DECLINED})


class SyncWindowOverError(Exception):
    """The day is over: the owner has to disconnect the number in the app and sign up again."""


def deadline(phone: PhoneNumber) -> datetime | None:
    """Until when the syncs may be asked for; None for a number whose onboarding nobody noted."""
    return phone.onboarded_at + WINDOW if phone.onboarded_at else None


def request_syncs(*, phone: PhoneNumber, token: Token, now: datetime) -> None:
    """Asks for each sync that is not known to have been asked for. Raises SyncWindowOverError, GraphError."""
    until = deadline(phone)
    for kind in IN_ORDER:
        row, _ = CoexistenceSync.objects.get_or_create(phone=phone, kind=kind, defaults={"requested_at": now})
        if written(row, outcome=None, requested_at=now):
            request(row, phone, token, is_late=until is not None and now >= until)


def request(row: CoexistenceSync, phone: PhoneNumber, token: Token, *, is_late: bool) -> None:
    """One call. The last one is made when the day is over: only Meta knows what became of those before."""
    try:
        request_id = phone_numbers.request_sync(
            phone_number_id=phone.meta_phone_number_id, sync_type=cast("SyncType", row.kind), token=token
        )
    except GraphError as error:
        is_over = error.cause is Cause.WINDOW_OVER or (is_late and error.cause not in SETTLED_BY_META)
        written(row, outcome=WINDOW_OVER if is_over else SETTLED_BY_META.get(error.cause, str(error.cause)))
        if is_over:
            raise SyncWindowOverError from error
        if error.cause not in SETTLED_BY_META:
            raise
    else:
        written(row, outcome=REQUESTED, request_id=request_id)


def written(row: CoexistenceSync, **columns: object) -> bool:
    """False where the row has ended well already: a refusal by webhook may come before Meta's answer."""
    open_rows = CoexistenceSync.objects.filter(pk=row.pk).exclude(outcome__in=DONE)
    return open_rows.update(**columns) == 1


def note_history_declined(*, phone: PhoneNumber, at: datetime) -> None:
    """The owner shares no chats (2593109, by the webhook `history`): an outcome like another."""
    CoexistenceSync.objects.update_or_create(
        phone=phone,
        kind=Kind.HISTORY,
        defaults={"outcome": DECLINED},
        create_defaults={"outcome": DECLINED, "requested_at": at},
    )


def forget_ended_syncs(*, waba: Waba, meta_phone_number_id: str) -> None:
    """A number that was disconnected since its syncs is onboarded anew, and may be synced anew."""
    CoexistenceSync.objects.filter(
        phone__organization_id=waba.organization_id,
        phone__meta_phone_number_id=meta_phone_number_id,
        phone__disconnected_at__gte=F("requested_at"),
    ).delete()


def note_onboarded(*, phone: PhoneNumber, at: datetime) -> None:
    """Meta's window ended then, with this number: the day of the syncs begins."""
    phone.onboarded_at = at
    phone.save(update_fields=["onboarded_at", "updated_at"])
