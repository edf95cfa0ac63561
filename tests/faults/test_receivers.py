"""Receivers that hang, drip, flood and break: each attempt ends in time, its neighbours feel nothing."""

import socket
import time
from pathlib import Path

import pytest

from tests.faults.menu import CODES, ENDING, NEVER_ENDING, answering, closing, silent
from tests.faults.report import Ledger
from tests.faults.rig import ATTEMPT, NOBODY, Rig, Tenant, until
from tests.faults.sink import Answer

pytestmark = pytest.mark.e2e
# The watchdog comes 0.1 s after the deadline; the rest is for a loaded machine.
ENDS_WITHIN = (ATTEMPT + 0.5) * 1000
MOST_MEMORY = 60_000_000
# A thousand deliveries, the hanging one's attempt not waited for.
ON_TIME = 20.0


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def longest(tenant: Tenant) -> int:
    return max(took or 0 for _, _, _, took, _ in tenant.attempts())


@pytest.mark.parametrize(
    ("kind", "menu"), [("drip and hang", NEVER_ENDING), ("flood and break", ENDING)], ids=["drip", "flood"]
)
def test_an_attempt_ends_whatever_the_receiver_does_and_the_next_one_arrives(
    rig: Rig, tenant: Tenant, ledger: Ledger, kind: str, menu: dict[str, Answer]
) -> None:
    pid = rig.product.processes["worker-webhooks"].pid
    before = resident(pid)
    healthy = rig.tenant()
    quick = healthy.endpoint()
    # A host for each: on a connection that was kept, who hangs up is asked again at once.
    hosts = {name: name.lower().replace(" ", "-") + ".example.com" for name in menu}
    rig.names({host: {"addresses": ["127.0.0.1"], "seconds": 0} for host in hosts.values()})
    kinds = {tenant.endpoint(answer, host=hosts[name]).id: name for name, answer in menu.items()}
    tenant.publish(1)
    healthy.publish(5)
    until(lambda: len(rig.sink.came(quick.path)) == 5, ATTEMPT)

    row = ledger.row(f"N7/N8 receivers that {kind}, {len(menu)} kinds", tenant, healthy)

    assert row.duplicates == 0
    assert {kinds[pk]: error for pk, error in tenant.first_errors().items()} == {
        name: CODES[name] for name in menu
    }
    assert longest(tenant) < ENDS_WITHIN
    assert {number for number, *_ in tenant.attempts()} == {1, 2}
    assert resident(pid) - before < MOST_MEMORY


def test_what_a_receiver_answered_is_stored_cut_and_readable(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.endpoint(answering(500, body=b"\x00\xff\xfe" * 3_500_000))
    tenant.publish(1)

    ledger.row("N15 10 MB of NUL and broken UTF-8", tenant)

    (_, status, error, _, excerpt), (*_, last) = tenant.attempts()
    assert (status, error) == (500, "http_status")
    assert "\x00" not in excerpt
    assert 0 < len(excerpt) <= 1024
    assert last == "ok"


def test_an_endpoint_that_never_accepts_a_connection_delays_nobody(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        hole, quick = tenant.endpoint(port=port), tenant.endpoint()
        tenant.publish(1)
        until(lambda: rig.sink.came(quick.path), ATTEMPT)
        until(tenant.failures)
        tenant.move(hole)

        ledger.row("N8 SYN black hole, then a new URL", tenant)
        for sock in waiting:
            sock.close()

    assert {error for _, _, error, _, _ in tenant.attempts()} == {None, "connect_timeout"}
    assert longest(tenant) < ENDS_WITHIN


def test_a_kept_connection_that_the_receiver_had_closed_costs_no_attempt(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    # The second request finds the connection of the first one closed, before a byte of an answer.
    endpoint = tenant.endpoint(answering(200), closing(b""))
    tenant.publish(1)
    tenant.finished()

    tenant.publish(1)

    row = ledger.row("N11 kept connection closed by the receiver", tenant)
    assert [arrival.attempt for arrival in rig.sink.came(endpoint.path)] == [1, 1, 1]
    assert [(number, error) for number, _, error, *_ in tenant.attempts()] == [(1, None)] * 2
    assert row.duplicates == 0


def test_a_dead_address_is_passed_over_for_the_next_one(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    rig.names({"two.example.com": {"addresses": [NOBODY, "127.0.0.1"], "seconds": 0}})
    tenant.endpoint(host="two.example.com")

    tenant.publish(2)

    ledger.row("N12 first address dead, second alive", tenant)
    assert tenant.failures() == []


def test_a_cookie_goes_back_to_nobody(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    other = rig.tenant()
    setting, innocent = tenant.endpoint(answering(200, "Set-Cookie: a=tenant; Path=/")), other.endpoint()
    tenant.publish(1)
    tenant.finished()
    tenant.publish(1)
    other.publish(1)

    ledger.row("N13 Set-Cookie of another tenant", tenant, other)

    came = rig.sink.came(setting.path) + rig.sink.came(innocent.path)
    assert len(came) == 3
    assert not any("cookie" in arrival.headers for arrival in came)


def test_of_a_thousand_endpoints_one_that_hangs_delays_none(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    tenant.make(999)
    tenant.endpoint(silent)
    tenant.order("publish_together", count=1)

    begun = time.monotonic()
    until(lambda: len({arrival.path for arrival in tenant.came() if arrival.is_taken}) >= 999)
    took = time.monotonic() - begun

    row = ledger.row("E21 a thousand endpoints, one that hangs", tenant)
    assert (row.made, row.duplicates) == (1000, 0)
    assert took < ON_TIME
