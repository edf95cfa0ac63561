"""The API's secured routes: the table that tests walk through, and what the resolver really serves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from api.times import timestamp
from organizations.models import Scope
from tests.conftest import Form

GROUP = re.compile(r"\(\?P<\w+>[^)]*\)")
LINK = {"name": "Acme Corp"}
WEBHOOK = {"url": "https://shop.example.com/hooks", "events": ["*"]}
TEMPLATE: dict[str, Any] = {
    "name": "order_shipped",
    "language": "en_US",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "On its way."}],
}
# Of the first tenant, of which it is used: Meta is not asked.
REGISTERED = {"phoneNumber": "+5491155551231", "method": "sms"}
FILE = Form(file=("a.png", b"\x89PNG", "image/png"))
MESSAGE = {"type": "text", "to": "5491155551234", "text": "Hello!"}
KEY = {"name": "second", "scopes": ["read"]}
# Of the first tenant, by Meta's id of its phone.
SHARED = {"phoneNumberId": "106540352242921", "name": "Support", "permissions": {"readInbox": True}}
YESTERDAY = timestamp(timezone.now() - timedelta(days=1))


@dataclass(frozen=True)
class Route:
    """A call with a body that would pass, the scope it needs, and how its answer is called when it may."""

    method: str
    path: str
    scope: str
    status: int
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


# Every secured call. `{link}` and its like stand for the id of a row of the tested organization.
ROUTES = [
    Route("GET", "onboarding-links", Scope.READ, 200),
    Route("POST", "onboarding-links", Scope.WRITE, 201, LINK),
    Route("GET", "onboarding-links/{link}", Scope.READ, 200),
    Route("DELETE", "onboarding-links/{link}", Scope.WRITE, 204),
    Route("POST", "onboarding-links/{link}/retry", Scope.WRITE, 409, {}),
    Route("GET", "registered-numbers", Scope.READ, 200),
    Route("POST", "registered-numbers", Scope.WRITE, 409, REGISTERED),
    Route("GET", "registered-numbers/{registered}", Scope.READ, 200),
    Route("DELETE", "registered-numbers/{registered}", Scope.WRITE, 204),
    Route("POST", "registered-numbers/{registered}/verify", Scope.WRITE, 409, {"code": "246810"}),
    Route("POST", "registered-numbers/{registered}/request-code", Scope.WRITE, 409, {}),
    Route("GET", "wabas", Scope.READ, 200),
    Route("GET", "wabas/{waba}", Scope.READ, 200),
    Route("GET", "wabas/{waba}/connection", Scope.READ, 200),
    Route("POST", "wabas/{waba}/disconnect", Scope.WRITE, 200, {}),
    Route("GET", "wabas/{waba}/templates", Scope.READ, 409),
    Route("POST", "wabas/{waba}/templates", Scope.WRITE, 409, TEMPLATE),
    Route("DELETE", "wabas/{waba}/templates/{template}", Scope.WRITE, 409),
    Route("GET", "phones", Scope.READ, 200),
    Route("GET", "phones/{phone}", Scope.READ, 200),
    Route("PATCH", "phones/{phone}", Scope.WRITE, 200, {"externalId": "x"}),
    Route("GET", "phones/{phone}/health", Scope.READ, 200),
    Route("POST", "phones/{phone}/register", Scope.WRITE, 409, {}),
    Route("POST", "phones/{phone}/pin", Scope.WRITE, 409, {"pin": "482913"}),
    Route("POST", "phones/{phone}/messages", Scope.WRITE, 409, MESSAGE),
    Route("POST", "phones/{phone}/messages/{message}/read", Scope.WRITE, 409, {}),
    Route("POST", "phones/{phone}/media", Scope.WRITE, 409, FILE),
    Route("GET", "phones/{phone}/media/{media}", Scope.READ, 409),
    Route("GET", "phones/{phone}/conversations", Scope.READ, 200),
    Route("GET", "phones/{phone}/conversations/{conversation}/messages", Scope.READ, 200),
    Route("GET", "phones/{phone}/messages/{message}", Scope.READ, 200),
    Route("GET", "phones/{phone}/contacts", Scope.READ, 200),
    Route("GET", "phones/{phone}/contacts/{contact}", Scope.READ, 200),
    Route("DELETE", "phones/{phone}/contacts/{contact}", Scope.WRITE, 204),
    Route("GET", "outgoing-webhooks", Scope.READ, 200),
    Route("POST", "outgoing-webhooks", Scope.WRITE, 201, WEBHOOK),
    Route("GET", "outgoing-webhooks/{webhook}", Scope.READ, 200),
    Route("PATCH", "outgoing-webhooks/{webhook}", Scope.WRITE, 200, {"isActive": False}),
    Route("DELETE", "outgoing-webhooks/{webhook}", Scope.WRITE, 204),
    Route("POST", "outgoing-webhooks/{webhook}/test", Scope.WRITE, 200, {}),
    Route("POST", "outgoing-webhooks/{webhook}/rotate-secret", Scope.WRITE, 200, {}),
    Route("POST", "outgoing-webhooks/{webhook}/replay", Scope.WRITE, 202, {"since": YESTERDAY}),
    Route("GET", "outgoing-webhooks/{webhook}/deliveries", Scope.READ, 200),
    Route("GET", "events", Scope.READ, 200),
    Route("GET", "outgoing-webhooks/{webhook}/deliveries/{delivery}", Scope.READ, 200),
    Route("POST", "outgoing-webhooks/{webhook}/deliveries/{delivery}/redeliver", Scope.WRITE, 202, {}),
    Route("GET", "shared-inbox-links", Scope.READ, 200),
    Route("POST", "shared-inbox-links", Scope.WRITE, 201, SHARED),
    Route("GET", "shared-inbox-links/{shared}", Scope.READ, 200),
    Route("PATCH", "shared-inbox-links/{shared}", Scope.WRITE, 200, {"name": "Support"}),
    Route("POST", "shared-inbox-links/{shared}/rotate", Scope.WRITE, 200, {}),
    Route("POST", "shared-inbox-links/{shared}/revoke", Scope.WRITE, 200, {}),
    Route("DELETE", "shared-inbox-links/{shared}", Scope.WRITE, 204),
    Route("GET", "organization", Scope.READ, 200),
    Route("PATCH", "organization", Scope.WRITE, 200, {"welcomeMessage": "Hello!"}),
    Route("GET", "api-keys", Scope.KEYS, 200),
    Route("POST", "api-keys", Scope.KEYS, 201, KEY),
    Route("GET", "api-keys/{key}", Scope.KEYS, 200),
    Route("DELETE", "api-keys/{key}", Scope.KEYS, 204),
]


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def served() -> set[tuple[str, str]]:
    """`(method, path)` of every secured route, rows as `{}`."""
    found = set()
    for path, pattern in patterns(get_resolver()):
        actions = getattr(pattern.callback, "actions", None)
        if path.startswith("v1/") and actions:
            plain = GROUP.sub("{}", path.removeprefix("v1/")).strip("^$").replace("^", "").removesuffix(r"\Z")
            found |= {(method.upper(), plain) for method in actions if method != "head"}
    return found
