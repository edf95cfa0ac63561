"""The bearer key, by its prefix and SHA-256 in the database, as the product knows keys."""

import hashlib
import hmac
from dataclasses import dataclass

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from organizations.models import ApiKey, Organization

PREFIX_LENGTH = 15


@dataclass(frozen=True)
class Caller:
    """What DRF's permissions ask of a user."""

    organization: Organization
    is_authenticated = True


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        kind, _, key = get_authorization_header(request).decode().partition(" ")
        if kind.lower() != "bearer":
            return None
        api_key = ApiKey.objects.select_related("organization").filter(prefix=key[:PREFIX_LENGTH]).first()
        digest = hashlib.sha256(key.encode()).hexdigest()
        if api_key is None or not hmac.compare_digest(api_key.key_hash, digest):
            raise AuthenticationFailed
        if not api_key.is_usable(timezone.now()) or api_key.organization.is_suspended:
            raise AuthenticationFailed
        return Caller(api_key.organization), api_key
