"""Faults again and again under load: 24 s in `make test-long`, DRILL_SECONDS in `make drill` (E3, E6, E7)."""

import itertools
import os
import time

import pytest

from tests.faults.report import Ledger
from tests.faults.rig import LEASE, Rig, Tenant
from webhooks.pump import IN_HAND

pytestmark = [pytest.mark.e2e, pytest.mark.long]
RATE = 50.0
SECONDS = float(os.environ.get("DRILL_SECONDS", "24"))
SHORT = SECONDS / 2
EVERY = 3.0
# What one worker has claimed at most.
MOST_IN_HAND = IN_HAND


def test_workers_that_are_killed_again_and_again_lose_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.make(10)
    workers = ("webhooks", "webhooks-other")
    rig.start_worker(workers[1])
    tenant.begin("flow", rate=RATE / 10, seconds=SECONDS)
    ends, killed_at, in_flight = time.monotonic() + SECONDS, 0.0, 0

    for name in itertools.cycle(workers):
        time.sleep(EVERY - 0.5)
        if time.monotonic() > ends:
            break
        rig.product.kill(f"worker-{name}")
        before, killed_at = killed_at, time.time()
        time.sleep(0.5)
        in_flight += left_behind(rig, before, killed_at)
        rig.start_worker(name)
    tenant.acknowledged += rig.publisher.result()["ids"]

    fault = f"E3 kill -9 every {EVERY:g} s, 50 deliveries a second, {SECONDS:.0f} s"
    ledger.row(fault, tenant, duplicates=in_flight)


def left_behind(rig: Rig, since: float, until: float) -> int:
    """Deliveries that were claimed between two moments and are still in flight."""
    return int(
        rig.rows(
            "SELECT count(*) FROM webhooks_delivery WHERE state = 'in_flight'"
            " AND lease_expires_at BETWEEN to_timestamp(%s) AND to_timestamp(%s)",
            since + LEASE, until + LEASE,
        )[0][0]
    )  # fmt: skip


def test_a_redis_that_is_flushed_and_killed_again_and_again_loses_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.make(5)
    tenant.begin("flow", rate=RATE / 5, seconds=SHORT)
    ends = time.monotonic() + SHORT

    for number in itertools.count():
        time.sleep(1.0)
        if time.monotonic() > ends:
            break
        if number % 2:
            rig.redis.crash()
            time.sleep(0.5)
            rig.redis.start()
        else:
            rig.flush()
    stored = rig.publisher.result()
    tenant.acknowledged += stored["ids"]

    row = ledger.row(f"E6 Redis flushed and killed in turn for {SHORT:.0f} s", tenant)
    assert row.duplicates == 0
    assert stored["failed"] == 0
    assert max(stored["seconds"]) < 1


def test_a_database_that_is_restarted_and_crashes_again_and_again_loses_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.make(5)
    tenant.begin("flow", rate=RATE / 5, seconds=SHORT)
    ends, times = time.monotonic() + SHORT, 0

    while time.monotonic() < ends - 2:
        time.sleep(1.5)
        rig.database.crash() if times % 2 else rig.database.stop()
        rig.database.start()
        times += 1
    tenant.acknowledged += rig.publisher.result()["ids"]

    ledger.row(f"E7 PostgreSQL restarted and crashed in turn for {SHORT:.0f} s", tenant,
               duplicates=times * MOST_IN_HAND)  # fmt: skip
    assert rig.runs("worker-webhooks")
