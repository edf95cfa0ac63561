"""One Graph call from the path to the answer: route, scenarios, token, budget, work, headers, record."""

import re
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from meta_graph.sandbox import scenarios
from meta_graph.sandbox.calls import redacted
from meta_graph.sandbox.graph import routes, usage
from meta_graph.sandbox.graph.call import Call, Caller
from meta_graph.sandbox.graph.errors import (
    GraphError,
    missing_permission,
    trace_id,
    unknown_path,
    unreachable,
)
from meta_graph.sandbox.graph.routes import Endpoint
from meta_graph.sandbox.graph.tokens import identify, may_reach, token_of
from meta_graph.sandbox.messaging import recipients
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response

# Nodes that are no account's: whose call it is only the token tells.
UPLOADS = ("app", "upload")
VERSION = re.compile(r"^/(v\d+\.\d+)(?=/|$)")


@dataclass
class Route:
    """What a path leads to; `endpoint` is None for what Meta does not know."""

    version: str
    path: str
    endpoint: Endpoint | None
    node: Json = field(default_factory=dict)
    caller: Caller = field(default_factory=lambda: Caller("NONE"))
    family: set[str] = field(default_factory=set)  # the ids that the call concerns
    is_done: bool = False  # whatever is answered then

    @property
    def name(self) -> str:
        return self.endpoint.name if self.endpoint else "unknown"


def answer(world: World, request: Request) -> Response:
    """Answers one Graph call and records it. Raises ConnectionCut where a scenario asks for that."""
    started, at = time.perf_counter(), world.now()
    route = find(world, request)
    waba = waba_of(route.node)
    error: GraphError | None = None
    body: Any = None
    status = 0  # as recorded when the connection is cut
    try:
        body = work(world, request, route)
        status = 200
    except GraphError as refusal:
        error, body, status = refusal, refusal.as_json(), refusal.http_status()
    finally:
        seconds = time.perf_counter() - started
        record(world, request, route, at=at, seconds=seconds, status=status, body=body)
    if error is not None and error.html:
        return Response(status, error.html.encode(), "text/html; charset=utf-8")
    headers = usage.headers(world, waba, error.wait_minutes if error else 0)
    return json_response(
        body, status, headers | {"facebook-api-version": route.version, "x-fb-trace-id": trace_id()}
    )


def find(world: World, request: Request) -> Route:
    match = VERSION.match(request.path)
    version = match[1] if match else "v25.0"
    path = request.path[match.end() if match else 0 :].strip("/")
    if root := routes.ROOTS.get((request.method, path)):
        return Route(version, f"/{path}", root)
    identifier, _, edge = path.partition("/")
    with world.state as state:
        node = state.objects.get(identifier.removeprefix("act_").removeprefix("upload:"), {})
    endpoint = routes.find(request.method, node["kind"], edge, request.fields) if node else None
    return Route(version, f"/{path}", endpoint, node)


def work(world: World, request: Request, route: Route) -> Any:
    """The answer's JSON. Raises GraphError, and ConnectionCut where a scenario asks for it."""
    if world.config.latency_ms:
        time.sleep(world.config.latency_ms / 1000)
    route.family = family_of(world, request, route)
    taken = scenarios.take(world.state, route.name, route.family, request.fields)
    taken += recipients.chosen(route.name, request.fields)
    scenarios.interfere(taken, "before")
    call = admitted(world, request, route, taken)
    if route.endpoint is None:
        raise unknown(request, route)
    with world.state if route.endpoint.holds_lock else nullcontext():
        body = route.endpoint.handler(call)
    route.is_done = True
    scenarios.interfere(taken, "after")
    return scenarios.other_answer(taken) or body


def admitted(world: World, request: Request, route: Route, taken: list[Json]) -> Call:
    """The call, once its token is known to reach the node, with permission and within the budget."""
    with world.state:
        if route.endpoint is None or route.endpoint.needs_token:
            route.caller = identify(world, request)
        if route.node and not may_reach(world, route.caller, route.node):
            raise unreachable(request.method, route.node["id"])
        if route.node and route.endpoint and not route.caller.has_scope(route.endpoint.scope):
            raise missing_permission(route.endpoint.scope)
        if (waba := waba_of(route.node)) and (route.endpoint is None or route.endpoint.is_budgeted):
            usage.count(world, waba)
    return Call(world, request, route.caller, route.version, route.node, taken)


def family_of(world: World, request: Request, route: Route) -> set[str]:
    """The ids that scenarios may name as target: also what the parameters name, and the accounts behind a
    code, an inspected token, or the token that uploads a file.
    """
    with world.state as state:
        if route.node and route.node["kind"] not in UPLOADS:
            named = [str(request.fields.get(name, "")) for name in ("waba_id", "receiving_business_id")]
            known = [route.node["id"], *(one for one in named if one in state.objects)]
            return {member for one in known for member in scenarios.family_of(state, one)}
        code = state.codes.get(str(request.fields.get("code", "")), {})
        value = str(request.fields.get("input_token", "")) or code.get("token", "")
        token = state.tokens.get(value or (token_of(request) if route.node else ""), {})
        behind = {member for waba in token.get("wabas", []) for member in scenarios.family_of(state, waba)}
        return behind | ({str(route.node["id"])} if route.node else set())


def waba_of(node: Json) -> str | None:
    if not node:
        return None
    return str(node["id"]) if node["kind"] == "waba" else node.get("waba")


def unknown(request: Request, route: Route) -> GraphError:
    identifier, _, edge = route.path.strip("/").partition("/")
    if route.node and edge:
        return unknown_path(f"/{edge}")
    if identifier.isdigit():
        return unreachable(request.method, identifier)
    return unknown_path(route.path)


def record(
    world: World, request: Request, route: Route, *, at: float, seconds: float, status: int, body: Any
) -> None:
    error = body.get("error", {}) if isinstance(body, dict) and status != 200 else {}
    world.calls.add(
        {
            "call": route.name,
            "method": request.method,
            "path": route.path,
            "version": route.version,
            "query": redacted(request.query),
            "body": redacted(request.body_fields),
            "who": str(route.caller),
            "status": status,
            "code": error.get("code"),
            "subcode": error.get("error_subcode"),
            "done": route.is_done,
            "concerns": sorted(route.family),
            "at": at,
            "durationMs": round(seconds * 1000, 1),
        }
    )
