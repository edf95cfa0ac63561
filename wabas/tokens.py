"""What the stored token of a WABA is good for, without trying it."""

from datetime import datetime
from enum import StrEnum

from wabas.models import Waba


class TokenStatus(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    INVALID = "invalid"
    MISSING = "missing"


def has_token(waba: Waba) -> bool:
    """Rows of `without_token` know it without the token itself."""
    told: bool | None = vars(waba).get("has_token")
    return bool(waba.access_token) if told is None else told


def token_status(waba: Waba, now: datetime) -> TokenStatus:
    """`invalid` is what Meta said of it last; a new token clears that."""
    if not has_token(waba):
        return TokenStatus.MISSING
    if waba.token_refused_at is not None:
        return TokenStatus.INVALID
    if waba.token_expires_at is not None and waba.token_expires_at <= now:
        return TokenStatus.EXPIRED
    return TokenStatus.VALID
