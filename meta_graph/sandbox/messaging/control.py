"""The JSON calls under `/_sandbox/` about messages: the same as `controls.py` offers to tests in Python."""

import base64
import time
from collections.abc import Callable
from typing import Any

from meta_graph.sandbox.control import refused
from meta_graph.sandbox.messaging import (
    address_book,
    controls,
    echoes,
    habits,
    history,
    identities,
    reviews,
    writing,
)
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response


def answered(act: Callable[[], Any]) -> Response:
    """The answer of what a call asks for, or its refusal."""
    try:
        return json_response(act())
    except UnknownObjectError as error:
        return refused(f"There is no such object: {error}.")
    except habits.UnknownHabitError as error:
        return refused(f"There is no such setting: {error}.")
    except (TypeError, ValueError) as error:
        return refused(f"The call cannot be understood: {error}.")


def options_of(fields: Json, *named: str) -> Json:
    """All other fields, after waiting as `delayMs` says; `file` comes in base64."""
    time.sleep(float(fields.get("delayMs") or 0) / 1000)
    options = {name: value for name, value in fields.items() if name not in (*named, "delayMs")}
    if "file" in options:
        options["file"] = base64.b64decode(str(options["file"]))
    return options


def phone_of(fields: Json) -> str:
    return str(fields.get("phoneNumberId", ""))


def write_message(world: World, request: Request) -> Response:
    """`{phoneNumberId, type, sender, text, ...}`: a person writes."""
    fields = request.body_fields
    options = options_of(fields, "phoneNumberId", "type")
    return answered(
        lambda: writing.write(world, phone_of(fields), str(fields.get("type", "text")), **options)
    )


def write_echo(world: World, request: Request) -> Response:
    """`{phoneNumberId, type, to, text, ...}`: the owner writes on the phone."""
    fields = request.body_fields
    options = options_of(fields, "phoneNumberId", "type")
    return answered(lambda: echoes.write(world, phone_of(fields), str(fields.get("type", "text")), **options))


def list_messages(world: World, request: Request) -> Response:
    """`?phoneNumberId=&with=&direction=`: what was said, oldest first."""
    query = request.query
    return answered(
        lambda: {
            "data": controls.chat(world, phone_of(query), query.get("with", ""), query.get("direction", ""))
        }
    )


def clear_messages(world: World, request: Request) -> Response:
    world.chats.clear()
    return json_response({"success": True})


def tell_status(world: World, request: Request) -> Response:
    """`{wamid, status, code?, phoneNumberId?, recipient?, callbackData?, signature?, times?}`."""
    fields = options_of(request.body_fields)
    names = {"phoneNumberId": "phone_number_id", "callbackData": "callback_data"}
    options = {names.get(name, name): value for name, value in fields.items()}
    wamid, status = str(options.pop("wamid", "")), str(options.pop("status", ""))
    return answered(lambda: controls.status_now(world, wamid, status, **options))


def show_habits(world: World, request: Request) -> Response:
    return json_response(habits.habits(world))


def change_habits(world: World, request: Request) -> Response:
    """Limits and habits: window, pair, throughput, statuses, everyMs, reviewMs, review."""
    return answered(lambda: habits.change(world, request.body_fields))


def tell_history(world: World, request: Request) -> Response:
    """`{phoneNumberId, threads?, messages?, chunks?, media?, declined?}`."""
    fields = request.body_fields
    size = options_of(fields, "phoneNumberId", "declined")
    return answered(
        lambda: history.tell(
            world, phone_of(fields), history.Size(**size), is_declined=bool(fields.get("declined"))
        )
    )


def tell_contacts(world: World, request: Request) -> Response:
    """`{phoneNumberId, contacts: [{name, number, action}]}`."""
    fields = request.body_fields
    return answered(lambda: address_book.tell(world, phone_of(fields), fields.get("contacts") or [{}]))


def tell_user_id(world: World, request: Request) -> Response:
    """`{phoneNumberId, sender?, number?}`."""
    fields = request.body_fields
    sender, number = str(fields.get("sender", "")), str(fields.get("number", ""))
    return answered(lambda: identities.user_id_update(world, phone_of(fields), sender, number))


def tell_preference(world: World, request: Request) -> Response:
    """`{phoneNumberId, sender?, value}`: stop, resume or signup."""
    fields = request.body_fields
    sender, value = str(fields.get("sender", "")), str(fields.get("value", "stop"))
    return answered(lambda: identities.preference(world, phone_of(fields), sender, value))


def decide_template(world: World, request: Request, identifier: str) -> Response:
    """`{status, reason?}`."""
    fields = request.body_fields
    status, reason = str(fields.get("status", "APPROVED")), str(fields.get("reason", ""))
    return answered(lambda: reviews.decide(world, identifier, status, reason))
