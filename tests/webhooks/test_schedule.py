"""The table of answers and delays, number by number."""

from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest

from webhooks.delivery.schedule import delay_after, is_retried, is_success, max_attempts, retry_after_of

NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
FLOORS = [60, 300, 900, 3600]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status):
    assert is_success(status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_statuses_that_are_tried_again(status):
    assert not is_success(status)
    assert is_retried(status, "http_status")


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_statuses_that_are_final(status):
    assert not is_success(status)
    assert not is_retried(status, "http_status")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        ("dns_failed", True),
        ("dns_timeout", True),
        ("connect_refused", True),
        ("connect_timeout", True),
        ("tls_invalid", True),
        ("tls_handshake", True),
        ("read_timeout", True),
        ("deadline", True),
        ("reset", True),
        ("internal", True),
        ("blocked_address", False),
    ],
)
def test_failures_of_the_network_are_tried_again_and_refused_addresses_are_not(error, again):
    assert is_retried(None, error) is again


def test_there_are_five_attempts():
    assert max_attempts() == 5


@pytest.mark.parametrize(("attempt", "floor"), list(enumerate(FLOORS, start=1)))
def test_the_published_delays_are_floors_with_up_to_a_fifth_on_top(attempt, floor):
    delays = [delay_after(attempt, retry_after=0).total_seconds() for _ in range(10_000)]

    assert floor <= min(delays) < floor * 1.002
    assert floor * 1.198 < max(delays) <= floor * 1.2
    assert mean(delays) == pytest.approx(floor * 1.1, rel=0.01)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "seconds"),
    [(1, 0, 60), (1, 59, 60), (1, 61, 61), (2, 3600, 3600), (4, 10, 3600)],
)
def test_retry_after_only_lengthens(attempt, retry_after, seconds):
    delay = delay_after(attempt, retry_after=retry_after, jitter=lambda low, high: low)

    assert delay == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("3600", 3600),
        ("3601", 3600),
        ("1000000000", 3600),
        ("9" * 18, 3600),
        ("-5", 0),
        ("1.5", 0),
        ("1e3", 0),
        ("inf", 0),
        ("soon", 0),
        ("٣", 0),
        ("9" * 5000, 0),
        ("Thu, 15 Jan 2026 10:32:00 GMT", 120),
        ("Thu, 15 Jan 2026 10:28:00 GMT", 0),
        ("Fri, 16 Jan 2026 10:30:00 GMT", 3600),
        ("Thu, 15 Jan 2026 12:32:00 +0200", 120),
        ("Thu, 15 Jan 2026 10:32:00 -0000", 120),
        ("Thu, 99 Jan 2026 10:32:00 GMT", 0),
        ("Thu, 15 Jan 99999999999999999999 10:32:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_ignored(header, seconds):
    assert retry_after_of(header, NOW) == seconds
