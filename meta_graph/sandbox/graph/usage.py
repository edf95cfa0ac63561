"""Usage headers and Meta's hourly budgets: 200 calls for a new account, 5,000 once a number is registered."""

import json

from meta_graph.sandbox.graph.errors import rate_limited
from meta_graph.sandbox.world import World

HOUR = 3600
NEW_BUDGET, REGISTERED_BUDGET = 200, 5000


def budget_of(world: World, waba: str) -> int:
    phones = world.state.of_kind("phone_number", waba=waba)
    return REGISTERED_BUDGET if any(phone["status"] == "CONNECTED" for phone in phones) else NEW_BUDGET


def count(world: World, waba: str) -> None:
    """Counts one call on an account. Raises GraphError 80007 when its budget of the last hour is used up."""
    now = world.now()
    times = world.budgets.setdefault(waba, [])
    times[:] = [at for at in times if at > now - HOUR]
    if world.config.has_rate_limits and len(times) >= budget_of(world, waba):
        raise rate_limited(minutes=int((times[0] + HOUR - now) // 60) + 1)
    times.append(now)


def headers(world: World, waba: str | None, wait_minutes: float) -> dict[str, str]:
    """Percentages of the budgets, as JSON in headers; a wait is our portfolio's where no account is meant."""
    app = {"call_count": 1, "total_time": 1, "total_cputime": 1}
    limited = waba or (world.config.business_id if wait_minutes else None)
    if limited is None:
        return {"X-App-Usage": json.dumps(app)}
    used = 100 if wait_minutes else 100 * len(world.budgets.get(limited, [])) // budget_of(world, limited)
    case = {
        "type": "whatsapp",
        "call_count": used,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": wait_minutes,
    }
    return {"X-App-Usage": json.dumps(app), "X-Business-Use-Case-Usage": json.dumps({limited: [case]})}
