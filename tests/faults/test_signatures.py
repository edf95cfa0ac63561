"""What receivers verify of what real processes sent: published libraries, and a rotation (S1, S2, S3, S5)."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.faults.report import Ledger
from tests.faults.rig import Rig, Tenant
from tests.faults.sink import Arrival
from tests.verifiers.cases import GENUINE, Case
from tests.verifiers.conftest import node, node_with_libraries
from tests.verifiers.test_published import AHEAD, NO_MATCH, OLD, Libraries, npm, pypi
from tests.webhooks.test_signing import GOLDEN

__all__ = ["node", "node_with_libraries", "npm"]
pytestmark = pytest.mark.e2e
PRINTABLE = "".join(map(chr, range(33, 127)))
TOLERANCE = 300


def some_secrets(count: int) -> list[str]:
    """Of every length that the API takes, with spaces inside."""
    random = Random(5)
    lengths = [16, 256, *(random.randint(17, 255) for _ in range(count - 2))]
    return ["".join(random.choices(PRINTABLE + " ", k=length - 2)).join("!~") for length in lengths]


def received(secret: str, arrival: Arrival) -> Case:
    """What a receiver with this secret has to judge, at the time when it came."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {name: arrival.headers[name] for name in names}
    return Case(secret, headers, arrival.body, int(arrival.at))


def forgeries(case: Case) -> dict[str, tuple[Case, str]]:
    """By what was changed: a case that is not genuine any more, and what libraries say to it."""
    sent = int(case.headers["webhook-timestamp"])
    return {
        "body": (replace(case, body=case.body.replace(b"message", b"massage")), NO_MATCH),
        "id": (case.with_headers(id=case.headers["webhook-id"][:-1] + "!"), NO_MATCH),
        "timestamp": (case.with_headers(timestamp=str(sent + 1)), NO_MATCH),
        "old": (replace(case, now=sent + TOLERANCE + 1), OLD),
        "from the future": (replace(case, now=sent - TOLERANCE - 1), AHEAD),
    }


def said_by(libraries: Libraries, cases: Sequence[Case]) -> list[str]:
    """What every library says to each case."""
    said = libraries(cases)
    assert all(len(set(one)) == 1 for one in said)
    return [one[0] for one in said]


def check(rig: Rig, tenant: Tenant, ledger: Ledger, libraries: Libraries, whose: str) -> None:
    secrets = [secret for secret, *_ in GOLDEN] + some_secrets(16)
    made = [tenant.created(secret=secret) for secret in secrets] + [tenant.created()]
    tenant.publish(2)

    ledger.row(f"S1/S3/S5 {len(made)} secrets, verified by {whose}", tenant)

    aliases = [one["standardWebhooksSecret"] for one in made]
    cases = [
        received(alias, arrival)
        for alias, endpoint in zip(aliases, tenant.endpoints, strict=True)
        for arrival in rig.sink.came(endpoint.path)
    ]
    forged = forgeries(cases[0])
    assert said_by(libraries, cases) == [GENUINE] * 2 * len(made)
    assert said_by(libraries, [case for case, _ in forged.values()]) == [said for _, said in forged.values()]


def test_pypis_libraries_accept_every_delivery_and_no_forgery(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    check(rig, tenant, ledger, pypi, "PyPI's libraries")


def test_npms_libraries_accept_every_delivery_and_no_forgery(
    rig: Rig, tenant: Tenant, ledger: Ledger, npm: Libraries
) -> None:
    check(rig, tenant, ledger, npm, "npm's libraries")


def test_in_a_rotation_both_secrets_sign_until_its_time_is_over(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    secrets = [tenant.created()]
    path = f"outgoing-webhooks/{tenant.endpoints[0].id}/rotate-secret"

    def rotate(**body: Any) -> None:
        secrets.append(tenant.call("POST", path, body).json()["data"])

    def signing() -> list[int]:
        """The places of the secrets, from 0, that a delivery of now is signed with."""
        tenant.publish(1)
        tenant.finished()
        arrival = tenant.came()[-1]
        cases = [received(secret["standardWebhooksSecret"], arrival) for secret in secrets]
        return [place for place, said in enumerate(said_by(pypi, cases)) if said == GENUINE]

    assert signing() == [0]
    rotate()
    assert signing() == [0, 1]
    rig.change("UPDATE webhooks_outgoingwebhook SET previous_secret_until = now() - interval '1 second'"
               " WHERE id = %s", tenant.endpoints[0].id)  # fmt: skip
    assert signing() == [1]
    rotate(gracePeriodHours=1)
    rotate(gracePeriodHours=1)
    assert signing() == [2, 3]
    rotate(gracePeriodHours=0)
    assert signing() == [4]

    ledger.row("S2 rotated four times, by grace and without", tenant)
