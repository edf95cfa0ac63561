"""The last door before anything is printed: what is secret in the settings is not in any text."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings

SECRETS = ("SECRET_KEY", "META_APP_SECRET", "META_SYSTEM_USER_TOKEN", "META_WEBHOOK_VERIFY_TOKEN")
LISTS_OF_SECRETS = ("META_PREVIOUS_APP_SECRETS", "FIELD_ENCRYPTION_KEYS")
# What is shorter would be found in words.
SHORTEST = 4


def redacted(text: str) -> str:
    """No check puts a secret into its words; a server's own message might."""
    for secret in sorted(filter(is_worth_it, secrets()), key=len, reverse=True):
        text = text.replace(secret, "[...]")
    return text


def is_worth_it(secret: str) -> bool:
    return len(secret) >= SHORTEST


def secrets() -> Iterator[str]:
    for name in SECRETS:
        yield str(getattr(settings, name, ""))
    for name in LISTS_OF_SECRETS:
        yield from getattr(settings, name, ())
    password = urlsplit(settings.REDIS_URL).password or ""
    yield from (password, unquote(password), str(settings.DATABASES["default"].get("PASSWORD") or ""))
