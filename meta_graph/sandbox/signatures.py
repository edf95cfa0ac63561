"""Checks the signatures of an outgoing webhook as a customer would: Standard Webhooks and plain hex."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

TOLERANCE = 5 * 60  # seconds between the timestamp and the clock


@dataclass(frozen=True)
class Verdict:
    """None: could not be checked (no secret is known), or the header was not sent."""

    is_valid: bool | None
    standard: bool | None
    hex: bool | None
    problems: list[str]


def check(headers: dict[str, str], body: bytes, secret: str, now: float) -> Verdict:
    if not secret:
        return Verdict(None, None, None, ["The receiver was given no secret."])
    standard = check_standard(headers, body, secret)
    plain = check_hex(headers, body, secret)
    problems = []
    if standard is None:
        problems.append("There is no webhook-signature.")
    if standard is False:
        problems.append("No entry of webhook-signature matches.")
    if plain is False:
        problems.append("x-webhook-signature does not match.")
    if not is_fresh(headers.get("webhook-timestamp", ""), now):
        problems.append("webhook-timestamp is more than 5 minutes away.")
    return Verdict(standard is True and plain is not False, standard, plain, problems)


def keys_of(secret: str) -> list[bytes]:
    """The whole secret's bytes, and the decoded bytes too where it is canonical."""
    keys = [secret.encode()]
    try:
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return keys
    if secret.startswith("whsec_") and 24 <= len(decoded) <= 64:
        keys.append(decoded)
    return keys


def check_standard(headers: dict[str, str], body: bytes, secret: str) -> bool | None:
    given = headers.get("webhook-signature")
    if given is None:
        return None
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    digests = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys_of(secret)]
    wanted = [f"v1,{base64.b64encode(digest).decode()}" for digest in digests]
    return any(hmac.compare_digest(entry.encode(), one.encode()) for entry in given.split() for one in wanted)


def check_hex(headers: dict[str, str], body: bytes, secret: str) -> bool | None:
    given = headers.get("x-webhook-signature")
    if given is None:
        return None
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode(), f"sha256={digest}".encode())


def is_fresh(timestamp: str, now: float) -> bool:
    return timestamp.isdigit() and abs(now - int(timestamp)) <= TOLERANCE
