"""Verifies a webhook by its three webhook-* headers. Python 3.10 or newer, no other package."""

import base64
import hmac
import re
import time
from collections.abc import Mapping

TOLERANCE = 5 * 60  # seconds that the sender's clock may differ from ours


def verify(headers: Mapping[str, str], raw_body: bytes, secret: str, now: float | None = None) -> None:
    """Raises ValueError unless these bytes were signed with `secret` just now. `now`: unix seconds."""
    if not secret:
        raise ValueError("the secret is empty")
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    for name in names:
        if not given.get(name):
            raise ValueError(f"no {name} header")
    webhook_id, timestamp, entries = (given[name] for name in names)
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise ValueError("webhook-timestamp is not a number of seconds")
    if not abs((time.time() if now is None else now) - int(timestamp)) <= TOLERANCE:
        raise ValueError("webhook-timestamp is more than 5 minutes from now")
    signed = f"{webhook_id}.{timestamp}.".encode() + raw_body
    expected = b"v1," + base64.b64encode(hmac.digest(secret.encode(), signed, "sha256"))
    if not any(hmac.compare_digest(entry.encode(), expected) for entry in entries.split(" ")):
        raise ValueError("no signature matches")
