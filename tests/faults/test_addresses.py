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
           "[::ffff:0:127.0.0.2]", "[64:ff9b::7f00:2]", "[2002:7f00:2::]", "[fec0::1]",
           "[fe80::1%25lo]")  # fmt: skip
# Written so that something else may read 127.0.0.2 out of it, or a name that leads there.
TRICKS = ("user:password@127.0.0.1", "127.0.0.1#x@127.0.0.1", "127.0.0.1\\@127.0.0.2", "-.example.com",
          "a" * 250 + ".com", "\u2460\u2461\u2466.0.0.2", "127\u30020\u30020\u30022", "trapped.example.com.",
          "trapped.exa\u00admple.com", "a..example.com")  # fmt: skip


def known(*addresses: str, seconds: float = 0, fails: bool = False) -> dict[str, object]:
    return {"addresses": list(addresses), "seconds": seconds, "fails": fails}


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
    rig.names({"trapped.example.com": known(FORBIDDEN)})
    answers = {host: create(tenant, f"http://{host}:{rig.trap.port}/") for host in TRICKS}
    assert answers == dict.fromkeys(TRICKS, 400)
    hosts = {tenant.endpoint(host=host, port=rig.trap.port).id: host for host in TRICKS}
    hosts |= {tenant.endpoint(port=port).id: f"port {port}" for port in (22, 25, 1023, 65536)}

    tenant.publish(1)

    ledger.row(
        f"N14 {len(tenant.endpoints)} URLs that were saved before", tenant, ended=len(tenant.endpoints)
    )
    assert {hosts[pk]: code for pk, code in tenant.first_errors().items()} == dict.fromkeys(
        hosts.values(), "blocked_address"
    )
    assert len(tenant.attempts()) == len(hosts)


def test_an_address_of_ours_an_odd_port_and_a_url_without_end_cannot_be_saved(
    rig: Rig, tenant: Tenant
) -> None:
    ours = rig.product.url
    urls = [f"{ours}/v1/wabas", f"{ours.upper().replace('HTTP', 'http')}/", f"http://{ALLOWED}:22/",
            f"http://{ALLOWED}:65536/", f"http://{ALLOWED}/" + "a" * 10_000]  # fmt: skip

    assert [create(tenant, url) for url in urls] == [400] * len(urls)


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
    rig.names({"slow-dns.example.com": known(ALLOWED, seconds=2.5)})
    slow, quick = tenant.endpoint(host="slow-dns.example.com"), tenant.endpoint()

    tenant.publish(1)
    until(lambda: rig.sink.came(quick.path), ATTEMPT)

    ledger.row("N10 a lookup of 2.5 s", tenant)
    assert set(tenant.failures()) == {"dns_timeout"}
    assert len(rig.sink.came(slow.path)) == 1


def test_while_our_resolver_is_down_no_endpoint_is_charged_or_disabled(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    names = [f"away-{number}.example.com" for number in range(6)]
    rig.names({name: known(fails=bool(number % 2)) for number, name in enumerate(names)})
    endpoints = [tenant.endpoint(host=name) for name in names]
    tenant.publish(1)
    until(lambda: len(tenant.failures()) >= len(names))
    charged = rig.rows(
        "SELECT 1 FROM webhooks_webhooklane l JOIN webhooks_outgoingwebhook w ON w.id = l.webhook_id"
        " WHERE w.organization_id = %s AND (failures > 0 OR open_until > now())",
        tenant.organization,
    )

    rig.names({name: known(ALLOWED) for name in names})

    ledger.row("R12/N10 our resolver is down: NXDOMAIN, SERVFAIL", tenant)
    assert set(tenant.failures()) == {"dns_failed"}
    assert charged == []
    for endpoint in endpoints:
        assert tenant.call("GET", f"outgoing-webhooks/{endpoint.id}").json()["data"]["isActive"]
