"""Where deliveries may never go: the trap is at an address that is not allowed, and hears nothing.

It is also every proxy of the product's environment, in all of these tests (N6).
"""

import pytest

from tests.faults.menu import answering
from tests.faults.report import Ledger
from tests.faults.rig import ATTEMPT, Rig, Tenant, until

pytestmark = pytest.mark.e2e
ALLOWED, FORBIDDEN = "127.0.0.1", "127.0.0.2"
METADATA = ("169.254.169.254", "168.63.129.16", "100.100.100.200", "[fd00:ec2::254]")
UNUSUAL = ("2130706434", "0x7f.2", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]", "[::127.0.0.2]",
           "[::ffff:0:127.0.0.2]", "[64:ff9b::7f00:2]", "[2002:7f00:2::]", "[fec0::1]")  # fmt: skip


def known(*addresses: str, seconds: float = 0) -> dict[str, object]:
    return {"addresses": list(addresses), "seconds": seconds}


def create(tenant: Tenant, url: str) -> int:
    """The status of the API's answer to a new endpoint."""
    return tenant.call("POST", "outgoing-webhooks", {"url": url, "events": ["*"]}).status_code


def test_a_name_that_turns_to_a_forbidden_address_after_it_was_saved_gets_no_packet(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    rig.names({"rebinding.example.com": known(ALLOWED)})
    url = f"http://rebinding.example.com:{rig.trap.port}/hook"
    assert create(tenant, url) == 201
    rig.names({"rebinding.example.com": known(FORBIDDEN)})
    healthy = tenant.endpoint()

    tenant.publish(1)

    ledger.row("N1 rebinding", tenant, ended=1)
    assert tenant.failures() == ["blocked_address"]
    assert len(rig.sink.came(healthy.path)) == 1


@pytest.mark.parametrize("answers", [(ALLOWED, FORBIDDEN), (FORBIDDEN, ALLOWED)], ids=["last", "first"])
def test_one_forbidden_address_of_two_refuses_the_name(
    rig: Rig, tenant: Tenant, ledger: Ledger, answers: tuple[str, str]
) -> None:
    name = f"mixed-{answers.index(FORBIDDEN)}.example.com"
    rig.names({name: known(*answers)})
    assert create(tenant, f"http://{name}:{rig.sink.port}/hook") == 400
    mixed = tenant.endpoint(host=name)

    tenant.publish(1)

    ledger.row(f"N2 an allowed and a forbidden address, forbidden {answers.index(FORBIDDEN) + 1}.",
               tenant, ended=1)  # fmt: skip
    assert tenant.failures() == ["blocked_address"]
    assert rig.sink.came(mixed.path) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_nowhere(rig: Rig, tenant: Tenant, ledger: Ledger, status: int) -> None:
    tenant.endpoint(answering(status, "Location: http://169.254.169.254/latest/meta-data"))
    tenant.endpoint(answering(status, f"Location: {rig.trap.url}/private"))
    onward = tenant.endpoint()
    tenant.endpoint(answering(status, f"Location: {rig.sink.url}{onward.path}"))

    tenant.publish(1)

    ledger.row(f"N3 {status} to metadata, a private address, and elsewhere", tenant, ended=3)
    assert tenant.failures() == ["redirect"] * 3
    assert len(rig.sink.came(onward.path)) == 1


@pytest.mark.parametrize("hosts", [METADATA, UNUSUAL], ids=["metadata", "unusual forms"])
def test_an_address_is_refused_when_it_is_saved_and_when_it_is_called(
    rig: Rig, tenant: Tenant, ledger: Ledger, hosts: tuple[str, ...]
) -> None:
    assert {create(tenant, f"http://{host}:{rig.trap.port}/") for host in hosts} == {400}
    for host in hosts:
        tenant.endpoint(host=host, port=rig.trap.port)

    tenant.publish(1)

    ledger.row(f"N4/N5 {len(hosts)} addresses that were saved before", tenant, ended=len(hosts))
    assert tenant.failures() == ["blocked_address"] * len(hosts)


def test_a_url_that_could_never_be_saved_is_refused_at_the_call_too(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    hosts = (
        "user:password@127.0.0.1",
        "127.0.0.1#x@127.0.0.1",
        "-.example.com",
        "a" * 250 + ".com",
    )
    assert {create(tenant, f"http://{host}/") for host in hosts} == {400}
    for host in hosts:
        tenant.endpoint(host=host, port=rig.trap.port)

    tenant.publish(1)

    ledger.row("N14 URLs that were saved before", tenant, ended=len(hosts))
    assert tenant.failures() == ["blocked_address"] * len(hosts)


def test_proxies_and_passwords_of_the_environment_are_ignored(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()

    tenant.publish(3)

    ledger.row("N6 HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NETRC", tenant)
    assert "HTTP_PROXY" in rig.product.environment
    assert not any("authorization" in arrival.headers for arrival in rig.sink.came(endpoint.path))


def test_a_name_that_takes_long_to_look_up_delays_nobody_else(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    rig.names({"slow-dns.example.com": known(ALLOWED, seconds=3.5)})
    slow, quick = tenant.endpoint(host="slow-dns.example.com"), tenant.endpoint()

    tenant.publish(1)
    until(lambda: rig.sink.came(quick.path), ATTEMPT)

    ledger.row("N10 a lookup of 3.5 s", tenant)
    assert set(tenant.failures()) == {"dns_timeout"}
    assert len(rig.sink.came(slow.path)) == 1


def test_while_our_resolver_is_down_no_endpoint_is_disabled(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    names = [f"away-{number}.example.com" for number in range(5)]
    rig.names({name: known() for name in names})
    endpoints = [tenant.endpoint(host=name) for name in names]
    tenant.publish(1)
    until(lambda: len(tenant.failures()) >= len(names))

    rig.names({name: known(ALLOWED) for name in names})

    ledger.row("R12/N10 our resolver is down", tenant)
    assert set(tenant.failures()) == {"dns_failed"}
    for endpoint in endpoints:
        assert tenant.call("GET", f"outgoing-webhooks/{endpoint.id}").json()["data"]["isActive"]
