"""Which addresses a customer's URL may name: public ones, unless the operator allows a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from outbound.resolver import ResolutionError, ResolutionTimeoutError, Resolver, process_resolver

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL, MAX_HOST, FIRST_FREE_PORT = 2048, 253, 1024
RESOLVE_SECONDS = 3.0
LOCAL_SUFFIXES = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "test",
    "onion",
)

# Spelled out beside `is_global`, whose answer differs between Python versions and leaves some of these out.
FORBIDDEN: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT, where 100.100.100.200 is a metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a metadata service on a public address
        "169.254.0.0/16",  # link-local, where 169.254.169.254 is the metadata service
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",  # AS112, answered by whoever is nearest
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")
# Prefixes of IPv6 that carry an IPv4 address, and how far it stands from the right end.
EMBEDDING: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::/96"), 0),
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),  # SIIT
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("64:ff9b:1::/48"), 0),
    (IPv6Network("2002::/16"), 80),
)


class AddressRefused(Exception):  # noqa: N818 - a refusal of ours, not a fault
    """The address is not one we talk to. `reason` is one short sentence for the customer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AddressPolicy:
    """Public addresses, and those of `allowed_networks`; https, and http only where it is allowed.

    Names that look local are refused unless some network is allowed: then their addresses decide.
    """

    allowed_networks: tuple[Network, ...] = ()
    allow_http: bool = False

    def allows(self, address: Address) -> bool:
        return any(address in network for network in self.allowed_networks)


def check_address(address: Address, policy: AddressPolicy) -> None:
    """Raises AddressRefused for an address that is neither public nor allowed.

    An allowed network of NAT64 does not open what stands behind it: the address inside is checked too.
    """
    if isinstance(address, IPv6Address) and address.scope_id:
        raise AddressRefused("The address has a zone.")
    inner = _embedded(address)
    if policy.allows(address):
        if inner is not None:
            check_address(inner, policy)
        return
    if inner is not None or _is_forbidden(address):
        raise AddressRefused("The address is not a public one.")


def check_url(
    url: str, policy: AddressPolicy, *, resolve: bool = False, resolver: Resolver | None = None
) -> None:
    """Raises AddressRefused for a URL that must not be called.

    With `resolve` the name is looked up too, and refused when any of its addresses is; a name that cannot
    be resolved now is not refused, it may be set up later and is checked again at each call.
    """
    host = _checked(url, policy)
    if resolve and isinstance(host, str):
        for address in _looked_up(host, resolver or process_resolver()):
            check_address(address, policy)


@lru_cache(maxsize=4096)
def _checked(url: str, policy: AddressPolicy) -> str | Address:
    """The host of a URL that may be called. Remembered: an endpoint is called by the same one each time."""
    host = _checked_host(_parsed(url, policy), policy)
    if not isinstance(host, str):
        _check_literal(host, policy)
    return host


def _parsed(url: str, policy: AddressPolicy) -> Url:
    """The URL as the sending side will read it, by the same parser: the host in ASCII, as DNS knows it."""
    if len(url) > MAX_URL:
        raise AddressRefused(f"The URL is longer than {MAX_URL} characters.")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise AddressRefused("The URL contains a space, a backslash or a control character.")
    try:
        prepared = requests.Request("POST", url).prepare().url
        parsed, written = parse_url(prepared or ""), parse_url(url)
    except (requests.RequestException, LocationParseError, UnicodeError):
        raise AddressRefused("The URL cannot be read.") from None
    if parsed.scheme not in ("https", "http"):
        raise AddressRefused("The URL must start with https://.")
    if parsed.scheme == "http" and not policy.allow_http:
        raise AddressRefused("The URL must start with https://.")
    if re.match(r"[^/?#]*//[^/?#]*@", url):
        raise AddressRefused("The URL must not contain a user name or password.")
    if "#" in url:
        raise AddressRefused("The URL must not contain a fragment (#).")
    if written.port is not None and written.port not in (80, 443) and written.port < FIRST_FREE_PORT:
        raise AddressRefused("The port must be 80, 443 or at least 1024.")
    return parsed


def _checked_host(parsed: Url, policy: AddressPolicy) -> str | Address:
    host = (parsed.host or "").lower().removesuffix(".")
    if host.startswith("["):
        return _literal(host.strip("[]"))
    labels = host.split(".")
    if len(host) > MAX_HOST or not all(
        re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", label) for label in labels
    ):
        raise AddressRefused("The host name is not valid.")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return _literal(host)
    looks_local = len(labels) == 1 or host.endswith(tuple(f".{suffix}" for suffix in LOCAL_SUFFIXES))
    if looks_local and not policy.allowed_networks:
        raise AddressRefused("The host name is a local one.")
    return host


def _literal(host: str) -> Address:
    """An IP address in its usual form; 0x7f.1, 2130706433 and 0177.0.0.1 are refused whatever they mean."""
    try:
        return ip_address(host)
    except ValueError:
        raise AddressRefused("The host is an IP address in an unusual form.") from None


def _check_literal(address: Address, policy: AddressPolicy) -> None:
    if not policy.allows(address):
        raise AddressRefused("The host must be a name, not an IP address.")
    check_address(address, policy)


def _looked_up(host: str, resolver: Resolver) -> tuple[Address, ...]:
    try:
        return resolver.resolve(host, seconds=RESOLVE_SECONDS)
    except (ResolutionError, ResolutionTimeoutError):
        return ()


def _is_forbidden(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in PUBLIC_V6:
        return True
    listed = any(address in network for network in FORBIDDEN)
    return listed or not address.is_global or address.is_multicast or address.is_reserved


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    for network, shift in EMBEDDING:
        if address in network and int(address) > 1:  # :: and ::1 are themselves
            return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
