"""PostgreSQL goes away and comes back, and transactions that fail or stay open (E7, E8, E13)."""

import signal
import threading
import time

import pytest

from tests.faults.menu import held
from tests.faults.report import Ledger
from tests.faults.rig import LEASE, Rig, Tenant, until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("way", ["restarted", "crashed"])
def test_a_database_that_goes_away_before_the_settling_loses_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger, way: str
) -> None:
    answer = threading.Event()
    tenant.trusted(held(answer), held(answer), count=3)
    tenant.publish(2)
    until(lambda: len(tenant.came()) == 9)

    if way == "restarted":
        rig.database.stop()
    else:
        rig.database.crash()
    answer.set()
    until(lambda: all(arrival.is_taken for arrival in tenant.came()))
    rig.database.start()

    row = ledger.row(f"E7 PostgreSQL {way} before the settling", tenant, duplicates=6)
    # The worker kept what it had: the database was back within the lease.
    assert row.duplicates == 0
    assert rig.runs("worker-webhooks")


def test_a_database_that_stays_away_beyond_the_lease_costs_a_second_sending_at_most(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer = threading.Event()
    tenant.make(3, held(answer))
    tenant.publish(1)
    until(lambda: len(tenant.came()) == 3)
    said = rig.log()

    rig.database.stop()
    answer.set()
    time.sleep(LEASE + 0.5)
    rig.database.start()

    ledger.row("E7 PostgreSQL away for longer than a lease", tenant, duplicates=3)
    assert '"event": "the database does not answer"' in said()
    assert "Traceback" not in said()


def test_after_a_restart_of_the_database_every_request_is_answered(rig: Rig, tenant: Tenant) -> None:
    rig.database.stop()
    rig.database.start()

    statuses = [tenant.call("GET", "wabas").status_code for _ in range(12)]

    assert statuses == [200] * 12


def test_a_transaction_that_rolls_back_sends_nothing(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    endpoint = tenant.endpoint()

    tenant.order("roll_back")
    tenant.publish(2)
    tenant.finished()

    row = ledger.row("E8 the business transaction rolls back", tenant)
    assert row.made == len(rig.sink.came(endpoint.path)) == 2


def test_a_process_that_is_killed_before_its_commit_has_sent_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()
    tenant.begin("die", when="before")
    with pytest.raises(EOFError):
        rig.publisher.result()

    tenant.publish(1)
    tenant.finished()

    row = ledger.row("E8 process killed before its commit", tenant)
    assert row.made == len(rig.sink.came(endpoint.path)) == 1


def test_an_endpoint_is_served_while_somebody_stores_an_event_for_it(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()
    rig.signal(signal.SIGSTOP)
    tenant.publish(3)
    tenant.begin("hold", seconds=2, rings_early=False)
    until(lambda: rig.rows("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"))
    rig.signal(signal.SIGCONT)

    until(lambda: len(rig.sink.came(endpoint.path)) == 3)
    committed_at = rig.publisher.result()

    ledger.row("E13 an open transaction holds the endpoint's row", tenant)
    assert all(arrival.at < committed_at for arrival in rig.sink.came(endpoint.path)[:3])
