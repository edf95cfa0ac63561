"""Making organizations and keys, and taking keys back."""

import hashlib
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError, InvalidFieldError
from organizations.models import ApiKey, Organization, Scope

KEY_START, LOOKUP_LENGTH, SECRET_LENGTH = "sk_org_", 8, 32
PREFIX_LENGTH = len(KEY_START) + LOOKUP_LENGTH
ALPHABET = string.ascii_letters + string.digits
# How long a key that was rotated works beside the new one.
KEY_OVERLAP = timedelta(hours=24)


@dataclass(frozen=True)
class IssuedKey:
    """A new key and its clear text, which exists only here."""

    api_key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"IssuedKey({self.api_key.prefix}…)"


def hashed(key: str) -> str:
    """SHA-256 is enough for 190 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@transaction.atomic
def create_organization(*, name: str) -> Organization:
    return Organization.objects.create(name=name)


class AlreadySoError(ConflictError):
    message = "It is so already."


def suspend_organization(*, organization: Organization) -> None:
    """From the next request on its keys are refused and its hosted pages are not found."""
    active = Organization.objects.filter(pk=organization.pk, suspended_at=None)
    if not active.update(suspended_at=timezone.now()):
        raise AlreadySoError


def unsuspend_organization(*, organization: Organization) -> None:
    """Its keys and pages work again, from the next request on."""
    suspended = Organization.objects.filter(pk=organization.pk).exclude(suspended_at=None)
    if not suspended.update(suspended_at=None):
        raise AlreadySoError


@transaction.atomic
def issue_key(
    *,
    organization: Organization,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> IssuedKey:
    """A key that is shown once."""
    prefix = KEY_START + random_text(LOOKUP_LENGTH)
    secret = prefix + random_text(SECRET_LENGTH)
    api_key = ApiKey.objects.create(
        organization=organization,
        name=name,
        prefix=prefix,
        key_hash=hashed(secret),
        scopes=[scope for scope in Scope.values if scope in scopes],
        expires_at=expires_at,
    )
    return IssuedKey(api_key, secret)


def issue_key_for(
    *, maker: ApiKey, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> IssuedKey:
    """A key made by a key: it gets no more than its maker's scopes and no longer life.

    Without `expires_at` it expires when its maker does.
    """
    beyond = [scope for scope in scopes if scope not in maker.scopes]
    if beyond:
        raise InvalidFieldError(
            "scopes", f"The calling key does not have: {', '.join(beyond)}.", "beyond_maker"
        )
    if maker.expires_at and expires_at and expires_at > maker.expires_at:
        raise InvalidFieldError("expiresAt", "Later than the calling key's own expiry.", "beyond_maker")
    return issue_key(
        organization=maker.organization, name=name, scopes=scopes, expires_at=expires_at or maker.expires_at
    )


class KeyGoneError(ConflictError):
    message = "It is revoked or expired: issue another one."


@transaction.atomic
def rotate_key(*, api_key: ApiKey, grace: timedelta = KEY_OVERLAP) -> IssuedKey:
    """A key with the same name, scopes and end; the old one works for `grace` longer. Raises KeyGoneError."""
    now = timezone.now()
    old = ApiKey.objects.select_for_update(of=("self",)).select_related("organization").get(pk=api_key.pk)
    if not old.is_usable(now):
        raise KeyGoneError
    issued = issue_key(
        organization=old.organization, name=old.name, scopes=old.scopes, expires_at=old.expires_at
    )
    if grace:
        old.expires_at = min(now + grace, old.expires_at or now + grace)
        old.save(update_fields=["expires_at"])
    else:
        revoke_key(api_key=old)
    return issued


class OwnKeyError(ConflictError):
    message = "A key cannot delete itself. Use another key."


def delete_key(*, api_key: ApiKey, by: ApiKey) -> None:
    if api_key.pk == by.pk:
        raise OwnKeyError
    revoke_key(api_key=api_key)


def revoke_key(*, api_key: ApiKey) -> bool:
    """From the next request on the key is unknown. False: it was so already."""
    return bool(ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=timezone.now()))
