"""Tokens: the code of the popup for a token, and what a token may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from meta_graph.answers import flag, moment, reading, rows, text
from meta_graph.client import app_token, call, node, system_token


@dataclass(frozen=True)
class AccessToken:
    """A customer's token. `expires_at` is None when Meta names no end."""

    value: str = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True)
class TokenInfo:
    """`granular` maps a scope to the ids it covers, newest first; None means that it was not narrowed."""

    app_id: str | None
    type: str | None
    is_valid: bool
    scopes: frozenset[str]
    granular: dict[str, tuple[str, ...] | None]
    expires_at: datetime | None
    data_access_expires_at: datetime | None
    user_id: str | None


def exchange_code(*, code: str) -> AccessToken:
    """The business token for a code of `FB.login`, which lives 30 seconds and works once.

    Without a redirect_uri, as the JavaScript SDK's flow wants it. Raises GraphError, never to be retried
    with the same code.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/onboarding-customers-as-a-tech-provider
    """
    params = {"client_id": settings.META_APP_ID, "client_secret": settings.META_APP_SECRET, "code": code}
    answer = call("exchange_code", "GET", "oauth/access_token", token=None, params=params)
    with reading("exchange_code"):
        return _access_token(answer)


def fetch_customer_token(*, business_id: str) -> AccessToken:
    """The business token again of a customer whose code was lost, by the id of the customer's portfolio.

    With our system user's token, whose proof Meta wants in the form. Nothing new is made, so it may be
    repeated.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/hosted-es
    """
    answer = call(
        "fetch_customer_token",
        "POST",
        node(business_id, "system_user_access_tokens"),
        token=system_token(),
        form={"fetch_only": "true"},
    )
    with reading("fetch_customer_token"):
        return _access_token(answer)


def debug_token(*, token_value: str) -> TokenInfo:
    """What a token is and may do. An invalid one is answered with `is_valid` False, not raised.

    https://developers.facebook.com/docs/graph-api/reference/debug_token
    """
    answer = call("debug_token", "GET", "debug_token", token=app_token(), params={"input_token": token_value})
    with reading("debug_token"):
        return _token_info(answer["data"])


def _access_token(answer: dict[str, Any]) -> AccessToken:
    value = answer["access_token"]
    if not isinstance(value, str) or not value:
        raise ValueError("access_token")
    seconds = int(answer.get("expires_in") or 0)
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds) if seconds > 0 else None
    return AccessToken(value=value, expires_at=expires_at)


def _token_info(data: dict[str, Any]) -> TokenInfo:
    return TokenInfo(
        app_id=text(data, "app_id"),
        type=text(data, "type"),
        is_valid=flag(data, "is_valid") is True,
        scopes=frozenset(str(scope) for scope in data.get("scopes") or ()),
        granular={str(row["scope"]): _targets(row) for row in rows(data, "granular_scopes")},
        expires_at=moment(data, "expires_at"),
        data_access_expires_at=moment(data, "data_access_expires_at"),
        user_id=text(data, "user_id"),
    )


def _targets(row: dict[str, Any]) -> tuple[str, ...] | None:
    targets = row.get("target_ids")
    return None if targets is None else tuple(str(target) for target in targets)
