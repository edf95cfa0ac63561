"""Meta's usage headers: how near a limit is, how long to wait at it, and of whom nothing is to be asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import redis
import structlog
from django.core.cache import cache

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("meta_graph")

NEAR, FULL = 80, 100
PERCENTAGES = ("call_count", "total_time", "total_cputime")
# Seconds to be silent at a full budget without a wait, and at most: budgets are those of one hour.
A_MINUTE, AN_HOUR = 60.0, 3600.0
# After a failure the cache is left alone for so long, in seconds, or each call would wait for it.
CACHE_PAUSE = 5.0
_cache_is_back_at = 0.0


def pause_until(waba_id: str) -> datetime | None:
    """Until when nothing should be asked of Meta about this id (a WABA's or a portfolio's); None: go on.

    All processes know it by way of the cache. Without a cache nothing is known, and Meta itself refuses.
    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    if time.monotonic() < _cache_is_back_at:
        return None
    try:
        until = cache.get(_key(waba_id))
    except (redis.RedisError, OSError) as failure:
        _leave_cache_alone(failure)
        return None
    return datetime.fromtimestamp(until, UTC) if until and until > time.time() else None


def note(call: str, headers: Mapping[str, str]) -> None:
    """Keeps what an answer says of the budgets, and warns operators before calls are refused."""
    _warn_when_near(call, headers)
    for identifier, rows in _parsed(headers.get("x-business-use-case-usage")).items():
        seconds = max(map(_silence, _objects(rows)), default=0.0)
        if seconds and identifier.isascii() and identifier.isdigit():
            _remember(identifier, min(seconds, AN_HOUR))


def _silence(row: Mapping[str, Any]) -> float:
    """Seconds to be silent after these figures."""
    if minutes := _number(row.get("estimated_time_to_regain_access")):
        return minutes * 60
    return A_MINUTE if any(_number(row.get(key)) >= FULL for key in PERCENTAGES) else 0.0


def _remember(identifier: str, seconds: float) -> None:
    if time.monotonic() < _cache_is_back_at:
        return
    try:
        cache.set(_key(identifier), time.time() + seconds, timeout=max(1, round(seconds)))
    except (redis.RedisError, OSError) as failure:
        _leave_cache_alone(failure)


def _leave_cache_alone(failure: Exception) -> None:
    global _cache_is_back_at  # noqa: PLW0603 - one for the process
    _cache_is_back_at = time.monotonic() + CACHE_PAUSE
    logger.warning("graph_pauses_are_off", error=type(failure).__name__)


def _key(identifier: str) -> str:
    return f"graph-pause-{identifier}"


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """The longest wait that any header names, in seconds; None when none does.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    minutes = max((_number(row.get("estimated_time_to_regain_access")) for row in _usage(headers)), default=0)
    after = headers.get("retry-after", "")
    return max(minutes * 60, int(after) if after.isascii() and after.isdigit() else 0) or None


def _warn_when_near(call: str, headers: Mapping[str, str]) -> None:
    highest = max((_number(row.get(key)) for row in _usage(headers) for key in PERCENTAGES), default=0)
    if highest >= NEAR:
        logger.warning("graph_budget_near_its_end", call=call, percent=round(highest))


def _usage(headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each budget's figures: the app has one object, business use cases a list of them for each id."""
    app = _parsed(headers.get("x-app-usage"))
    if app:
        yield app
    for use_cases in _parsed(headers.get("x-business-use-case-usage")).values():
        yield from _objects(use_cases)


def _objects(rows: object) -> Iterator[dict[str, Any]]:
    return (row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else iter(())


def _parsed(header: str | None) -> dict[str, Any]:
    try:
        value = json.loads(header or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
