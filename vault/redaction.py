"""The last gate before anything leaves by a log or a report: what is secret is not in it, whoever wrote it.

No line of ours holds a secret; a library's message, a URL or the text of an exception might.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

HIDDEN = "[...]"
SETTINGS = (
    "SECRET_KEY",
    "META_APP_SECRET",
    "META_SYSTEM_USER_TOKEN",
    "META_WEBHOOK_VERIFY_TOKEN",
    "METRICS_TOKEN",
)
LISTS_OF_SETTINGS = ("META_PREVIOUS_APP_SECRETS", "FIELD_ENCRYPTION_KEYS")
# What is shorter would be found in words.
SHORTEST = 4
# Whatever stands under such a name. A `code` is none: Meta's error codes are called so.
NAMES = (
    r"[\w.-]{0,40}(?:token|secret|password|passwd|proof|signature|signed_request)"
    r"|(?:new_?)?pin|sessionid|key_hash"
)
NAME = re.compile(NAMES, re.IGNORECASE)
SHAPES = re.compile(
    rf"""
    (?P<start> \bsk_org_[A-Za-z0-9]{{8}} ) [A-Za-z0-9]+     # our API keys: what names one stays
    | \b (?: (?-i:EAA)[A-Za-z0-9_-]{{8,}}                   # Meta's tokens; small, it is a UUID
           | AQ[A-Za-z0-9_-]{{30,}}                         # and codes
           | whsec_[A-Za-z0-9+/=_-]+ )
    | (?P<scheme> \b(?:Bearer|Basic)\s+ ) [^\s"'\\,]+
    | (?P<address> ://[^/\s:@"']*: ) [^/\s"'@]+ (?= @ )     # redis://user:password@host
    | (?P<path> /shared/ ) (?! inbox\b ) [A-Za-z0-9_-]{{20,}}
    | (?P<query> [?&\s"'(]code= ) (?! \d{{1,7}}\b ) [^\s"'\\&]+
    | (?P<cookie> \bcookie\\?["']?\s*[:=]\s*\\?["']? ) [^"'\\\n]+
    | (?P<name> \b(?:{NAMES})\b (?:\\?["'])? \s*[:=]\s* (?:b?\\?["'])? )
      (?! null\b | none\b | true\b | false\b ) [^\s"'\\&;,<>()\[\]{{}}]+
    """,
    re.IGNORECASE | re.VERBOSE,
)


# What no shape can do without: most texts have none of it, and looking for a shape takes ten times as long.
LIKELY = re.compile(r"[=:]|sk_org_|whsec_|(?-i:EAA)|aq|bearer|basic|/shared/", re.IGNORECASE)


def redacted(value: Any) -> Any:
    """The same without secrets, whatever is nested in it; what is no JSON becomes text."""
    return _walked(value, _known(tuple(secret_settings())))


def without_settings(text: str) -> str:
    """Without the secrets of the settings alone, for texts that speak of such things."""
    known = _known(tuple(secret_settings()))
    return known.sub(HIDDEN, text) if known else text


def _walked(value: Any, known: re.Pattern[str] | None) -> Any:
    match value:
        case str():
            return _cleaned(value, known)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {
                key: HIDDEN if inner and _is_secret(key, inner) else _walked(inner, known)
                for key, inner in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_walked(inner, known) for inner in value]
        case _:
            return _cleaned(repr(value), known)


def _is_secret(key: object, inner: object) -> bool:
    return isinstance(inner, str | bytes) and NAME.fullmatch(str(key)) is not None


def _cleaned(text: str, known: re.Pattern[str] | None) -> str:
    text = known.sub(HIDDEN, text) if known else text
    return SHAPES.sub(_shown, text) if LIKELY.search(text) else text


def _shown(found: re.Match[str]) -> str:
    """What stands before the secret, which says what it was."""
    kept: str = found[found.lastgroup] if found.lastgroup else ""
    return kept + HIDDEN


def secret_settings() -> Iterator[str]:
    """Whatever of the settings must not be seen; nothing before they are there."""
    if not settings.configured:
        return
    for name in SETTINGS:
        yield str(getattr(settings, name, ""))
    for name in LISTS_OF_SETTINGS:
        yield from getattr(settings, name, ())
    password = urlsplit(getattr(settings, "REDIS_URL", "")).password or ""
    yield from (password, unquote(password), str(settings.DATABASES["default"].get("PASSWORD") or ""))


@lru_cache(maxsize=8)
def _known(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all of them, longest first: one may be the beginning of another."""
    worth = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, worth))) if worth else None
