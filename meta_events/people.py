"""Requests of Facebook users that Meta passes on: taken down once, looked through by support.

Meta names a user by an id that only our app knows them by, and no row of ours holds such an id: our tokens
are those of a business's system user, which Meta makes for the app. So nothing is deleted and nobody is
disconnected by a request alone: that would be a guess, about a number that people write to. What follows from
a removed app we learn by the next check of the number, whose token Meta refuses then; what follows from the
wish for a deletion is done by support, who find out which customer it is.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from meta_events.models import UserRequest
from meta_events.texts import moment, text


class NoUserError(ValueError):
    """Meta's signed request names no user."""


class AlreadyDoneError(ConflictError):
    message = "It is done already."


@transaction.atomic
def take_request(*, kind: str, payload: Mapping[str, Any], now: datetime) -> UserRequest:
    """The request's row: the one that is there already when Meta sends the same again. Raises NoUserError."""
    user_id = text(payload.get("user_id"))
    if user_id is None or len(user_id) > 64 or not (user_id.isascii() and user_id.isalnum()):
        raise NoUserError
    issued_at = moment(payload.get("issued_at")) or now
    request, _ = UserRequest.objects.get_or_create(
        kind=kind,
        meta_user_id=user_id,
        issued_at=issued_at,
        defaults={"confirmation_code": secrets.token_hex(10), "received_at": now},
    )
    return request


@transaction.atomic
def close_request(*, request: UserRequest) -> None:
    """Somebody has looked at it and done what there was to do. Raises AlreadyDoneError."""
    is_open = UserRequest.objects.filter(pk=request.pk, status=UserRequest.Status.OPEN)
    if not is_open.update(status=UserRequest.Status.DONE, done_at=timezone.now()):
        raise AlreadyDoneError
