"""Workers that are killed, frozen or asked to end while deliveries are in their hands (E1, E2, E11, E16)."""

import signal
import threading
from collections import Counter

import pytest

from tests.faults.menu import answering, held
from tests.faults.report import Ledger
from tests.faults.rig import Rig, Tenant, until
from tests.faults.sink import Call, accept
from webhooks.pump import FAST_THREADS

pytestmark = pytest.mark.e2e
SLOW_NAME = "slow.example.com"
# Threads of a worker for endpoints that answer quickly.
AT_ONCE = FAST_THREADS


def unknown(tenant: Tenant) -> list[int]:
    """The numbers of the attempts of which nobody knows what came of them."""
    return [number for number, _, error, *_ in tenant.attempts() if error == "unknown"]


def test_a_worker_killed_between_claim_and_send_delays_until_its_lease_ends(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    rig.names({SLOW_NAME: {"addresses": ["127.0.0.1"], "seconds": 1.5}})
    endpoint = tenant.endpoint(host=SLOW_NAME)
    tenant.publish(1)
    until(lambda: tenant.states()["in_flight"])

    rig.product.kill("worker-webhooks")
    came_before = len(rig.sink.came(endpoint.path))
    rig.start_worker()

    row = ledger.row("E1 kill -9 after the claim, before the send", tenant)
    assert (came_before, row.delivered, row.duplicates) == (0, 1, 0)
    assert unknown(tenant) == [1]
    assert [arrival.attempt for arrival in rig.sink.came(endpoint.path)] == [2]


def test_a_worker_killed_between_the_answer_and_the_settling_sends_the_same_again(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    def accept_and_kill(call: Call) -> bool:
        call.take()
        rig.signal(signal.SIGKILL)
        return False

    endpoint = tenant.endpoint(accept_and_kill)
    tenant.publish(1)
    until(lambda: not rig.runs("worker-webhooks"))
    rig.start_worker()

    ledger.row("E2 kill -9 after the answer, before it is settled", tenant, duplicates=1)
    first, second = rig.sink.came(endpoint.path)
    assert first.event_id == second.event_id
    assert first.body == second.body
    assert unknown(tenant) == [1]


def test_a_worker_that_was_frozen_beyond_its_lease_changes_nothing_with_a_failure(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer_first, answer_second = threading.Event(), threading.Event()
    endpoint = tenant.endpoint(held(answer_first, answering(500)), held(answer_second))
    tenant.publish(1)
    until(lambda: len(rig.sink.came(endpoint.path)) == 1)

    rig.signal(signal.SIGSTOP)
    rig.start_worker("webhooks-other")
    until(lambda: len(rig.sink.came(endpoint.path)) == 2)
    answer_first.set()
    rig.signal(signal.SIGCONT)
    until(lambda: len(tenant.attempts()) == 2)
    in_between = tenant.states()
    answer_second.set()

    ledger.row("E11 frozen worker fails after its lease was taken over", tenant)
    assert in_between == {"in_flight": 1}
    assert len(rig.sink.came(endpoint.path)) == 2


def test_a_success_that_is_settled_after_the_lease_closes_the_delivery(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint(accept, *[answering(500)] * 9)
    rig.signal(signal.SIGSTOP)
    tenant.publish(1)
    until(lambda: rig.publisher.do("claim"), every=0.1)
    rig.publisher.do("send")
    rig.signal(signal.SIGCONT)
    until(lambda: len(rig.sink.came(endpoint.path)) >= 2)

    rig.publisher.do("settle")

    row = ledger.row("E11 success is settled after the lease was taken over", tenant)
    assert (row.delivered, row.duplicates) == (1, 0)
    assert tenant.states() == {"succeeded": 1}


def test_a_worker_that_is_asked_to_end_finishes_its_sends_and_gives_the_rest_back(
    rig: Rig, ledger: Ledger
) -> None:
    answer = threading.Event()
    tenants = [rig.tenant() for _ in range(3)]
    for tenant in tenants:
        tenant.trusted(*[held(answer)] * 4, count=4)
    first = sum(len(tenant.came()) for tenant in tenants)
    rig.signal(signal.SIGSTOP)
    for tenant in tenants:
        tenant.order("publish_together", count=4)
    rig.signal(signal.SIGCONT)
    until(lambda: sum(len(tenant.came()) for tenant in tenants) == first + AT_ONCE)
    claimed = sum(tenant.states()["in_flight"] for tenant in tenants)

    rig.signal(signal.SIGTERM)
    until(lambda: sum(tenant.states()["in_flight"] for tenant in tenants) == AT_ONCE, seconds=1)
    answer.set()
    until(lambda: not rig.runs("worker-webhooks"), seconds=20)
    after_it = sum((tenant.states() for tenant in tenants), start=Counter[str]())
    rig.start_worker()

    ledger.row(f"E16 SIGTERM with {AT_ONCE} sends on their way", *tenants)
    assert claimed > AT_ONCE
    assert after_it == {"succeeded": first + AT_ONCE, "pending": 48 - AT_ONCE}
    assert not any(unknown(tenant) for tenant in tenants)
