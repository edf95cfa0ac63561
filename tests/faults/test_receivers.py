"""Receivers that hang, drip, flood and break: each attempt ends in time, its neighbours feel nothing."""

import socket
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.menu import ENDING, NEVER_ENDING, answering, silent
from tests.faults.report import Ledger
from tests.faults.rig import ATTEMPT, BACKOFF, Rig, Tenant, until
from tests.faults.sink import Answer
from tests.outbound.peers import OK, over_tls, peer, server_context
from tests.outbound.peers import answering as answering_at

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
    for answer in menu.values():
        tenant.endpoint(answer)
    tenant.publish(1)
    healthy.publish(5)
    until(lambda: len(rig.sink.came(quick.path)) == 5, ATTEMPT)

    row = ledger.row(f"N7/N8 receivers that {kind}, {len(menu)} kinds", tenant, healthy)

    assert row.duplicates == 0
    assert "unknown" not in tenant.failures()
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


def test_an_answer_is_retried_or_final_as_the_contract_says(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    retried = [tenant.endpoint(answering(status)) for status in (408, 425, 429, 500, 503)]
    final = [tenant.endpoint(answering(status)) for status in (301, 302, 400, 401, 404, 422)]
    tenant.publish(1)

    ledger.row("R2 408, 425, 429, 5xx against 3xx and other 4xx", tenant, ended=len(final))

    assert [len(rig.sink.came(endpoint.path)) for endpoint in retried] == [2] * len(retried)
    assert [len(rig.sink.came(endpoint.path)) for endpoint in final] == [1] * len(final)


def test_four_failures_and_a_success_keep_to_the_schedule(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    endpoint = tenant.endpoint(*[answering(500)] * 4)
    tenant.publish(1)

    ledger.row("R1 500 four times, then 200", tenant)

    at = [arrival.at for arrival in rig.sink.came(endpoint.path)]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert len(gaps) == len(BACKOFF)
    assert all(gap >= floor for gap, floor in zip(gaps, BACKOFF, strict=True))


def test_after_its_fifth_failure_a_delivery_is_seen_as_failed(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint(*[answering(503)] * 9)
    tenant.publish(1)

    ledger.row("R1 503 for ever", tenant, ended=1)

    assert len(rig.sink.came(endpoint.path)) == 5
    assert [(number, status) for number, status, *_ in tenant.attempts()] == [(n, 503) for n in range(1, 6)]


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_its_sibling_told(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    gone, sibling = tenant.endpoint(answering(410)), tenant.endpoint()
    tenant.publish(1)
    until(lambda: len(rig.sink.came(sibling.path)) == 2)

    ledger.row("R4 410", tenant, ended=1)

    shown = tenant.call("GET", f"outgoing-webhooks/{gone.id}").json()["data"]
    assert (shown["isActive"], shown["disabledReason"]) == (False, "gone")
    names = [arrival.headers["x-webhook-event"] for arrival in rig.sink.came(sibling.path)]
    assert sorted(names) == ["message.received", "webhook.disabled"]


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
        move(tenant, hole.id, f"{rig.sink.url}{hole.path}")

        ledger.row("N8 SYN black hole, then a new URL", tenant)
        for sock in waiting:
            sock.close()

    assert {error for _, _, error, _, _ in tenant.attempts()} == {None, "connect_timeout"}
    assert longest(tenant) < ENDS_WITHIN


def test_without_a_certificate_that_is_valid_nothing_is_sent(
    rig: Rig, tenant: Tenant, ledger: Ledger, tmp_path: Path
) -> None:
    secured = over_tls(server_context(tmp_path, "hooks.example.com"), answering_at(OK))
    rig.names({"hooks.example.com": {"addresses": ["127.0.0.1"], "seconds": 0}})
    with peer(secured) as serving:
        endpoint = tenant.endpoint(host="hooks.example.com", port=serving.port, scheme="https")
        tenant.publish(1)
        until(tenant.failures)
        move(tenant, endpoint.id, f"{rig.sink.url}{endpoint.path}")

        ledger.row("N9 self-signed certificate, then a new URL", tenant)

        assert serving.heads == []
    assert tenant.attempts()[0][2] == "tls_invalid"


def test_a_handshake_that_never_ends_is_cut(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    def never(serving, sock) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB begins
        serving.drip(sock, b"x")

    with peer(never) as serving:
        endpoint = tenant.endpoint(port=serving.port, scheme="https")
        tenant.publish(1)
        until(tenant.failures)
        move(tenant, endpoint.id, f"{rig.sink.url}{endpoint.path}")

        ledger.row("N8 TLS that never finishes, then a new URL", tenant)

    assert tenant.attempts()[0][2] == "tls_handshake"
    assert longest(tenant) < ENDS_WITHIN


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


def move(tenant: Tenant, webhook: str, url: str) -> None:
    """The customer gives the endpoint another URL."""
    assert tenant.call("PATCH", f"outgoing-webhooks/{webhook}", {"url": url}).status_code == 200
