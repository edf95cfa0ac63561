"""The JSON calls that make Meta tell the app something: webhooks, deauthorization, data deletion."""

import time
from typing import Any

from meta_graph.sandbox import account_updates, signed_requests, webhooks
from meta_graph.sandbox.control import refused
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.webhooks import Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response

SIGNATURES: dict[str, Signature] = {"right": "right", "wrong": "wrong", "none": "none"}


def signature_of(fields: Json) -> Signature:
    return SIGNATURES.get(str(fields.get("signature", "")), "right")


def wait(fields: Json) -> None:
    time.sleep(float(fields.get("delayMs", 0)) / 1000)


def send_account_update(world: World, request: Request) -> Response:
    """`{wabaId, event, value?, signature?, times?, delayMs?, changes?}`, answered with `{statuses, value}`.

    `value` replaces parts of what Meta documents (null takes one out); `times` sends the same bytes again;
    `signature` is right, wrong or none; `changes` false only tells, and leaves the account as it is.
    """
    fields = request.body_fields
    wait(fields)
    try:
        told = account_updates.tell(
            world,
            str(fields.get("wabaId", "")),
            str(fields.get("event", "")),
            value=fields.get("value"),
            signature=signature_of(fields),
            times=int(fields.get("times", 1)),
            changes=bool(fields.get("changes", True)),
        )
    except UnknownObjectError:
        return refused("wabaId must be an account's.")
    return json_response(told)


def send_webhook(world: World, request: Request) -> Response:
    """`{field, value, entryId?, signature?, times?, delayMs?}`: any other change, answered in the same way.

    The entry is our portfolio's where none is named.
    """
    fields = request.body_fields
    if not isinstance(fields.get("value"), dict) or not fields.get("field"):
        return refused("field and value must be given.")
    wait(fields)
    entry_id = str(fields.get("entryId") or world.config.business_id)
    one = webhooks.notification(
        world, entry_id, str(fields["field"]), fields["value"], signature=signature_of(fields)
    )
    statuses = [webhooks.post(world, one) for _ in range(int(fields.get("times", 1)))]
    return json_response({"statuses": statuses, "value": one.value})


def list_webhooks(world: World, request: Request) -> Response:
    """`?event=PARTNER_ADDED&field=&entryId=`: what was sent so far, oldest first, each attempt by itself."""
    wanted: Any = {name: request.query.get(name) for name in ("event", "field", "entryId")}
    sent = [
        entry
        for entry in world.sent.all()
        if all(value in (None, entry[name]) for name, value in wanted.items())
    ]
    return json_response({"data": sent})


def clear_webhooks(world: World, request: Request) -> Response:
    world.sent.clear()
    return json_response({"success": True})


def deauthorize(world: World, request: Request) -> Response:
    """`{target, signature?, changes?}`: the customer of that business or WABA removes the app."""
    return sign_and_send(world, request, "deauthorize")


def delete_data(world: World, request: Request) -> Response:
    """`{target, signature?, changes?}`: the customer wants their data deleted."""
    return sign_and_send(world, request, "data_deletion")


def sign_and_send(world: World, request: Request, what: str) -> Response:
    """Answered with `{status, answer, userId}`: the callback's status and JSON."""
    fields = request.body_fields
    try:
        sent = signed_requests.request(
            world,
            what,
            str(fields.get("target", "")),
            signature=signature_of(fields),
            changes=bool(fields.get("changes", True)),
        )
    except UnknownObjectError:
        return refused("target must be a business or an account with a token.")
    return json_response(sent)
