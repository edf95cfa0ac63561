"""Connecting a WABA, and writing down what Meta said about it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from api.errors import ConflictError
from meta_graph.wabas import WabaInfo
from organizations.models import Organization
from wabas.models import Waba

CAPTURED = ("page_ids", "dataset_ids", "catalog_ids", "instagram_account_ids", "ad_account_ids")
# The ids come unsigned out of a browser: what is not one of Meta's, or beyond this many, is dropped.
META_ID, MAX_CAPTURED = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII), 50


class WabaTakenError(ConflictError):
    message = "That WABA is connected to another organization."


def connect_waba(
    *,
    organization: Organization,
    info: WabaInfo,
    token_value: str,
    token_expires_at: datetime | None,
    captured: Mapping[str, Sequence[str]],
) -> Waba:
    """The organization's row of that WABA, connected with this token. Raises WabaTakenError.

    `captured` holds lists of ids under the names of CAPTURED: new ones are put first, old ones kept.
    """
    try:
        with transaction.atomic():
            return _connected(organization, info, token_value, token_expires_at, captured)
    except IntegrityError as taken:
        # Of two organizations that connect at once the database lets one pass: waba_connected_once.
        raise WabaTakenError from taken


def _connected(
    organization: Organization,
    info: WabaInfo,
    token_value: str,
    token_expires_at: datetime | None,
    captured: Mapping[str, Sequence[str]],
) -> Waba:
    row, _ = Waba.objects.get_or_create(organization=organization, meta_waba_id=info.id)
    waba = Waba.objects.select_for_update(no_key=True).get(pk=row.pk)
    columns = facts(info) | {
        "access_token": token_value,
        "token_expires_at": token_expires_at,
        "token_refused_at": None,
        "status": Waba.Status.CONNECTED,
        "connected_at": timezone.now(),
        "disconnected_at": None,
        "disconnect_reason": None,
        "disconnect_initiated_by": None,
        "paused_at": None,
    }
    columns |= {name: _merged(captured.get(name, ()), getattr(waba, name)) for name in CAPTURED}
    for name, value in columns.items():
        setattr(waba, name, value)
    waba.save()
    return waba


def facts(info: WabaInfo) -> dict[str, Any]:
    """The columns that Meta's answer fills. What it left out is not among them: the last known stays."""
    answered = {
        "name": info.name,
        "currency": info.currency,
        "timezone_id": info.timezone_id,
        "owner_business_id": info.owner_business_id,
        "owner_business_name": info.owner_business_name,
        "account_review_status": info.account_review_status,
        "business_verification_status": info.business_verification_status,
        "health": info.health,
    }
    return {name: value for name, value in answered.items() if value is not None}


def _merged(new: Iterable[object], old: Iterable[str]) -> list[str]:
    usable = [value for value in new if isinstance(value, str) and META_ID.fullmatch(value)]
    return list(dict.fromkeys([*usable, *old]))[:MAX_CAPTURED]


def note_subscription(*, waba: Waba, is_subscribed: bool) -> None:
    """Whether our app was among the WABA's subscribed apps when Meta was asked just now."""
    waba.is_subscribed, waba.subscription_checked_at = is_subscribed, timezone.now()
    waba.save(update_fields=["is_subscribed", "subscription_checked_at", "updated_at"])


@transaction.atomic
def note_token_refused(*, waba: Waba, token_value: str) -> bool:
    """Meta said 190 to `token_value`. Nothing is noted when another token has taken its place since."""
    row = Waba.objects.select_for_update(no_key=True).get(pk=waba.pk)
    if row.access_token != token_value:
        return False
    row.token_refused_at = timezone.now()
    row.save(update_fields=["token_refused_at", "updated_at"])
    check_soon(waba_id=row.pk, at=row.token_refused_at)
    return True


def check_soon(*, waba_id: UUID, at: datetime) -> None:
    """The numbers of the WABA are checked at `at` or, as planned, before. Not where nothing is connected."""
    later = Q(check_due_at=None) | Q(check_due_at__gt=at)
    Waba.objects.connected().filter(later, pk=waba_id).update(check_due_at=at)
