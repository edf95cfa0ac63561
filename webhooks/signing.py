"""Secrets and signatures of outgoing webhooks: the Standard Webhooks scheme, and GitHub's beside it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime

USER_AGENT = "Gangway-Webhooks/1"
PREFIX = "whsec_"
RANDOM_BYTES = 32
# The key lengths that the specification allows, in bytes.
SHORTEST_KEY, LONGEST_KEY = 24, 64


def generate_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()


def canonical_key(secret: str) -> bytes | None:
    """The bytes that a canonical secret stands for: `whsec_` and strict base64 of 24 to 64 bytes.

    None for every other secret. Lenient decoding would find a key in nearly any text, and each library
    another one.
    """
    encoded = secret.removeprefix(PREFIX)
    if encoded == secret:
        return None
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    is_strict = base64.b64encode(key).decode() == encoded
    return key if is_strict and SHORTEST_KEY <= len(key) <= LONGEST_KEY else None


def standard_webhooks_secret(secret: str) -> str:
    """The secret as the default constructors of the published verifier libraries take it."""
    if canonical_key(secret) is not None:
        return secret
    return PREFIX + base64.b64encode(secret.encode()).decode()


def keys_of(secret: str) -> Iterator[bytes]:
    """The secret as it was typed, then what it stands for where it is canonical."""
    yield secret.encode()
    decoded = canonical_key(secret)
    if decoded is not None:
        yield decoded


def signatures(signing: Sequence[str], event_id: str, moment: int, body: bytes) -> str:
    """The value of `webhook-signature`: an entry for each key of each secret."""
    signed = f"{event_id}.{moment}.".encode() + body
    digests = (hmac.digest(key, signed, "sha256") for secret in signing for key in keys_of(secret))
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def attempt_headers(
    *, event_id: str, event_name: str, body: bytes, signing: Sequence[str], attempt: int, at: datetime
) -> dict[str, str]:
    """Every header of one attempt. `signing`: the secrets, the current one first."""
    moment = int(at.timestamp())
    compatible = hmac.new(signing[0].encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signatures(signing, event_id, moment, body),
        "x-webhook-event": event_name,
        "x-webhook-attempt": str(attempt),
        "x-webhook-signature": f"sha256={compatible}",
    }
