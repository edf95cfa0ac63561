"""What follows an answer, and when: retried or final, how long after, and for how often (R1, R2, R3, R8)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from tests.faults.menu import answering
from tests.faults.report import Ledger
from tests.faults.rig import BACKOFF, NOBODY, Rig, Tenant, until
from tests.faults.sink import Call

pytestmark = pytest.mark.e2e
FLOOR = BACKOFF[0]
# Of a pause, on top of it at most.
SPREAD = 0.2
HOUR = 3600.0
# Values of `Retry-After` that ask for less than the schedule, or for nothing.
IGNORED = ("0", "-5", "+9", "9.5", "9 seconds", "soon", "\xff", "9" * 40, "Wed, 21 Oct 2015 07:28:00 GMT",
           "Wed, 99 Oct 2099 07:28:00 GMT", "2099-10-21T07:28:00Z")  # fmt: skip
MOMENT = 1e-3


def test_an_answer_is_retried_or_final_as_the_contract_says(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    retried = [tenant.endpoint(answering(status)) for status in (408, 425, 429, 500, 503)]
    final = [tenant.endpoint(answering(status)) for status in (301, 302, 400, 401, 404, 422)]
    tenant.publish(1)

    ledger.row("R2 408, 425, 429, 5xx against 3xx and other 4xx", tenant, ended=len(final))

    assert [len(rig.sink.came(endpoint.path)) for endpoint in retried] == [2] * len(retried)
    assert [len(rig.sink.came(endpoint.path)) for endpoint in final] == [1] * len(final)


def test_four_failures_and_a_success_keep_to_the_schedule(rig: Rig, tenant: Tenant, ledger: Ledger) -> None:
    # Less than the fourth pause anyway.
    shorter = answering(500, "Retry-After: 1")
    endpoint = tenant.endpoint(*[answering(500)] * 3, shorter)
    tenant.publish(1)
    planned = pauses(rig, tenant, 4)

    ledger.row("R1 500 four times, then 200", tenant)

    at = [arrival.at for arrival in rig.sink.came(endpoint.path)]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert len(gaps) == len(BACKOFF)
    for number, (gap, floor) in enumerate(zip(gaps, BACKOFF, strict=True), start=1):
        assert gap >= floor
        assert floor - MOMENT <= planned[endpoint.id, number] <= floor * (1 + SPREAD) + MOMENT


def test_a_single_event_that_fails_for_ever_is_seen_as_failed_and_opens_no_breaker(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    failing, unreachable = tenant.endpoint(*[answering(503)] * 5), tenant.endpoint(host=NOBODY)
    tenant.publish(1)
    tenant.finished()
    failed, open_breakers = (
        tenant.states(),
        rig.rows("SELECT 1 FROM webhooks_webhooklane WHERE open_until > now()"),
    )
    tenant.move(unreachable)

    tenant.publish(1)

    ledger.row("R1/R8 one event that fails for ever, then another", tenant, ended=2)
    assert (failed, open_breakers) == ({"failed": 2}, [])
    assert [len(rig.sink.came(endpoint.path)) for endpoint in (failing, unreachable)] == [6, 1]
    assert sorted(tenant.failures()) == ["connect_refused"] * 5 + ["http_status"] * 5
    assert {number for number, *_ in tenant.attempts()} == {1, 2, 3, 4, 5}


def test_retry_after_makes_a_pause_longer_to_an_hour_and_never_shorter(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    """Each form once, after a first attempt that failed; those that have an hour are made due."""
    asked = dict.fromkeys(IGNORED, (FLOOR, FLOOR)) | {
        "2": (2.0, 2.0),
        "  2  ": (2.0, 2.0),
        "1000000000": (HOUR, HOUR),
        "Wed, 21 Oct 2099 07:28:00 GMT": (HOUR, HOUR),
    }
    forms = {tenant.endpoint(answering(503, f"Retry-After: {form}")).id: span for form, span in asked.items()}
    forms[tenant.endpoint(answering(429, "Retry-After: 2")).id] = (2.0, 2.0)
    forms[tenant.endpoint(answering(500, "Retry-After: 2")).id] = (2.0, 2.0)
    forms[tenant.endpoint(in_three_seconds).id] = (2.0, 3.5)
    tenant.publish(1)
    planned = pauses(rig, tenant, len(forms))

    rig.change(
        "UPDATE webhooks_delivery SET next_attempt_at = now()"
        " WHERE state = 'pending' AND next_attempt_at > now() + interval '1 minute'"
    )

    row = ledger.row(f"R3 Retry-After, {len(forms)} forms", tenant)
    assert row.delivered == len(forms)
    for endpoint in tenant.endpoints:
        shortest, longest = forms[endpoint.id]
        assert shortest - MOMENT <= planned[endpoint.id, 1] <= longest + SPREAD * FLOOR + MOMENT
        first, second = rig.sink.came(endpoint.path)
        assert second.at - first.at >= min(shortest, 3.0) or shortest == HOUR


def in_three_seconds(call: Call) -> bool:
    asked = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    return answering(503, f"Retry-After: {asked}")(call)


def pauses(rig: Rig, tenant: Tenant, count: int) -> dict[tuple[str, int], float]:
    """By endpoint and number: the seconds from the end of a failed attempt until the next one is due.

    Waits until it has seen so many.
    """
    seen: dict[tuple[str, int], float] = {}

    def have_been_seen() -> bool:
        rows = rig.rows(
            "SELECT d.webhook_id::text, number,"
            " extract(epoch FROM next_attempt_at - at)::float - duration_ms / 1000.0::float"
            " FROM webhooks_delivery d JOIN webhooks_outgoingwebhook w ON w.id = d.webhook_id"
            " JOIN webhooks_attempt a ON a.delivery_id = d.id AND number = attempt_count"
            " WHERE state = 'pending' AND w.organization_id = %s",
            tenant.organization,
        )
        seen.update({(endpoint, number): pause for endpoint, number, pause in rows})
        return len(seen) >= count

    until(have_been_seen)
    return seen
