"""What the processes write and show of all of this: no secret, and in logs no body (S6)."""

import signal

import pytest
import requests

from tests.faults.menu import NEVER_ENDING, answering
from tests.faults.report import Ledger
from tests.faults.rig import Rig, Tenant, until

pytestmark = pytest.mark.e2e
# The place of the endpoint that answers with a body.
ANSWERED = len(NEVER_ENDING)


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
    assert tenant.endpoints[0].id in logs
    assert tenant.endpoints[0].path not in logs
    assert [secret for secret in told if secret in logs] == []
    assert [row for row in stored_texts(rig) if any(secret in row for secret in kept)] == []
    shown = read_over_the_api(tenant) + read_in_the_admin(rig, tenant)
    assert [secret for secret in kept if secret in shown] == []
    assert shown.count("answer-of-a-receiver") >= 2


def read_over_the_api(tenant: Tenant) -> str:
    """All endpoints, one of them, and the deliveries to the one whose answer had a body."""
    webhooks = "outgoing-webhooks"
    paths = (
        webhooks,
        f"{webhooks}/{tenant.endpoints[0].id}",
        f"{webhooks}/{tenant.endpoints[ANSWERED].id}/deliveries",
    )
    answers = [tenant.call("GET", path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    return "".join(answer.text for answer in answers)


def read_in_the_admin(rig: Rig, tenant: Tenant) -> str:
    """The same there, by somebody who may see everything."""
    deliveries = rig.rows(
        "SELECT delivery_id::text FROM webhooks_attempt WHERE webhook_id = %s ORDER BY id",
        tenant.endpoints[ANSWERED].id,
    )
    pages = ("outgoingwebhook/", f"outgoingwebhook/{tenant.endpoints[0].id}/change/",
             f"delivery/?q={tenant.endpoints[0].id}", f"delivery/{deliveries[0][0]}/change/")  # fmt: skip
    with requests.Session() as operator:
        admin = f"{rig.product.url}/admin"
        token = {"csrfmiddlewaretoken": operator.get(f"{admin}/login/", timeout=20).cookies["csrftoken"]}
        operator.post(f"{admin}/login/", rig.publisher.do("operator") | token, timeout=20)
        answers = [operator.get(f"{admin}/webhooks/{page}", timeout=20) for page in pages]
    assert [(answer.status_code, answer.history) for answer in answers] == [(200, [])] * len(pages)
    return "".join(answer.text for answer in answers)


def stored_texts(rig: Rig) -> list[str]:
    """Every row of the tables of endpoints and their log, as text."""
    tables = ("webhooks_outgoingwebhook", "webhooks_delivery", "webhooks_attempt")
    return [row[0] for table in tables for row in rig.rows(f"SELECT t::text FROM {table} t")]  # noqa: S608
