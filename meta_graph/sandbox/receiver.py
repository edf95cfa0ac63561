"""Receives the product's outgoing webhooks, keeps the last ones and checks their signatures."""

import time
from typing import Any

from meta_graph.sandbox import signatures
from meta_graph.sandbox.receiver_page import render
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, html_response, json_response

KEPT = 200
KEPT_BODY = 64 * 1024  # bytes of one body
SETTINGS = ("secret", "status", "delayMs", "times", "headers")


def receiver_of(world: World, name: str) -> Json:
    """The named receiver; it exists from its first use."""
    fresh: Json = {"secret": "", "status": 200, "delayMs": 0, "times": None, "headers": {}, "deliveries": []}
    settings: Json = world.state.receivers.setdefault(name, fresh)
    return settings


def configure(world: World, name: str, fields: Json) -> Json:
    """Status, delay and headers hold for the next `times` deliveries, or for all without it."""
    with world.state:
        receiver = receiver_of(world, name)
        receiver |= {setting: fields[setting] for setting in SETTINGS if setting in fields}
        return summary(name, receiver)


def summary(name: str, receiver: Json) -> Json:
    return {
        "name": name,
        "hasSecret": bool(receiver["secret"]),
        "status": receiver["status"],
        "delayMs": receiver["delayMs"],
        "times": receiver["times"],
        "deliveries": len(receiver["deliveries"]),
    }


def summaries(world: World) -> list[Json]:
    with world.state as state:
        return [summary(name, receiver) for name, receiver in state.receivers.items()]


def deliveries(world: World, name: str) -> list[Json]:
    """Newest first: id, receivedAt (Unix seconds), headers, body (text), event, signatureValid,
    standardSignature, hexSignature, problems, isRepeated (the webhook-id came before), answered (status).
    """
    with world.state as state:
        return list(reversed(state.receivers.get(name, {}).get("deliveries", [])))


def forget(world: World, name: str) -> None:
    with world.state:
        receiver_of(world, name)["deliveries"] = []


def receive(world: World, request: Request, name: str) -> Response:
    with world.state:
        receiver = receiver_of(world, name)
        status, delay, headers = how_to_answer(receiver)
        delivery = described(world, request, receiver, status)
        receiver["deliveries"] = [*receiver["deliveries"], delivery][-KEPT:]
    if delay:
        time.sleep(delay)
    return json_response({"received": status < 300}, status, headers)


def how_to_answer(receiver: Json) -> tuple[int, float, dict[str, str]]:
    """Status, seconds to wait and extra headers; after `times` answers the receiver is well again."""
    if receiver["times"] is not None:
        if receiver["times"] <= 0:
            return 200, 0.0, {}
        receiver["times"] -= 1
    return int(receiver["status"]), float(receiver["delayMs"]) / 1000, dict(receiver["headers"])


def described(world: World, request: Request, receiver: Json, status: int) -> Json:
    verdict = signatures.check(request.headers, request.body, receiver["secret"], world.now())
    event_id = request.headers.get("webhook-id")
    known: list[Any] = [delivery["headers"].get("webhook-id") for delivery in receiver["deliveries"]]
    return {
        "id": event_id,
        "event": request.headers.get("x-webhook-event"),
        "receivedAt": world.now(),
        "headers": {name: value for name, value in request.headers.items() if value},
        "body": request.body[:KEPT_BODY].decode("utf-8", "replace"),
        "signatureValid": verdict.is_valid,
        "standardSignature": verdict.standard,
        "hexSignature": verdict.hex,
        "problems": verdict.problems,
        "isRepeated": event_id is not None and event_id in known,
        "answered": status,
    }


def page(world: World, request: Request, name: str) -> Response:
    """What arrived, newest first, for people."""
    with world.state as state:
        has_secret = bool(state.receivers.get(name, {}).get("secret"))
    url = f"{request.origin}/receiver/{name}"
    return html_response(render(name, url, has_secret, deliveries(world, name)))
