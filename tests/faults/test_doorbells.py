"""Redis and the scheduler carry hints only: lost, late, early or many, nothing is lost and nobody waits."""

import time
from statistics import median

import psycopg
import pytest

from tests.faults.menu import after
from tests.faults.report import Ledger
from tests.faults.rig import Rig, Tenant, until

pytestmark = pytest.mark.e2e
# What one request may wait for a Redis that does not answer: its socket's timeout.
ONCE = 0.6
SWEEPS_WITHIN = 5.0
# A worker sweeps by itself when nobody did for so long; it looks each time, and up to a fifth later.
SELF_SWEEP = 1.0
SELF_SWEEPS_WITHIN = SWEEPS_WITHIN + 2 * 1.2 * SELF_SWEEP


def test_a_ring_that_was_lost_costs_a_sweep(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    endpoint = tenant.endpoint()
    tenant.begin("die", when="after")
    with pytest.raises(EOFError):
        rig.publisher.result()

    until(lambda: rig.sink.came(endpoint.path), SWEEPS_WITHIN)

    row = ledger.row("E4 process killed between its commit and its ring", tenant)
    assert (row.made, row.duplicates) == (1, 0)


def test_a_redis_that_is_down_makes_no_commit_slow_and_loses_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.endpoint()
    rig.redis.crash()

    seconds = tenant.publish(20)
    rig.redis.start()

    ledger.row("E4 Redis down at the commit", tenant)
    assert max(seconds) < ONCE
    assert median(seconds) < 0.1


def test_a_redis_that_hangs_costs_one_commit_half_a_second_and_loses_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.endpoint()
    tenant.publish(1)
    rig.redis.freeze()

    first, *others = tenant.publish(20)
    rig.redis.thaw()

    ledger.row("E5 Redis hangs at the commit", tenant)
    assert first < ONCE + 0.4
    assert max(others) < 0.2


@pytest.mark.parametrize("fault", ["down", "hanging"])
def test_a_request_is_answered_although_redis_is_ill(
    rig: Rig, tenant: Tenant, ledger: Ledger, fault: str
) -> None:
    endpoint = tenant.endpoint()
    change = {"isActive": True}  # rings
    path = f"outgoing-webhooks/{endpoint.id}"
    assert tenant.call("PATCH", path, change).status_code == 200
    tenant.order("publish", count=1)
    tenant.finished()
    rig.redis.crash() if fault == "down" else rig.redis.freeze()

    took, statuses = [], []
    for _ in range(8):
        begun = time.monotonic()
        statuses.append(tenant.call("PATCH", path, change).status_code)
        took.append(time.monotonic() - begun)
    if fault == "down":
        rig.redis.start()
    else:
        rig.redis.thaw()

    ledger.row(f"E4/E5 requests while Redis is {fault}", tenant)
    assert statuses == [200] * 8
    # The limit and the ring each wait once in each process of the web server, and then nobody does.
    assert max(took) < 2 * ONCE + 0.4
    assert median(took) < 0.3


def test_a_ring_before_the_commit_sends_nothing_and_harms_nothing(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()

    committed_at = tenant.order("hold", seconds=1.5, rings_early=True)
    until(lambda: rig.sink.came(endpoint.path))

    ledger.row("E9 ring before the commit is visible", tenant)
    (arrival,) = rig.sink.came(endpoint.path)
    assert arrival.at >= committed_at
    assert arrival.at < committed_at + 2


def test_a_storm_of_rings_at_eight_claimers_keeps_to_the_cap(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint(*[after(0.05)] * 100)
    rig.start_worker("webhooks-other")
    tenant.order("publish_together", count=80)

    rig.publisher.begin("pumps", count=6)
    rig.publisher.result()

    row = ledger.row("E10 eight claimers at one endpoint", tenant)
    assert row.duplicates == 0
    assert rig.sink.most_at_once[endpoint.path] == 4


def alone(rig: Rig) -> None:
    """One worker that soon sweeps by itself, in place of the usual one, and no scheduler."""
    rig.product.kill("beat")
    rig.product.kill("worker-webhooks")
    rig.start_worker("webhooks-alone", SELF_SWEEP_SECONDS=str(SELF_SWEEP))


def test_without_its_scheduler_a_worker_still_sweeps(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    endpoint = tenant.endpoint()
    alone(rig)
    tenant.begin("die", when="after")
    with pytest.raises(EOFError):
        rig.publisher.result()

    until(lambda: rig.sink.came(endpoint.path), SELF_SWEEPS_WITHIN)

    ledger.row("E14 scheduler dead, and the ring lost", tenant)


def test_without_redis_and_its_scheduler_a_worker_still_delivers(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()
    alone(rig)
    tenant.publish(1)
    until(lambda: rig.sink.came(endpoint.path))
    rig.redis.crash()
    time.sleep(1)  # the last ring and the last sweep are over
    tenant.publish(3)

    until(lambda: len(rig.sink.came(endpoint.path)) == 4, SELF_SWEEPS_WITHIN)
    rig.redis.start()

    ledger.row("E14 scheduler and Redis dead", tenant)
    assert rig.runs("worker-webhooks-alone")


def test_a_worker_with_messages_in_hand_outlives_a_crash_of_redis(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    tenant.endpoint()
    with psycopg.connect(rig.database.url) as slow:
        slow.execute("LOCK TABLE webhooks_delivery")
        # Both threads of the worker wait for the database, and messages for a thread.
        rig.publisher.do("ring", count=6)
        until(lambda: len(waiting_for_locks(rig)) >= 2)
        time.sleep(1)
        rig.redis.crash()
        time.sleep(1)
        rig.redis.start()
    tenant.publish(5)

    ledger.row("E6 Redis crashes under a worker with messages in hand", tenant)
    assert rig.runs("worker-webhooks")


def waiting_for_locks(rig: Rig) -> list[tuple[int]]:
    return rig.rows("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def test_a_worker_outlives_a_redis_that_hangs_and_then_crashes(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    """With messages in hand that it cannot give back: config sets `ack_emulation` for this."""
    tenant.endpoint()
    worker = rig.product.processes["worker-webhooks"]
    # In the middle of many rings: a message is taken then whose acknowledgement gets no answer.
    for _ in range(2):
        rig.publisher.begin("ring", count=300)
        time.sleep(0.1)
        rig.redis.freeze()
        rig.publisher.result()
        time.sleep(0.7)
        rig.redis.thaw()
        time.sleep(0.5)
        rig.redis.crash()
        time.sleep(0.5)
        rig.redis.start()
        tenant.publish(1)
        until(lambda: tenant.states().keys() == {"succeeded"} or worker.poll() is not None)

    ledger.row("E6 Redis hangs and then crashes, twice", tenant)
    time.sleep(1)
    assert worker.poll() is None


def test_a_flushed_redis_needs_nobody_to_start_anything_again(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()
    rig.flush()

    begun = time.time()
    tenant.publish(10)
    until(lambda: len(rig.sink.came(endpoint.path)) == 10)

    ledger.row("E6 FLUSHALL", tenant)
    assert rig.sink.came(endpoint.path)[-1].at - begun < SWEEPS_WITHIN
