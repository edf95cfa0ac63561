"""What Meta sent, as staff read it: indented, without what opens a door, and not longer than a page."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

# Meta sends none of these today. They would open something if it did.
MASKED = frozenset(
    {"access_token", "token", "secret", "app_secret", "password", "pin", "otp", "verify_token"}
)
MASK = "•••"
LONGEST = 200_000


def masked(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: MASK if name in MASKED else masked(value) for name, value in document.items()}
    return [masked(value) for value in document] if isinstance(document, list) else document


def block(document: Any) -> SafeString:
    """JSON, indented; Meta's escapes are shown as what they stand for."""
    return preformatted(json.dumps(masked(document), indent=2, ensure_ascii=False))


def body_block(body: bytes) -> SafeString:
    """A body as it came. One that is no JSON is shown as text."""
    try:
        return block(json.loads(body))
    except (ValueError, RecursionError):
        return preformatted(body.decode("utf-8", "replace"))


def preformatted(text: str) -> SafeString:
    whole = text.encode("utf-8", "replace").decode()
    rest = len(whole) - LONGEST
    shown = whole if rest <= 0 else f"{whole[:LONGEST]}\n… and {rest} characters more"
    return format_html('<pre class="document">{}</pre>', shown)
