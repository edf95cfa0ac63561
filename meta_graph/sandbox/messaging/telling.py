"""Webhooks about one number: whose they are, and which of the callbacks they go to."""

from collections.abc import Sequence

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.webhooks import Notification, Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

# The fields that a number or an account may send to a callback of its own.
OVERRIDABLE = frozenset({"messages", "smb_message_echoes", "smb_app_state_sync", "history"})


def phone_of(world: World, identifier: str) -> Json:
    """Raises UnknownObjectError for what is no number."""
    with world.state as state:
        phone = state.objects.get(identifier, {})
    if phone.get("kind") != "phone_number":
        raise UnknownObjectError(identifier)
    return phone


def business_of(world: World, phone: Json) -> str:
    with world.state as state:
        return str(state.objects[phone["waba"]]["business"])


def own_digits(phone: Json) -> str:
    return digits_of(phone["display_phone_number"])


def head(phone: Json) -> Json:
    """How each value begins."""
    metadata = {"display_phone_number": own_digits(phone), "phone_number_id": phone["id"]}
    return {"messaging_product": "whatsapp", "metadata": metadata}


def notification(
    world: World, phone: Json, field: str, values: Sequence[Json], signature: Signature = "right"
) -> Notification:
    """One POST with a change a value. Nobody is told of an account that the app is not subscribed to."""
    with world.state as state:
        waba = state.objects[phone["waba"]]
        override = phone.get("override_callback_uri") or waba.get("override_callback_uri")
        is_subscribed = waba["is_subscribed"]
    return webhooks.batch(
        world,
        waba["id"],
        field,
        values,
        override=override if field in OVERRIDABLE else None,
        signature=signature,
        is_subscribed=is_subscribed,
    )


def post(world: World, one: Notification, times: int = 1) -> list[int | None]:
    """Sends the same bytes so many times, now: the callback's statuses."""
    return [webhooks.post(world, one) for _ in range(times)]
