"""Limits and habits of this Meta that tests and people switch: window, pair, throughput, statuses, reviews.

https://developers.facebook.com/docs/whatsapp/cloud-api/overview (throughput, pair rate limits)
"""

from collections import deque

from meta_graph.sandbox.messaging.failures import refusal
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

DAY = 86400  # seconds in which a business may answer freely
PAIR_SECONDS, PAIR_BURST = 6.0, 45
STATUSES = ("sent", "delivered", "read", "played", "failed")
FRESH: Json = {
    "window": "off",  # refuse: at once; fail: by a status
    "pair": False,
    "throughput": None,  # messages a second
    "statuses": ["sent", "delivered", "read"],
    "everyMs": 20,
    "reviewMs": 500,  # None: nobody decides on templates
    "review": "APPROVED",
}


class UnknownHabitError(ValueError):
    """There is no such setting, or not this value of it."""


def habits(world: World) -> Json:
    with world.state as state:
        return FRESH | state.habits


def change(world: World, changed: Json) -> Json:
    """All settings, after some were changed. Raises UnknownHabitError."""
    if unknown := set(changed) - set(FRESH):
        raise UnknownHabitError(", ".join(sorted(unknown)))
    if changed.get("window", "off") not in ("off", "refuse", "fail"):
        raise UnknownHabitError("window")
    if not set(changed.get("statuses", ())) <= set(STATUSES):
        raise UnknownHabitError("statuses")
    with world.state as state:
        state.habits.update(changed)
    return habits(world)


def check_rates(world: World, phone: Json, person: Json) -> None:
    """Raises GraphError 130429 for too many messages a second, 131056 for too many to one person."""
    known, now = habits(world), world.now()
    with world.state:
        if known["throughput"] is not None:
            times = world.paces.setdefault((phone["id"], ""), deque())
            while times and times[0] <= now - 1:
                times.popleft()
            if len(times) >= int(known["throughput"]):
                raise refusal(130429)
        if known["pair"]:
            count_pair(world, (phone["id"], person["number"]), now)
        if known["throughput"] is not None:
            times.append(now)


def count_pair(world: World, pair: tuple[str, str], now: float) -> None:
    """One message each six seconds, 45 of them ahead: the queue's one entry is when all are paid for."""
    paid = world.paces.setdefault(pair, deque([now]))
    until = max(paid[0], now) + PAIR_SECONDS
    if until > now + PAIR_SECONDS * PAIR_BURST:
        raise refusal(131056)
    paid[0] = until


def is_window_closed(world: World, phone: Json, person: Json) -> bool:
    """Whether 24 hours have passed since the person wrote last."""
    last = world.chats.newest(phone["id"], person["number"], "in")
    return last is None or world.now() - float(last["at"]) >= DAY


def check_window(world: World, phone: Json, person: Json) -> bool:
    """Whether a free-form message has to fail by a status. Raises GraphError 131047 where it is refused."""
    window = habits(world)["window"]
    if window == "off" or not is_window_closed(world, phone, person):
        return False
    if window == "refuse":
        raise refusal(131047)
    return True
