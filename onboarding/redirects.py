"""Where the end-user's browser goes afterwards, with a signature when the link has a secret."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from onboarding.models import OnboardingLink


def success_url(link: OnboardingLink, now: datetime) -> str | None:
    """The redirect after a completed signup; None when the client gave none."""
    return redirect(link, {"status": "success"}, now)


def error_url(link: OnboardingLink, code: str, text: str, now: datetime) -> str | None:
    """The redirect after a failure, which is not final: the link may still complete."""
    return redirect(link, {"status": "error", "error": text, "error_code": code}, now)


def redirect(link: OnboardingLink, outcome: dict[str, str], now: datetime) -> str | None:
    if not link.redirect_url:
        return None
    parts = urlsplit(link.redirect_url)
    given = {"onboarding_link_id": str(link.pk), "external_id": link.external_id, **outcome}
    query = "&".join(
        filter(None, (parts.query, urlencode({k: v for k, v in given.items() if v is not None})))
    )
    if link.webhook_secret:
        query = signed(query, str(link.webhook_secret), now)
    return urlunsplit(parts._replace(query=query))


def signed(query: str, secret: str, now: datetime) -> str:
    """`ts`, and as the last parameter `sig`: hex HMAC-SHA256 over `redirect.` and the query before it."""
    stamped = f"{query}&ts={int(now.timestamp())}"
    digest = hmac.new(secret.encode(), f"redirect.{stamped}".encode(), hashlib.sha256).hexdigest()
    return f"{stamped}&sig={digest}"
