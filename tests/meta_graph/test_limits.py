"""A budget that is used up: everybody is silent about that account until Meta listens again."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from meta_graph import limits, wabas
from meta_graph.errors import GraphError
from tests.meta_graph.conftest import BASE
from tests.outbound.peers import peer, silent


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch):
    monkeypatch.setattr(limits, "_cache_is_back_at", 0.0)
    cache.clear()


def usage(**by_id) -> dict[str, str]:
    rows = {identifier.removeprefix("id"): rows for identifier, rows in by_id.items()}
    return {"X-Business-Use-Case-Usage": json.dumps(rows)}


def seconds_of_silence(waba_id: str) -> float | None:
    until = limits.pause_until(waba_id)
    return None if until is None else (until - datetime.now(UTC)) / timedelta(seconds=1)


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        ({"call_count": 100, "estimated_time_to_regain_access": 7}, 420),
        ({"call_count": 28, "estimated_time_to_regain_access": 2}, 120),
        ({"call_count": 100, "estimated_time_to_regain_access": 0}, 60),
        ({"call_count": 12, "total_cputime": 103}, 60),
        ({"call_count": 100, "estimated_time_to_regain_access": 1440}, 3600),
    ],
)
def test_a_budget_at_its_end_silences_for_as_long_as_meta_says(graph, token, row, seconds):
    graph.get(BASE + "/11", json={"id": "11"}, headers=usage(id11=[{"call_count": 1}, row], id12=[{}]))

    wabas.read_waba(waba_id="11", token=token)

    assert seconds_of_silence("11") == pytest.approx(seconds, abs=5)
    assert limits.pause_until("12") is None


def test_a_refusal_silences_too(graph, token):
    row = {"call_count": 100, "estimated_time_to_regain_access": 7}
    graph.get(BASE + "/11", status=400, json={"error": {"code": 80007}}, headers=usage(id11=[row]))

    with pytest.raises(GraphError):
        wabas.read_waba(waba_id="11", token=token)

    assert seconds_of_silence("11") == pytest.approx(420, abs=5)


def test_a_budget_that_is_nearly_used_up_silences_nobody(graph, token):
    graph.get(BASE + "/11", json={"id": "11"}, headers=usage(id11=[{"call_count": 99}]))

    wabas.read_waba(waba_id="11", token=token)

    assert limits.pause_until("11") is None


def test_silence_ends(monkeypatch):
    limits.note("read_waba", {"x-business-use-case-usage": json.dumps({"11": [{"call_count": 100}]})})
    later = time.time() + 61
    assert limits.pause_until("11") is not None

    monkeypatch.setattr("meta_graph.limits.time.time", lambda: later)

    assert limits.pause_until("11") is None


def test_a_cache_that_is_away_silences_nobody_and_is_not_waited_for_again(settings, graph, token):
    with peer(silent) as serving:
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{serving.port}",
                "OPTIONS": {"socket_timeout": 0.1, "socket_connect_timeout": 0.1},
            }
        }
        row = {"call_count": 100, "estimated_time_to_regain_access": 7}
        graph.get(BASE + "/11", json={"id": "11"}, headers=usage(id11=[row]))

        assert wabas.read_waba(waba_id="11", token=token).id == "11"
        asked, began = len(serving.heads), time.monotonic()
        assert [limits.pause_until("11") for _ in range(20)] == [None] * 20

    assert time.monotonic() - began < 0.5
    assert len(serving.heads) == asked
