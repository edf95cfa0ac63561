"""What Meta sends us by itself: is it signed with our app's secret, and what does a signed request say."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any


class BadSignatureError(Exception):
    """It is not a signed request of Meta's for our app; the text says why, and holds nothing of it."""


def is_signed(raw: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether `header` (X-Hub-Signature-256) is the signature of these very bytes with one of the secrets.

    Several secrets: the new one and the one before it, while Meta changes over. An empty one fits nothing.
    https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    """
    return any(
        hmac.compare_digest(header.encode(errors="replace"), b"sha256=" + digest.hex().encode())
        for digest in _digests(raw, secrets)
    )


def parse_signed_request(text: str, secrets: Sequence[str]) -> dict[str, Any]:
    """The payload of the `signed_request` of the deauthorize and data-deletion callbacks.

    It has `user_id` (of the app), `issued_at` (Unix seconds) and `algorithm`. Raises BadSignatureError.
    https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
    """
    signature, _, payload = text.partition(".")
    given = _decoded(signature)
    if not any(
        hmac.compare_digest(given, digest) for digest in _digests(payload.encode(errors="replace"), secrets)
    ):
        raise BadSignatureError("the signature does not match")
    try:
        claims = json.loads(_decoded(payload))
    except ValueError:
        raise BadSignatureError("the payload is not JSON") from None
    if not isinstance(claims, dict) or str(claims.get("algorithm", "")).upper() != "HMAC-SHA256":
        raise BadSignatureError("the algorithm is another one")
    return claims


def _digests(signed: bytes, secrets: Sequence[str]) -> list[bytes]:
    return [hmac.new(secret.encode(), signed, hashlib.sha256).digest() for secret in secrets if secret]


def _decoded(part: str) -> bytes:
    """base64url as Meta writes it, without padding."""
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSignatureError("it is not base64url") from None
