"""Which URLs and addresses are refused, however they are written."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbound.addresses import AddressPolicy, AddressRefused, check_address, check_url
from outbound.resolver import Resolver

STRICT = AddressPolicy()
DEVELOPMENT = AddressPolicy(
    allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")), allow_http=True
)


def refusal(url: str, policy: AddressPolicy = STRICT) -> str:
    with pytest.raises(AddressRefused) as caught:
        check_url(url, policy)
    return caught.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x?y=z",
        "https://hooks.example.com.",
        "https://hooks.example.com:443/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:3000/",
        "https://xn--bcher-kva.example.com/",
        "https://bücher.example.com/ü?ü=1",
        "https://a_b.example.com/",
        "https://1and1.com/",
    ],
)
def test_public_names_are_accepted(url):
    check_url(url, STRICT)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "1.2.3.4.5",
        "999.1.1.1",
        "8.8.8.8",
        "0",
        "0x",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25eth0]",
        "[fec0::1]",
        "[2606:4700::1111]",
        "[v1.x]",
        "１２７.０.０.１",  # noqa: RUF001 - full-width digits are the point
        "127。0。0。1",
        "①②⑦.0.0.1",
    ],
)
def test_an_ip_address_is_refused_in_every_form(host):
    assert refusal(f"https://{host}/")
    assert refusal(f"https://{host}:8443/x")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "api.localhost",
        "printer.local",
        "intranet",
        "x.internal",
        "x.lan",
        "db.svc.cluster.local",
        "router.home.arpa",
    ],
)
def test_a_name_that_looks_local_is_refused(host):
    assert refusal(f"https://{host}/") == "The host name is a local one."


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com/", "https://"),
        ("ftp://hooks.example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("//hooks.example.com/", "read"),
        ("hooks.example.com", "read"),
        ("", "read"),
        ("https://", "read"),
        ("https:///x", "read"),
        ("https://user@hooks.example.com/", "user name"),
        ("https://user:pw@hooks.example.com/", "user name"),
        ("https://@hooks.example.com/", "user name"),
        ("https://hooks.example.com/#part", "fragment"),
        ("https://hooks.example.com/#", "fragment"),
        ("https://hooks.example.com:22/", "port"),
        ("https://hooks.example.com:0/", "port"),
        ("https://hooks.example.com:65536/", "read"),
        ("https://hooks.example.com:x/", "read"),
        ("https://hooks.example.com\\@evil.example.com/", "backslash"),
        ("https://hooks.example.com/a b", "space"),
        ("https://hooks.example.com/\r\nX: 1", "space"),
        ("https://hooks.example.com/\x00", "space"),
        (" https://hooks.example.com/", "space"),
        ("https://-hooks.example.com/", "valid"),
        ("https://hooks..example.com/", "valid"),
        ("https://hooks.example.com../", "valid"),
        ("https://*.example.com/", "read"),
        ("https://ｌｏｃａｌｈｏｓｔ/", "read"),  # noqa: RUF001,
        (f"https://{'a' * 64}.example.com/", "valid"),
        (f"https://{'a.' * 130}com/", "valid"),
        (f"https://hooks.example.com/{'x' * 10_000}", "longer"),
    ],
)
def test_a_url_that_is_not_plain_is_refused(url, reason):
    assert reason in refusal(url)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000/x", "http://127.0.0.1:9000/", "http://[::1]:8000/", "http://receiver:8080/"],
)
def test_development_reaches_its_own_machine(url):
    check_url(url, DEVELOPMENT)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://8.8.8.8/"]
)
def test_an_allowed_network_opens_nothing_else(url):
    assert refusal(url, DEVELOPMENT)


FORBIDDEN = Path(__file__).with_name("forbidden_addresses.txt").read_text().split()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address):
    with pytest.raises(AddressRefused):
        check_address(ip_address(address), STRICT)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "168.63.129.17",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
    ],
)
def test_a_public_address_is_accepted(address):
    check_address(ip_address(address), STRICT)


@given(st.ip_addresses(v=4))
def test_no_address_is_accepted_that_python_does_not_call_global(address: IPv4Address):
    try:
        check_address(address, STRICT)
    except AddressRefused:
        return
    assert address.is_global
    assert not address.is_multicast


@given(st.ip_addresses(v=4), st.sampled_from([0, 0xFFFF << 32, 0xFFFF << 48, 0x64FF9B << 96]))
def test_no_ipv4_address_gets_through_inside_an_ipv6_one(inner: IPv4Address, prefix: int):
    with pytest.raises(AddressRefused):
        check_address(IPv6Address(prefix | int(inner)), STRICT)


@given(st.integers(min_value=0, max_value=2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}", "0X{:X}"]))
def test_no_number_passes_for_a_host(number: int, form: str):
    assert refusal(f"https://{form.format(number)}/")


@given(st.text(max_size=60))
def test_whatever_is_written_it_is_accepted_or_refused(text: str):
    for url in (text, f"https://{text}", f"https://{text}/x", f"https://hooks.example.com/{text}"):
        with suppress(AddressRefused):
            check_url(url, STRICT)


def test_nat64_of_an_allowed_prefix_opens_public_addresses_and_nothing_behind_it():
    ipv6_only = AddressPolicy(allowed_networks=(ip_network("64:ff9b::/96"),))

    check_address(ip_address("64:ff9b::808:808"), ipv6_only)

    with pytest.raises(AddressRefused):
        check_address(ip_address("64:ff9b::a00:1"), ipv6_only)


def test_a_name_with_one_private_address_is_refused_at_save():
    mixed = Resolver(lambda host: ("93.184.215.14", "10.0.0.1"))

    with pytest.raises(AddressRefused):
        check_url("https://hooks.example.com/", STRICT, resolve=True, resolver=mixed)


def test_a_name_that_cannot_be_resolved_yet_is_accepted_at_save():
    nobody = Resolver(lambda host: ())

    check_url("https://hooks.example.com/", STRICT, resolve=True, resolver=nobody)
