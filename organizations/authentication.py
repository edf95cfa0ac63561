"""Who calls: the bearer key, looked up by its prefix and compared by its hash, on every request.

Keys are not cached: a look-up costs less than Redis would, and a revoked key is dead at once.
"""

import hmac
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from api.errors import ForbiddenError, UnauthorizedError
from organizations.models import ApiKey, Organization
from organizations.services import PREFIX_LENGTH, hashed

LAST_USED_EVERY = timedelta(minutes=1)
MAX_KEY_LENGTH = 128


class SuspendedError(ForbiddenError):
    message = "This organization is suspended."


def key_of(header: str) -> str:
    """The key in `Authorization: Bearer <key>`. Raises UnauthorizedError."""
    kind, _, key = header.partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        raise UnauthorizedError("Send your API key as: Authorization: Bearer sk_org_...")
    return key.strip()


def authenticated(key: str, now: datetime) -> ApiKey:
    """The usable key of an organization that is not suspended."""
    prefix = key[:PREFIX_LENGTH] if len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable() else ""
    api_key = ApiKey.objects.select_related("organization").filter(prefix=prefix).first()
    if (
        api_key is None
        or not hmac.compare_digest(api_key.key_hash, hashed(key))
        or not api_key.is_usable(now)
    ):
        raise UnauthorizedError
    if api_key.organization.is_suspended:
        raise SuspendedError
    return api_key


def note_use(api_key: ApiKey, now: datetime) -> None:
    """Writes `last_used_at` at most once a minute a key, however many requests race."""
    stale = now - LAST_USED_EVERY
    if api_key.last_used_at is None or api_key.last_used_at < stale:
        unseen = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiKey.objects.filter(unseen, pk=api_key.pk).update(last_used_at=now)


class ApiKeyAuthentication(BaseAuthentication):
    """`request.user` is the Organization, `request.auth` the ApiKey."""

    def authenticate(self, request: Request) -> tuple[Organization, ApiKey]:
        now = timezone.now()
        api_key = authenticated(key_of(request.META.get("HTTP_AUTHORIZATION", "")), now)
        note_use(api_key, now)
        structlog.contextvars.bind_contextvars(
            organization=str(api_key.organization_id), api_key=api_key.prefix
        )
        return api_key.organization, api_key


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "sk_org_...",
            "description": "An API key of your organization. Keep it on your server.",
        }
