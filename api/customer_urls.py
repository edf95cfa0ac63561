"""The rules for URLs that customers give us: to send a browser to, and to call ourselves."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings

from outbound.addresses import AddressPolicy, AddressRefused, check_url

MAX_URL = 2048
# A developer's own machine: plain http is allowed there in every deployment.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})
DEFAULT_PORTS = {"http": 80, "https": 443}
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)


def check_customer_url(url: str) -> None:
    """Raises AddressRefused for a URL that no customer's page or server can have."""
    if len(url) > MAX_URL:
        raise AddressRefused(f"The URL is longer than {MAX_URL} characters.")
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        raise AddressRefused("The URL contains a space, a backslash or a control character.")
    parts = _parts(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise AddressRefused("The URL must start with https://.")
    if "@" in parts.netloc:
        raise AddressRefused("The URL must not contain a user name or password.")
    if not _is_host(parts.hostname):
        raise AddressRefused("The host name is not valid.")
    if parts.scheme == "http" and not _may_be_plain(parts.hostname):
        raise AddressRefused("The URL must start with https://.")


def check_called_url(url: str) -> None:
    """The same for a URL that we call: also refused when it is ours or is an address that is not public.

    What a name stands for is checked at the call.
    """
    check_customer_url(url)
    if _origin(urlsplit(url)) == _origin(urlsplit(settings.PUBLIC_BASE_URL)):
        raise AddressRefused("The URL is an address of this platform.")
    check_url(url, receiver_policy(url))


def check_receiver_url(url: str) -> None:
    """The same for a URL that we call later: what its name stands for now is checked too.

    A name that cannot be resolved now passes; it is checked again at each call.
    """
    check_called_url(url)
    check_url(url, receiver_policy(url), resolve=True)


def receiver_policy(url: str) -> AddressPolicy:
    """What the session that calls this receiver may connect to."""
    return AddressPolicy(
        allowed_networks=settings.WEBHOOK_ALLOWED_NETWORKS,
        allow_http=_may_be_plain(urlsplit(url).hostname or ""),
    )


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AddressRefused("The URL cannot be read.") from None
    return parts


def _may_be_plain(host: str) -> bool:
    return settings.ALLOW_HTTP_URLS or host in LOCAL_HOSTS


def _is_host(host: str) -> bool:
    if ":" in host:
        return _is_address(host)
    try:
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return False
    return len(ascii_host) <= 253 and all(LABEL.fullmatch(label) for label in ascii_host.split("."))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _origin(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
