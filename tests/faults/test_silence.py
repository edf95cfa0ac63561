"""What the processes write about all of this: no secret, no body, no query (S6)."""

import signal

import pytest

from tests.faults.menu import NEVER_ENDING, answering
from tests.faults.report import Ledger
from tests.faults.rig import Rig, Tenant, until

pytestmark = pytest.mark.e2e


def test_no_secret_and_no_body_is_in_a_log_after_every_kind_of_failure(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    for answer in (*NEVER_ENDING.values(), answering(500, body=b"answer-of-a-receiver"), answering(404)):
        tenant.endpoint(answer)
    tenant.endpoint(host="user:userinfo-secret@127.0.0.1")
    tenant.publish(1)
    rig.redis.crash()
    tenant.publish(1)
    rig.redis.start()
    rig.database.stop()
    rig.database.start()
    rig.signal(signal.SIGTERM)
    until(lambda: not rig.runs("worker-webhooks"))
    rig.start_worker()

    ledger.row("S6 every kind of failure, then the logs are read", tenant, ended=3)

    logs = rig.product.logs()
    kept = [endpoint.secret for endpoint in tenant.endpoints] + [tenant.key]
    told = [*kept, "userinfo-secret", "Cañón", "Ca\\u00f1\\u00f3n", "answer-of-a-receiver"]
    told += [rig.product.database_url, rig.product.redis_url]
    assert tenant.endpoints[0].path in logs
    assert [secret for secret in told if secret in logs] == []
    assert [row for row in stored_texts(rig) if any(secret in row for secret in kept)] == []


def stored_texts(rig: Rig) -> list[str]:
    """Every row of the tables of endpoints and their log, as text."""
    tables = ("webhooks_outgoingwebhook", "webhooks_delivery", "webhooks_attempt")
    return [row[0] for table in tables for row in rig.rows(f"SELECT t::text FROM {table} t")]  # noqa: S608
