"""Endpoints over TLS: a certificate is checked for the name, whichever address was called (N8, N9, N16)."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.certificates import DAY, Authority
from tests.faults.report import Ledger
from tests.faults.rig import ATTEMPT, Rig, Tenant, until
from tests.outbound.peers import peer, server_context

pytestmark = pytest.mark.e2e
NAME = "hooks.example.com"


def test_the_certificate_is_checked_for_the_name_and_the_checked_address_is_called(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    rig.names({NAME: {"addresses": ["127.0.0.1"], "seconds": 0}})
    context, asked_for = rig.authority.context(NAME), []
    context.sni_callback = lambda sock, name, context: asked_for.append(name)
    with rig.sink.securely(context) as port:
        endpoint = tenant.endpoint(scheme="https", host=NAME, port=port)

        tenant.publish(3)

        ledger.row("N16 certificate for the name, called by its address", tenant)
    assert tenant.failures() == []
    assert set(asked_for) == {NAME}
    assert {arrival.headers["host"] for arrival in rig.sink.came(endpoint.path)} == {f"{NAME}:{port}"}


def test_without_a_certificate_that_is_valid_nothing_is_sent(
    rig: Rig, tenant: Tenant, ledger: Ledger, tmp_path: Path
) -> None:
    ours, unknown = rig.authority, Authority(tmp_path, "Nobody trusts this one")
    wrong = {
        "expired": ours.context(NAME, ends_in=-DAY),
        "another name's": ours.context("other.example.com"),
        "the address's": ours.context("127.0.0.1"),
        "of an unknown authority": unknown.context(NAME),
        "self-signed": server_context(tmp_path, NAME),
        "TLS 1.1": ours.old_context(NAME),
    }
    rig.names({NAME: {"addresses": ["127.0.0.1"], "seconds": 0}})
    with ExitStack() as doors:
        ports = [doors.enter_context(rig.sink.securely(context)) for context in wrong.values()]
        for port in ports:
            tenant.endpoint(scheme="https", host=NAME, port=port)
        tenant.publish(1)
        until(lambda: len(tenant.first_errors()) == len(wrong))
        came_before = tenant.came()
        for endpoint in tenant.endpoints:
            tenant.move(endpoint)

        row = ledger.row(f"N9/N16 {len(wrong)} certificates that are wrong, then new URLs", tenant)

    assert came_before == []
    codes = tenant.first_errors()
    assert {name: codes[endpoint.id] for name, endpoint in zip(wrong, tenant.endpoints, strict=True)} == (
        dict.fromkeys(wrong, "tls_invalid") | {"TLS 1.1": "tls_handshake"}
    )
    assert row.delivered == len(wrong)


def test_a_handshake_that_never_ends_is_cut(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    def never(serving, sock) -> None:
        sock.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KB begins
        serving.drip(sock, b"x")

    with peer(never) as serving:
        endpoint = tenant.endpoint(port=serving.port, scheme="https")
        tenant.publish(1)
        until(tenant.failures)
        tenant.move(endpoint)

        ledger.row("N8 TLS that never finishes, then a new URL", tenant)

    (_, _, error, took, _), *_ = tenant.attempts()
    assert error == "tls_handshake"
    assert took is not None
    assert took < (ATTEMPT + 0.5) * 1000
