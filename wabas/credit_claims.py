"""Who may share our credit line with a portfolio now, and what its WABAs' rows say of it.

`credit_asked_at` is written before Meta is asked, and stays where nobody learnt the outcome: then nobody
asks again before Meta must have ended, and who does knows that an allocation may be there already.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from api.times import timestamp
from meta_graph.errors import GraphError
from wabas.models import Waba, WabaQuerySet


class CreditError(ConflictError):
    """Our credit line does not pay for the WABA; `reason` is the published code of why."""

    reason = ""


class CreditInDoubtError(CreditError):
    """Somebody else is at it, or was and never learnt the outcome; `retry_at` says when to look again."""

    reason = "CREDIT_IN_DOUBT"
    message = "The credit line is being shared with this portfolio, or the outcome is not known yet."


@dataclass(frozen=True)
class Claim:
    """The right to change what one portfolio has. `before`: since when an earlier outcome is unknown."""

    waba: Waba
    owner_id: str
    at: datetime
    before: datetime | None


def doubt() -> timedelta:
    """How long Meta may be at work on a call whose caller died or stopped waiting."""
    return timedelta(seconds=2 * settings.META_REQUEST_TIMEOUT)


def of_owner(owner_id: str) -> WabaQuerySet:
    """The rows of all organizations whose WABA belongs to that portfolio."""
    return Waba.objects.filter(owner_business_id=owner_id)


@transaction.atomic(durable=True)
def claimed(waba: Waba, owner_id: str) -> Claim:
    """One at a time for a portfolio: an allocation is the portfolio's. Raises CreditInDoubtError."""
    now = timezone.now()
    rows = {row.pk: row for row in of_owner(owner_id).select_for_update(no_key=True).order_by("pk")}
    asked = [row.credit_asked_at for row in rows.values() if row.credit_asked_at]
    if asked and (until := max(asked) + doubt()) > now:
        raise CreditInDoubtError(retry_at=until)
    stored = rows[waba.pk]
    waba.allocation_config_id, waba.credit_line_status = (
        stored.allocation_config_id,
        stored.credit_line_status,
    )
    note(waba, credit_asked_at=now)
    return Claim(waba, owner_id, now, stored.credit_asked_at)


def renewed(claim: Claim) -> Claim:
    """The claim from now on, right before Meta is asked to change something. Raises CreditInDoubtError."""
    now = timezone.now()
    mine = Waba.objects.filter(pk=claim.waba.pk, credit_asked_at=claim.at)
    if not mine.update(credit_asked_at=now):
        raise CreditInDoubtError(retry_at=now + doubt())
    return replace(claim, at=now)


def note(waba: Waba, **columns: Any) -> None:
    """Writes columns of the row, and of `waba`."""
    Waba.objects.filter(pk=waba.pk).update(**columns, updated_at=timezone.now())
    for name, value in columns.items():
        setattr(waba, name, value)


def described(error: GraphError | CreditError) -> dict[str, Any]:
    """What `credit_error` holds: code, message, time, and what Meta said."""
    shown = {"code": str(getattr(error, "cause", "")), "message": str(error), "at": timestamp(timezone.now())}
    if isinstance(error, CreditError):
        return shown | {"code": error.reason, "meta": None}
    meta = {"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
    return shown | {"message": error.message, "meta": meta}
