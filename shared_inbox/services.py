"""Making, changing, rotating and ending links to an inbox."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError, NotFoundError
from phones.models import PhoneNumber
from shared_inbox.models import COLUMNS, SharedInboxLink, SharedInboxSession

# 256 random bits: there is nothing to guess, and nothing that a slow hash would add.
TOKEN_BYTES = 32


class RevokedError(ConflictError):
    message = "The link was revoked, for good. Make a new one."


class DisconnectedError(ConflictError):
    message = "The phone is disconnected: its inbox cannot be shared."


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def create_link(
    *,
    phone: PhoneNumber,
    name: str,
    permissions: Mapping[str, bool],
    expires_at: datetime | None = None,
) -> SharedInboxLink:
    """A new link, `public_url` on it in clear. `permissions` by the contract's names.

    Raises DisconnectedError.
    """
    if phone.disconnected_at is not None:
        raise DisconnectedError
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = SharedInboxLink.objects.create(
        phone=phone, name=name, token_hash=hashed(token), expires_at=expires_at, **columns_of(permissions)
    )
    link.public_url = url_of(token)
    return link


@transaction.atomic
def update_link(*, link: SharedInboxLink, changes: Mapping[str, Any]) -> SharedInboxLink:
    """Sets `name`, `expires_at`, and `permissions` as a whole. Open pages feel it at their next call.

    Raises RevokedError.
    """
    current = locked(link)
    given = dict(changes)
    given |= columns_of(given.pop("permissions", {})) if "permissions" in given else {}
    for column, value in given.items():
        setattr(current, column, value)
    current.save(update_fields=[*given, "updated_at"])
    return current


@transaction.atomic
def rotate_link(*, link: SharedInboxLink) -> SharedInboxLink:
    """A new URL, in clear on the result. The old one and every browser that it opened are out at once.

    Raises RevokedError.
    """
    current, token = locked(link), secrets.token_urlsafe(TOKEN_BYTES)
    current.token_hash, current.rotated_at = hashed(token), timezone.now()
    current.save(update_fields=["token_hash", "rotated_at", "updated_at"])
    SharedInboxSession.objects.filter(link=current).delete()
    current.public_url = url_of(token)
    return current


@transaction.atomic
def revoke_link(*, link: SharedInboxLink) -> SharedInboxLink:
    """Nobody comes in any more, and who is in is out. Again, it changes nothing."""
    current = row(link)
    if current.revoked_at is None:
        current.revoked_at = timezone.now()
        current.save(update_fields=["revoked_at", "updated_at"])
    SharedInboxSession.objects.filter(link=current).delete()
    return current


def delete_link(*, link: SharedInboxLink) -> None:
    """With its sessions and the list of what was done through it. Messages that were sent stay."""
    link.delete()


def row(link: SharedInboxLink) -> SharedInboxLink:
    """The link as it is now, locked. One that was deleted meanwhile raises NotFoundError."""
    rows = SharedInboxLink.objects.select_for_update(no_key=True, of=("self",)).select_related("phone")
    current = rows.filter(pk=link.pk).first()
    if current is None:
        raise NotFoundError
    return current


def locked(link: SharedInboxLink) -> SharedInboxLink:
    current = row(link)
    if current.revoked_at is not None:
        raise RevokedError
    return current


def columns_of(permissions: Mapping[str, bool]) -> dict[str, bool]:
    """All seven: what is not named is not allowed."""
    return {column: permissions.get(name.value, False) for name, column in COLUMNS.items()}


def url_of(token: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}/shared/{token}"
