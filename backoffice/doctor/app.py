"""Our app at Meta as the settings name it, and the Graph that is asked."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from backoffice.doctor.findings import Finding, failed, ok, unanswered, unset, warning
from backoffice.doctor.graph_versions import ENDS, NEWEST
from backoffice.doctor.public_address import get
from meta_graph import apps
from meta_graph.client import app_token
from outbound.session import OutboundError

META = "https://graph.facebook.com"
META_DOMAIN = "facebook.com"
AN_ID = re.compile(r"[0-9]{8,20}", re.ASCII)
VERSION_WARNING = timedelta(days=90)
UPGRADE = "Read Meta's changelog, try the next version against the sandbox, then raise META_GRAPH_VERSION."
CONFIGURATION_REMEDY = (
    "Copy it from the App Dashboard > Facebook Login for Business > Configurations, from the one with the"
    " variation WhatsApp Embedded Signup."
)
ORIGINS_REMEDY = "META_MESSAGE_ORIGINS takes scheme and host, such as https://www.facebook.com, no path."


def graph() -> Finding:
    """Whether anything answers where Graph is; any answer will do."""
    url = settings.META_GRAPH_URL
    try:
        answer = get(f"{url}/")
    except OutboundError as failure:
        remedy = "Start the sandbox." if settings.SANDBOX else "Look at this machine's DNS and firewall."
        return unanswered(url, failure, remedy)
    words = f"{url} answers in {answer.duration_ms} ms"
    if settings.SANDBOX and not settings.DEBUG:
        return warning(f"{words}: the fake Meta, in production", "Unset SANDBOX to talk to Meta itself.")
    if not settings.SANDBOX and url != META:
        return warning(f"{words}, and it is not Meta", f"Unset META_GRAPH_URL, which is {META} by default.")
    return ok(words)


def graph_version() -> Finding:
    version, today = settings.META_GRAPH_VERSION, timezone.now().date()
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]", version, re.ASCII):
        return failed(f"META_GRAPH_VERSION is {version}", "It is like v25.0.")
    ends = ENDS.get(version)
    if ends is None:
        return unlisted(version)
    if ends <= today:
        return failed(f"{version} ended on {ends}: Meta answers by a newer one", UPGRADE)
    words = f"{version} works until {ends}"
    return ok(words) if ends - today > VERSION_WARNING else warning(words, UPGRADE)


def unlisted(version: str) -> Finding:
    number = int(version[1:].partition(".")[0])
    if number == NEWEST:
        return ok(f"{version}: no end was announced")
    if number > NEWEST:
        return warning(f"{version} is newer than what this release knows", "Update the product when you can.")
    return failed(f"{version} ended long ago: Meta answers by a newer one", UPGRADE)


def app() -> Finding:
    """Id and secret belong together when Meta takes them as the app's own token."""
    if names := unset("META_APP_ID", "META_APP_SECRET"):
        return failed(
            f"not set: {names}. Nothing works without",
            "Copy them from the App Dashboard > App settings > Basic.",
        )
    if not AN_ID.fullmatch(settings.META_APP_ID):
        return failed(
            "META_APP_ID is not an id of Meta's: these are digits", "Copy it from the App Dashboard."
        )
    found = apps.read_app(app_id=settings.META_APP_ID, token=app_token())
    return ok(f"{found.name or 'app'} ({found.id}): id and secret belong together")


def configuration_id() -> Finding:
    """Its form alone: no call of Graph shows a configuration."""
    given, remedy = settings.META_CONFIG_ID, CONFIGURATION_REMEDY
    if not given:
        return failed("META_CONFIG_ID is not set: no signup can begin", remedy)
    if not AN_ID.fullmatch(given):
        return failed("META_CONFIG_ID is not an id of Meta's: these are digits", remedy)
    for name in ("META_APP_ID", "META_BUSINESS_ID", "META_SYSTEM_USER_ID"):
        if given == getattr(settings, name):
            return failed(f"META_CONFIG_ID is the same as {name}", remedy)
    return ok(f"{given} has the form of one; whether it exists only the popup shows")


def message_origins() -> Finding:
    """Whose messages the signup page believes: an origin is compared whole."""
    origins = settings.META_MESSAGE_ORIGINS
    if not origins:
        return failed("META_MESSAGE_ORIGINS is empty: the page hears nothing of the popup", ORIGINS_REMEDY)
    if wrong := list(not_exact(origins)):
        return failed(f"not an exact origin: {', '.join(wrong)}", ORIGINS_REMEDY)
    foreign = [origin for origin in origins if not is_metas(origin)]
    if foreign and not settings.SANDBOX:
        return warning(
            f"not of {META_DOMAIN}: {', '.join(foreign)}",
            "The page believes what these say: keep them only where Meta itself names them.",
        )
    return ok(", ".join(origins))


def not_exact(origins: list[str]) -> Iterator[str]:
    """Those that no browser would name so: https (http for the sandbox), a host, nothing behind it."""
    schemes = {"https", "http"} if settings.SANDBOX else {"https"}
    for origin in origins:
        parts = urlsplit(origin)
        is_exact = origin == f"{parts.scheme}://{parts.netloc}".lower() and bool(parts.hostname)
        if not is_exact or parts.scheme not in schemes or set("*@ ") & set(origin):
            yield origin


def is_metas(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    return host == META_DOMAIN or host.endswith(f".{META_DOMAIN}")
