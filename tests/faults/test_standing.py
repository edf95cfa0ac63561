"""How an endpoint fares: its breaker, and what disables it and lets it begin anew (R4, R5, R6, R7).

Hours and minutes are rows: they are made old, and nobody waits for them.
"""

import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.menu import answering, held
from tests.faults.report import Ledger
from tests.faults.rig import Endpoint, Rig, Tenant, until
from tests.faults.sink import Answer, Call, accept

pytestmark = pytest.mark.e2e
# In so many seconds a worker looks twice for work: what would come has come. Less than an attempt's time.
A_WHILE = 0.9
REFUSED = answering(404)
# As the guide says: attempts at once, and what disables.
CAP, FAILING_HOURS, FAILING_ATTEMPTS = 4, 120, 20
# So many failures open a breaker, for so many seconds at first, a fifth more at most.
OPENS_AT, OPEN_SECONDS = 10, 30.0


class Mood:
    """Answers each call as it is told at that moment, as often as it is called."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, call: Call) -> bool:
        return self.answer(call)

    def holds(self, then: Answer) -> Callable[[], None]:
        """From now on it lets callers wait for `then`, until what it returns is called."""
        released = threading.Event()
        self.answer = held(released, then)
        return released.set


def names(rig: Rig, endpoint: Endpoint) -> list[str]:
    return [arrival.headers["x-webhook-event"] for arrival in rig.sink.came(endpoint.path)]


def shown(tenant: Tenant, endpoint: Endpoint) -> tuple[bool, str | None]:
    row = tenant.call("GET", f"outgoing-webhooks/{endpoint.id}").json()["data"]
    return row["isActive"], row["disabledReason"]


# -- the breaker -----------------------------------------------------------------------------------------


def breaker(rig: Rig, endpoint: Endpoint) -> tuple[float | None, int]:
    """For how many seconds it is still open, None for a closed one, and how many probes failed in a row."""
    rows = rig.rows(
        "SELECT extract(epoch FROM open_until - now())::float, open_streak FROM webhooks_webhooklane"
        " WHERE webhook_id = %s",
        endpoint.id,
    )
    return rows[0] if rows else (None, 0)


def is_open(rig: Rig, endpoint: Endpoint) -> bool:
    seconds, _ = breaker(rig, endpoint)
    return seconds is not None and seconds > 0


def pass_by(rig: Rig, endpoint: Endpoint, column: str, seconds: float) -> None:
    """Makes a time of its lane so much older."""
    changed = rig.change(
        f"UPDATE webhooks_webhooklane SET {column} = {column} - make_interval(secs => %s)"  # noqa: S608
        " WHERE webhook_id = %s",
        seconds,
        endpoint.id,
    )
    assert changed == 1


def comes_to(rig: Rig, endpoint: Endpoint, count: int, *, at_once: int = 1) -> None:
    """So many requests came in the end and no more, of which so many wait for an answer."""
    until(lambda: len(rig.sink.came(endpoint.path)) >= count)
    time.sleep(A_WHILE)
    assert len(rig.sink.came(endpoint.path)) == count
    assert rig.sink.at_once[endpoint.path] == at_once


def test_a_breaker_opens_lets_one_probe_through_closes_and_lets_out_more_and_more(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    mood = Mood(answering(500))
    endpoint = tenant.endpoint(*[mood] * 200)

    tenant.order("publish_together", count=OPENS_AT + 2)
    until(lambda: is_open(rig, endpoint) and not tenant.states()["in_flight"])
    open_for, _ = breaker(rig, endpoint)
    failed = len(tenant.attempts())
    tenant.publish(3)
    comes_to(rig, endpoint, failed, at_once=0)

    assert OPENS_AT <= failed < OPENS_AT + CAP
    assert open_for is not None
    assert OPEN_SECONDS - 5 < open_for < 1.2 * OPEN_SECONDS
    assert burned(tenant) == failed

    answer = mood.holds(answering(500))
    pass_by(rig, endpoint, "open_until", 60)
    comes_to(rig, endpoint, failed + 1)
    answer()
    until(lambda: is_open(rig, endpoint))
    open_for, streak = breaker(rig, endpoint)

    assert open_for is not None
    assert streak == 1
    assert 2 * OPEN_SECONDS - 5 < open_for < 2.4 * OPEN_SECONDS
    assert burned(tenant) == failed + 1

    answer = mood.holds(accept)
    pass_by(rig, endpoint, "open_until", 120)
    comes_to(rig, endpoint, failed + 2)
    answer_second = mood.holds(accept)
    answer()
    comes_to(rig, endpoint, failed + 3)
    assert breaker(rig, endpoint)[0] is not None

    let_one_go = mood.holds(accept)
    answer_second()
    until(lambda: breaker(rig, endpoint) == (None, 0))
    comes_to(rig, endpoint, failed + 4)
    let_two_go = mood.holds(accept)
    pass_by(rig, endpoint, "resumed_at", 10)
    let_one_go()
    comes_to(rig, endpoint, failed + 4 + 2, at_once=2)
    let_all_go = mood.holds(accept)
    pass_by(rig, endpoint, "resumed_at", 10)
    let_two_go()
    comes_to(rig, endpoint, failed + 4 + 2 + CAP, at_once=CAP)
    mood.answer = accept
    let_all_go()

    row = ledger.row("R7 breaker: open, a failed probe, two good ones, closed, ramp", tenant)
    assert row.duplicates == 0
    assert rig.sink.most_at_once[endpoint.path] == CAP
    assert burned(tenant) == failed + 1 + row.made


def burned(tenant: Tenant) -> int:
    """Attempts that are counted, of all deliveries."""
    return sum(count for _, _, _, count, _ in tenant.deliveries())


# -- disabled ----------------------------------------------------------------------------------------------


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_its_sibling_told(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    gone, sibling = tenant.endpoint(answering(410)), tenant.endpoint()
    tenant.publish(1)
    until(lambda: len(rig.sink.came(sibling.path)) == 2)

    ledger.row("R4 410", tenant, ended=1)

    assert shown(tenant, gone) == (False, "gone")
    assert sorted(names(rig, sibling)) == ["message.received", "webhook.disabled"]


def test_failing_for_120_hours_disables_and_a_success_inside_does_not(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    enough = FAILING_ATTEMPTS
    dead = tenant.endpoint(*[REFUSED] * (10 + 1 + enough + 1))
    sporadic = tenant.endpoint(*[REFUSED] * 10, accept, *[REFUSED] * (enough + 1))
    for count, hours in ((10, 60), (1, 0), (enough, 60)):
        tenant.publish(count)
        tenant.finished()
        before = [shown(tenant, endpoint) for endpoint in (dead, sporadic)]
        for endpoint in (dead, sporadic):
            pass_by(rig, endpoint, "first_failure_at", hours * 3600)

    tenant.publish(1)
    until(lambda: shown(tenant, dead)[0] is False)

    row = ledger.row(
        "R5 failing for 120 h; the same with a success inside", tenant, ended=2 * (11 + enough) + 1
    )
    assert row.delivered == 2
    assert before == [(True, None)] * 2
    assert [shown(tenant, endpoint) for endpoint in (dead, sporadic)] == [(False, "failing"), (True, None)]
    assert names(rig, sporadic)[-1] == "webhook.disabled"


def test_disabling_is_told_once_an_episode_holds_and_ends_when_the_endpoint_is_activated(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    def told() -> int:
        return names(rig, sibling).count("webhook.disabled")

    mood = Mood(REFUSED)
    dead, sibling = tenant.endpoint(*[mood] * 200), tenant.endpoint()
    fail_for_five_days(rig, tenant, dead)
    answer = mood.holds(REFUSED)
    tenant.order("publish_together", count=CAP)
    until(lambda: rig.sink.at_once[dead.path] == CAP)
    answer()
    until(told)
    came = len(rig.sink.came(dead.path))
    tenant.publish(3)
    time.sleep(A_WHILE)

    held_ones = tenant.call("GET", f"outgoing-webhooks/{dead.id}/deliveries?status=held").json()["data"]
    assert shown(tenant, dead) == (False, "failing")
    assert (told(), len(held_ones), len(rig.sink.came(dead.path))) == (1, 3, came)

    tenant.change(dead, isActive=True)
    tenant.finished()
    mood.answer = accept
    tenant.publish(1)
    tenant.finished()

    assert len(rig.sink.came(dead.path)) == came + 3 + 1
    assert (told(), shown(tenant, dead)) == (1, (True, None))

    mood.answer = REFUSED
    fail_for_five_days(rig, tenant, dead)
    tenant.publish(1)
    until(lambda: told() == 2)

    failed = FAILING_ATTEMPTS + CAP + 3 + FAILING_ATTEMPTS + 1
    row = ledger.row("R6 disabled, held, activated, disabled again", tenant, ended=failed)
    assert row.made == 2 * (failed + 1) + 2
    assert shown(tenant, dead) == (False, "failing")


def fail_for_five_days(rig: Rig, tenant: Tenant, endpoint: Endpoint) -> None:
    """As often as it takes: one more failure disables."""
    tenant.publish(FAILING_ATTEMPTS)
    tenant.finished()
    pass_by(rig, endpoint, "first_failure_at", FAILING_HOURS * 3600)
