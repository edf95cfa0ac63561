"""The rules over one lane, outcome by outcome: what opens and closes a breaker, is slow, or disables."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from webhooks.delivery import Outcome, breaker
from webhooks.delivery.breaker import FAILING_FOR, LONGEST_OPEN, QUICK_SUCCESSES, SHORTEST_OPEN, WINDOW
from webhooks.delivery.claiming import Claimed
from webhooks.delivery.verdicts import Verdict, verdict_of
from webhooks.models import WebhookLane

T0 = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Breaker = WebhookLane.Breaker


class Endpoint:
    """A lane and what is remembered of its attempts; each call is one outcome. No jitter."""

    def __init__(self) -> None:
        self.lane = WebhookLane(pk=uuid4())
        self.attempts: list[tuple[datetime, Verdict]] = []

    def ends(
        self, at: datetime, status: int | None = None, error: str | None = None, *, event="evt_1", ms=20
    ) -> str | None:
        self.attempts.append((at, verdict_of(status, error)))
        outcome = Outcome(claimed_of(self.lane, event), at, ms, status=status, error=error)
        return breaker.note(self.lane, outcome, at, history=self.history, jitter=lambda low, high: low)

    def history(self, since: datetime) -> Sequence[Verdict]:
        return [verdict for at, verdict in self.attempts if at > since]

    def opened(self) -> datetime:
        """Makes it fail until its breaker opens, at T0; when it will be half-open."""
        for number in range(10):
            self.ends(T0, 500, event=f"evt_{number}")
        assert self.lane.open_until is not None
        return self.lane.open_until


def claimed_of(lane: WebhookLane, event: str) -> Claimed:
    return Claimed(
        delivery_id=uuid4(),
        webhook_id=lane.pk,
        event_id=event,
        event_name="message.sent",
        body=b"{}",
        url="https://shop.example.com",
        sealed=(),
        attempt=1,
        lease_token=uuid4(),
        lease_expires_at=T0,
        due_at=T0,
    )


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.mark.parametrize(
    ("status", "error", "verdict"),
    [
        (200, None, Verdict.SUCCESS),
        (204, "deadline", Verdict.SUCCESS),
        (301, "redirect", Verdict.ANSWER),
        (404, "http_status", Verdict.ANSWER),
        (410, "http_status", Verdict.ANSWER),
        (429, "http_status", Verdict.FAULT),
        (500, "http_status", Verdict.FAULT),
        (503, "http_status", Verdict.FAULT),
        (None, "tls_invalid", Verdict.FAULT),
        (None, "tls_handshake", Verdict.FAULT),
        (None, "reset", Verdict.FAULT),
        (None, "connect_refused", Verdict.UNREACHABLE),
        (None, "connect_timeout", Verdict.UNREACHABLE),
        (None, "read_timeout", Verdict.UNREACHABLE),
        (None, "deadline", Verdict.UNREACHABLE),
        (None, "blocked_address", Verdict.REFUSED),
        (None, "dns_failed", Verdict.OURS),
        (None, "dns_timeout", Verdict.OURS),
        (None, "internal", Verdict.OURS),
        (None, "unknown", Verdict.OURS),
    ],
)
def test_whose_fault_an_outcome_is(status, error, verdict):
    assert verdict_of(status, error) is verdict


def test_ten_attempts_of_which_seven_failed_open_it(endpoint):
    for status in [200, 500, 200, 500, 200, 500, 500, 500, 500]:
        endpoint.ends(T0, status)
    assert endpoint.lane.breaker_at(T0) == Breaker.CLOSED

    endpoint.ends(T0, 500)

    assert endpoint.lane.breaker_at(T0) == Breaker.OPEN
    assert endpoint.lane.open_until == T0 + SHORTEST_OPEN


def test_fewer_than_seven_of_ten_do_not_open_it(endpoint):
    for status in [200, 200, 200, 200, 500, 500, 500, 500, 500, 500]:
        endpoint.ends(T0, status)

    assert endpoint.lane.breaker_at(T0) == Breaker.CLOSED


def test_a_busy_endpoint_that_fails_for_a_moment_stays_closed(endpoint):
    for _ in range(20):
        endpoint.ends(T0, 200)
    for _ in range(15):
        endpoint.ends(T0, 500)

    assert endpoint.lane.breaker_at(T0) == Breaker.CLOSED


def test_what_failed_more_than_five_minutes_ago_does_not_count(endpoint):
    for _ in range(9):
        endpoint.ends(T0, 500)

    endpoint.ends(T0 + WINDOW, 500)

    assert endpoint.lane.breaker_at(T0 + WINDOW) == Breaker.CLOSED


@pytest.mark.parametrize("error", ["connect_refused", "connect_timeout", "read_timeout", "deadline"])
def test_six_in_a_row_without_an_answer_for_three_events_open_it(endpoint, error):
    for number in range(5):
        endpoint.ends(T0, error=error, event=f"evt_{number % 3}")
    assert endpoint.lane.breaker_at(T0) == Breaker.CLOSED

    endpoint.ends(T0, error=error, event="evt_0")

    assert endpoint.lane.breaker_at(T0) == Breaker.OPEN


def test_any_answer_between_them_starts_the_count_again(endpoint):
    for number in range(5):
        endpoint.ends(T0, error="read_timeout", event=f"evt_{number}")
    endpoint.ends(T0, 404, event="evt_9")
    endpoint.ends(T0, error="read_timeout", event="evt_8")

    assert endpoint.lane.breaker_at(T0) == Breaker.CLOSED


def test_a_single_failing_event_never_opens_it(endpoint):
    for minutes in (0, 1, 6, 21, 81):
        endpoint.ends(T0 + timedelta(minutes=minutes), error="connect_timeout")

    assert endpoint.lane.open_until is None


def test_two_failing_events_do_not_open_it_by_being_unreachable(endpoint):
    for number in range(9):
        endpoint.ends(T0 + timedelta(minutes=2 * number), error="connect_timeout", event=f"evt_{number % 2}")

    assert endpoint.lane.open_until is None


@pytest.mark.parametrize("error", ["dns_failed", "dns_timeout", "internal", "unknown"])
def test_our_own_outage_is_charged_to_nobody(endpoint, error):
    for hour in range(200):
        assert endpoint.ends(T0 + timedelta(hours=hour), error=error, event=f"evt_{hour}") is None

    assert endpoint.lane.is_calm


def test_while_our_own_outage_lasts_the_probe_is_not_judged(endpoint):
    half_open = endpoint.opened()

    endpoint.ends(half_open, error="dns_timeout")

    assert endpoint.lane.open_until == half_open


def test_each_probe_that_fails_doubles_the_wait_to_fifteen_minutes(endpoint):
    at, waits = endpoint.opened(), []
    for number in range(8):
        endpoint.ends(at, 503, event=f"evt_{number}")
        waits.append(endpoint.lane.open_until - at)
        at = endpoint.lane.open_until

    assert [wait.total_seconds() for wait in waits] == [60, 120, 240, 480, 900, 900, 900, 900]
    assert waits[-1] == LONGEST_OPEN


def test_the_wait_has_a_fifth_on_top_at_most():
    lane = WebhookLane(pk=uuid4())

    breaker.open_breaker(lane, T0, lambda low, high: high)

    assert lane.open_until == T0 + 1.2 * SHORTEST_OPEN


def test_it_is_half_open_from_its_time_on_and_closed_after_two_probes(endpoint):
    half_open = endpoint.opened()
    assert endpoint.lane.breaker_at(half_open - SECOND) == Breaker.OPEN
    assert endpoint.lane.breaker_at(half_open) == Breaker.HALF_OPEN

    endpoint.ends(half_open, 200)
    assert endpoint.lane.breaker_at(half_open) == Breaker.HALF_OPEN
    endpoint.ends(half_open + SECOND, 404)

    lane = endpoint.lane
    assert lane.breaker_at(half_open + SECOND) == Breaker.CLOSED
    assert (lane.resumed_at, lane.is_spreading) == (half_open + SECOND, True)


def test_a_success_and_then_a_failure_open_it_again(endpoint):
    half_open = endpoint.opened()

    endpoint.ends(half_open, 200)
    endpoint.ends(half_open + SECOND, 500)
    endpoint.ends(endpoint.lane.open_until, 200)

    assert endpoint.lane.open_streak == 1
    assert endpoint.lane.open_until is not None


def test_what_was_sent_before_it_opened_neither_closes_it_nor_prolongs_it(endpoint):
    half_open = endpoint.opened()

    for status in (200, 200, 500):
        endpoint.ends(T0 + SECOND, status)

    assert (endpoint.lane.open_until, endpoint.lane.open_streak) == (half_open, 0)


def test_once_closed_what_was_before_is_forgotten(endpoint):
    half_open = endpoint.opened()
    endpoint.ends(half_open, 200)
    endpoint.ends(half_open, 200)

    for _ in range(9):
        endpoint.ends(half_open + SECOND, 500)
    assert endpoint.lane.open_until is None
    endpoint.ends(half_open + SECOND, 500)

    assert endpoint.lane.open_until == half_open + SECOND + SHORTEST_OPEN


def fail(endpoint: Endpoint, times: int, *, events: int, since: datetime, until: datetime) -> list[str]:
    """Fails evenly from `since` to `until`; the reasons to disable it that came up."""
    times_of_day = [since + (until - since) * number / (times - 1) for number in range(times)]
    reasons = [
        endpoint.ends(at, 500, event=f"evt_{number % events}") for number, at in enumerate(times_of_day)
    ]
    return [reason for reason in reasons if reason]


def test_no_success_for_120_hours_disables(endpoint):
    reasons = fail(endpoint, 20, events=5, since=T0, until=T0 + FAILING_FOR)

    assert reasons == ["failing"]


@pytest.mark.parametrize(
    ("times", "events", "lasts"),
    [(19, 5, FAILING_FOR), (20, 4, FAILING_FOR), (20, 5, FAILING_FOR - SECOND)],
)
def test_fewer_attempts_or_events_or_hours_do_not(endpoint, times, events, lasts):
    assert fail(endpoint, times, events=events, since=T0, until=T0 + lasts) == []


def test_a_sporadic_success_begins_it_anew(endpoint):
    fail(endpoint, 30, events=10, since=T0, until=T0 + FAILING_FOR - SECOND)
    success = T0 + FAILING_FOR
    endpoint.ends(success, 200)

    assert endpoint.lane.last_success_at == success
    assert fail(endpoint, 30, events=10, since=success, until=success + FAILING_FOR - SECOND) == []
    assert endpoint.ends(success + FAILING_FOR, 500) == "failing"


def test_refusals_by_the_receiver_do_not_open_the_breaker_and_do_disable(endpoint):
    reasons = [
        endpoint.ends(T0 + number * timedelta(hours=6), 404, event=f"evt_{number}") for number in range(21)
    ]

    assert reasons[:-1] == [None] * 20
    assert reasons[-1] == "failing"
    assert endpoint.lane.open_until is None


def test_410_disables_at_once(endpoint):
    assert endpoint.ends(T0, 410) == "gone"


def test_two_refused_addresses_a_minute_apart_disable(endpoint):
    assert endpoint.ends(T0, error="blocked_address") is None
    assert endpoint.ends(T0 + timedelta(seconds=59), error="blocked_address") is None
    assert endpoint.ends(T0 + timedelta(seconds=60), error="blocked_address") == "url_not_allowed"
    assert endpoint.lane.failures == 0


def test_an_attempt_that_was_made_between_two_refusals_begins_them_anew(endpoint):
    endpoint.ends(T0, error="blocked_address")
    endpoint.ends(T0 + SECOND, 500)

    assert endpoint.ends(T0 + timedelta(minutes=2), error="blocked_address") is None


def test_notices_are_due_at_the_fourth_failure_after_a_day_and_after_three(endpoint):
    due = []
    for hour in (0, 1, 2, 3, 23, 24, 71, 72, 100):
        endpoint.ends(T0 + timedelta(hours=hour), 404)
        due.append(breaker.notices_due(endpoint.lane, T0 + timedelta(hours=hour)))

    assert due == [0, 0, 0, 1, 1, 2, 2, 3, 3]


def test_a_timeout_makes_it_slow_for_ten_minutes(endpoint):
    endpoint.ends(T0, error="read_timeout", ms=10_000)

    ended = T0 + timedelta(seconds=10)
    assert endpoint.lane.is_slow_at(ended + timedelta(minutes=10) - SECOND)
    assert not endpoint.lane.is_slow_at(ended + timedelta(minutes=10))


def test_answers_that_take_long_make_it_slow_and_one_alone_does_not(endpoint):
    endpoint.ends(T0, 200, ms=5000)
    assert not endpoint.lane.is_slow_at(T0)

    for _ in range(3):
        endpoint.ends(T0, 200, ms=5000)

    assert endpoint.lane.is_slow_at(T0 + timedelta(days=1))


def test_ten_quick_successes_in_a_row_make_it_fast_again(endpoint):
    for _ in range(5):
        endpoint.ends(T0, error="read_timeout", ms=10_000)
    for _ in range(QUICK_SUCCESSES - 1):
        endpoint.ends(T0 + SECOND, 200)
    endpoint.ends(T0 + SECOND, 200, ms=3000)
    for _ in range(QUICK_SUCCESSES - 1):
        endpoint.ends(T0 + SECOND, 200)
    assert endpoint.lane.is_slow_at(T0 + SECOND)

    endpoint.ends(T0 + SECOND, 200)

    assert not endpoint.lane.is_slow_at(T0 + SECOND)
    assert endpoint.lane.is_calm


def test_an_endpoint_that_is_quick_again_is_soon_calm(endpoint):
    endpoint.ends(T0, 200, ms=2500)
    assert not endpoint.lane.is_calm

    for _ in range(5):
        endpoint.ends(T0, 200)

    assert endpoint.lane.is_calm
