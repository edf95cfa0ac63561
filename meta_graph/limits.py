"""Meta's usage headers: how near a limit is, and how long to wait at it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("meta_graph")

NEAR = 80
PERCENTAGES = ("call_count", "total_time", "total_cputime")


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """The longest wait that any header names, in seconds; None when none does.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    minutes = max((_number(row.get("estimated_time_to_regain_access")) for row in _usage(headers)), default=0)
    after = headers.get("retry-after", "")
    return max(minutes * 60, int(after) if after.isascii() and after.isdigit() else 0) or None


def warn_when_near(call: str, headers: Mapping[str, str]) -> None:
    """Logs a warning when a budget is more than 80 % used: operators can act before calls are refused."""
    highest = max((_number(row.get(key)) for row in _usage(headers) for key in PERCENTAGES), default=0)
    if highest >= NEAR:
        logger.warning("graph_budget_near_its_end", call=call, percent=round(highest))


def _usage(headers: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each budget's figures: the app has one object, business use cases a list of them for each id."""
    app = _parsed(headers.get("x-app-usage"))
    if app:
        yield app
    for use_cases in _parsed(headers.get("x-business-use-case-usage")).values():
        yield from (row for row in use_cases if isinstance(row, dict)) if isinstance(use_cases, list) else ()


def _parsed(header: str | None) -> dict[str, Any]:
    try:
        value = json.loads(header or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
