"""Named failures on the Graph side: one line each in SCENARIOS, switched on by name.

A scenario either *arranges* (changes an object once, so that everything after follows by itself) or
*interferes* (each matching call is slowed, refused or cut). `target` is a business, WABA or phone id; None
means everything. `times` counts the calls interfered with, or the objects arranged; without it the scenario
stays until it is cleared.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from meta_graph.sandbox import effects
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.state import State
from meta_graph.sandbox.wsgi import Json

Arrangement = Callable[[Json, Json], None]


@dataclass(frozen=True)
class Scenario:
    sentence: str
    calls: tuple[str, ...] = ()  # names of endpoints; none given: every call
    refusal: Callable[[Json], GraphError] | None = None  # made from the options
    arranges: Literal["", "phone_number", "waba", "token"] = ""
    arrangement: Arrangement | None = None  # changes the object as the options say
    waits: bool = False
    signup_times: int | None = 1  # how often, when it was chosen for one signup in the dialog
    cuts_after_work: bool = False


def refusing(sentence: str, refusal: Callable[[Json], GraphError], *calls: str) -> Scenario:
    return Scenario(sentence, calls, refusal)


def arranging(
    sentence: str, kind: Literal["phone_number", "waba", "token"], arrangement: Arrangement
) -> Scenario:
    return Scenario(sentence, arranges=kind, arrangement=arrangement)


class UnknownScenarioError(ValueError):
    """The name is not in SCENARIOS."""


SCENARIOS: dict[str, Scenario] = {
    "code_expired": refusing("The code is older than 30 seconds.", effects.CODE_EXPIRED, "access_token"),
    "code_used": refusing("The code was used before.", effects.CODE_USED, "access_token"),
    "pin_mismatch": arranging("The number has a PIN already: 123456.", "phone_number", effects.set_pin),
    "not_verified": arranging("The number is not verified yet.", "phone_number", effects.drop_verification),
    "too_many_attempts": refusing("Ten attempts are used up.", effects.TOO_MANY, "register", "deregister"),
    "permission_missing": arranging("No whatsapp_business_management.", "token", effects.drop_scopes),
    "few_permissions": arranging("Only the two WhatsApp permissions.", "token", effects.drop_extra_scopes),
    "token_revoked": arranging("The customer took the token back.", "token", effects.revoke),
    "no_payment_method": arranging("The account has no payment method.", "waba", effects.block_payment),
    "rate_limited": refusing("Too many calls for some `minutes` (5).", effects.too_many_calls),
    "slow": Scenario("Each call takes `ms` longer (3000).", waits=True, signup_times=None),
    "graph_down": refusing("503; `how` can say html, reset, or error (500).", effects.down),
    "reset_after_work": Scenario("Does the work, then cuts the connection.", cuts_after_work=True),
    "error": refusing("Any `code`, `subcode`, `message`, `details`, `status`.", effects.any_error),
}


def activate(state: State, name: str, options: Json) -> Json:
    """Switches a scenario on and arranges what its target names at once.

    Options: target, times, call, spares, and the scenario's own (pin, ms, minutes, code ...).
    Raises UnknownScenarioError.
    """
    if name not in SCENARIOS:
        raise UnknownScenarioError(name)
    with state:
        active = {"target": None, "times": None, "call": None, "spares": [], **options}
        active |= {"id": secrets.token_hex(4), "name": name, "arranged": []}
        if active["target"] is not None:
            active["target"] = str(active["target"])
        state.scenarios.append(active)
        if active["target"] is not None:
            arrange(state, active, family_of(state, active["target"]))
        return active


def activate_for_signup(state: State, name: str, waba: str) -> None:
    """For the dialog: concerns this signup's account, and passes, so that trying again can succeed.

    Failures of every call spare the exchange, after which nothing could be retried.
    """
    scenario = SCENARIOS[name]
    spared = [] if scenario.calls or scenario.waits else ["access_token"]
    activate(state, name, {"target": waba, "times": scenario.signup_times, "spares": spared})


def clear(state: State, identifier: str | None = None) -> None:
    """Removes one active scenario, by its id or name, or all; what was arranged stays arranged."""
    with state:
        state.scenarios[:] = [
            active
            for active in state.scenarios
            if identifier is not None and identifier not in (active["id"], active["name"])
        ]


def family_of(state: State, identifier: str) -> set[str]:
    """The ids that a call on this object concerns: itself, its WABA, its business."""
    family = {identifier}
    for owner in ("waba", "business"):
        for member in family.copy():
            family.add(state.objects.get(member, {}).get(owner, identifier))
    return family


def take(state: State, call: str, family: set[str]) -> list[Json]:
    """The active scenarios that interfere with this call, counted as used; others are arranged."""
    taken = []
    with state:
        for active in list(state.scenarios):
            scenario = SCENARIOS[active["name"]]
            if active["target"] is not None and active["target"] not in family:
                continue
            if scenario.arranges:
                arrange(state, active, family)
            elif concerns(active, call):
                taken.append(dict(active))
                use(state, active)
    return taken


def concerns(active: Json, call: str) -> bool:
    if active["call"] is not None:
        return bool(call == active["call"])
    return call in (SCENARIOS[active["name"]].calls or (call,)) and call not in active["spares"]


def interfere(taken: list[Json]) -> None:
    """Slows the call down or refuses it. Raises GraphError or ConnectionCut; call it without the lock."""
    for active in taken:
        scenario = SCENARIOS[active["name"]]
        if scenario.waits:
            time.sleep(float(active.get("ms", 3000)) / 1000)
        if scenario.refusal is not None:
            raise scenario.refusal(active)


def cuts_after_work(taken: list[Json]) -> bool:
    return any(SCENARIOS[active["name"]].cuts_after_work for active in taken)


def use(state: State, active: Json) -> None:
    if active["times"] is not None:
        active["times"] = int(active["times"]) - 1
        if active["times"] <= 0 and active in state.scenarios:
            state.scenarios.remove(active)


def arrange(state: State, active: Json, family: set[str]) -> None:
    scenario = SCENARIOS[active["name"]]
    if scenario.arrangement is None:
        return
    for identifier, node in candidates(state, scenario.arranges, active["target"], family):
        if identifier not in active["arranged"] and active in state.scenarios:
            scenario.arrangement(node, active)
            active["arranged"].append(identifier)
            use(state, active)


def candidates(state: State, kind: str, target: str | None, family: set[str]) -> Iterable[tuple[str, Json]]:
    """What of this kind the call concerns: the WABA, all its numbers, all tokens that cover it."""
    wabas = {member for member in family if state.objects.get(member, {}).get("kind") == "waba"}
    if state.objects.get(target or "", {}).get("kind") == "business":
        wabas |= {node["id"] for node in state.of_kind("waba", business=target)}
    if kind == "token":
        return [(token[-12:], node) for token, node in state.tokens.items() if wabas & set(node["wabas"])]
    if kind == "waba":
        return [(waba, state.objects[waba]) for waba in wabas]
    phones = [node for node in state.of_kind("phone_number") if node["waba"] in wabas]
    if state.objects.get(target or "", {}).get("kind") == "phone_number":
        phones = [node for node in phones if node["id"] == target]
    return [(node["id"], node) for node in phones]
