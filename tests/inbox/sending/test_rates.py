"""Meta's limits as clocks: so many at once, then one in each period, and never more in a second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.sending.rates import Rate, throughput
from phones.models import PhoneNumber

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
PAIR = Rate(timedelta(seconds=6), 45)


def run(rate: Rate, seconds: float) -> list[datetime]:
    """When each would begin if as many as may begin do, looking every ten milliseconds."""
    used, begun, now = None, [], NOW
    while now <= NOW + timedelta(seconds=seconds):
        room = rate.room(used, now)
        if room:
            begun += [now] * room
            used = rate.after(used, now, room)
        now += timedelta(milliseconds=10)
    return begun


def test_a_burst_goes_at_once_and_the_next_after_a_period() -> None:
    used = PAIR.after(None, NOW, 45)

    assert PAIR.room(None, NOW) == 45
    assert PAIR.room(used, NOW) == 0
    assert PAIR.free_at(used, NOW) == NOW + timedelta(seconds=6)
    assert PAIR.room(used, NOW + timedelta(seconds=5.9)) == 0
    assert PAIR.room(used, NOW + timedelta(seconds=6)) == 1
    assert PAIR.room(used, NOW + timedelta(hours=1)) == 45


def test_room_and_the_free_time_say_the_same() -> None:
    used = None
    for step in range(200):
        at = NOW + timedelta(seconds=step)
        assert (PAIR.room(used, at) > 0) is (PAIR.free_at(used, at) == at)
        used = PAIR.after(used, PAIR.free_at(used, at))


def test_after_meta_said_no_one_goes_at_a_time() -> None:
    used = PAIR.emptied(NOW)

    assert PAIR.room(used, NOW) == 1
    assert PAIR.free_at(PAIR.after(used, NOW), NOW) == NOW + timedelta(seconds=6)


@pytest.mark.parametrize(
    ("columns", "figure"),
    [
        ({}, 80),
        ({"throughput_level": "STANDARD"}, 80),
        ({"is_coexistence": True}, 20),
        ({"throughput_level": "HIGH"}, 1000),
    ],
)
def test_no_second_has_more_than_the_numbers_figure(columns: dict[str, Any], figure: int) -> None:
    begun = run(throughput(PhoneNumber(**columns)), 5)

    most = max(sum(at <= one < at + timedelta(seconds=1) for one in begun) for at in begun)
    assert most <= figure
    assert len(begun) >= 5 * figure * 0.85


@pytest.mark.parametrize("figure", [1, 2, 3, 19])
def test_a_small_figure_is_kept_too(settings: Any, figure: int) -> None:
    settings.MESSAGE_THROUGHPUT = figure

    begun = run(throughput(PhoneNumber()), 10)

    assert max(sum(at <= one < at + timedelta(seconds=1) for one in begun) for at in begun) <= figure
    assert len(begun) >= 5 * figure
