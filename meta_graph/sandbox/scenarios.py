"""Scenarios switched on by name: which calls they concern, how often, before or after the work.

A scenario either *arranges* (changes an object once, so that everything after follows by itself) or
*interferes* (each matching call is slowed, refused, cut or answered otherwise). Options of every scenario:
`target` is a business, WABA or phone id, None means everything; `times` counts the calls interfered with,
or the objects arranged, without it the scenario stays until it is cleared; `call` names one endpoint;
`match` names parameters of the call and their values; `when` is before or after the work.
"""

import secrets
import time
from collections.abc import Iterable
from typing import Literal

from meta_graph.sandbox.scenario_table import SCENARIOS
from meta_graph.sandbox.state import State
from meta_graph.sandbox.wsgi import Json

__all__ = ["SCENARIOS", "UnknownScenarioError", "activate", "activate_for_signup", "clear"]


class UnknownScenarioError(ValueError):
    """The name is not in SCENARIOS."""


def activate(state: State, name: str, options: Json) -> Json:
    """Switches a scenario on and arranges what its target names at once.

    Options: target, times, call, match, when, spares (names of endpoints), and the scenario's own (pin, ms,
    minutes, code ...).
    Raises UnknownScenarioError.
    """
    if name not in SCENARIOS:
        raise UnknownScenarioError(name)
    with state:
        fresh: Json = {"target": None, "times": None, "call": None, "match": {}, "spares": []}
        active = {**fresh, "when": SCENARIOS[name].when, **options}
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
    """The ids that a call on this object concerns: itself, its WABA, its business, the WABAs it pays for."""
    family = {identifier}
    for owner in ("waba", "business"):
        for member in family.copy():
            family.add(state.objects.get(member, {}).get(owner, identifier))
    if credential := state.objects.get(identifier, {}).get("credential"):
        family |= {waba["id"] for waba in state.of_kind("waba", primary_funding_id=credential)}
    return family


def take(state: State, call: str, family: set[str], fields: Json) -> list[Json]:
    """The active scenarios that interfere with this call, counted as used; others are arranged."""
    taken = []
    with state:
        for active in list(state.scenarios):
            scenario = SCENARIOS[active["name"]]
            if active["target"] is not None and active["target"] not in family:
                continue
            if scenario.arranges:
                arrange(state, active, family)
            elif concerns(active, call, fields):
                taken.append(dict(active))
                use(state, active)
    return taken


def concerns(active: Json, call: str, fields: Json) -> bool:
    """What is not Graph's (the SDK's script) is concerned only where it is named."""
    if any(str(fields.get(name)) != str(value) for name, value in active["match"].items()):
        return False
    if active["call"] is not None:
        return bool(call == active["call"])
    named = SCENARIOS[active["name"]].calls
    return call in named if named or call == "sdk" else call not in active["spares"]


def interfere(taken: list[Json], when: Literal["before", "after"]) -> None:
    """Slows the call down or refuses it. Raises GraphError or ConnectionCut; call it without the lock."""
    for active in taken:
        scenario = SCENARIOS[active["name"]]
        if active["when"] != when:
            continue
        if scenario.waits:
            seconds = active.get("seconds", scenario.seconds)
            time.sleep(float(active["ms"]) / 1000 if "ms" in active else float(seconds))
        if scenario.refusal is not None:
            raise scenario.refusal(active)


def other_answer(taken: list[Json]) -> Json | None:
    """What is answered instead of what the work gave."""
    answers = [SCENARIOS[active["name"]].answer for active in taken]
    return next((answer for answer in answers if answer is not None), None)


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
