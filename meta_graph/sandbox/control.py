"""The JSON calls under `/_sandbox/`: signups, scenarios, objects, the app, receivers, Graph calls."""

from typing import Any

from meta_graph.sandbox import dashboard, receiver, scenarios, signups
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response


def refused(message: str, status: int = 400) -> Response:
    return json_response({"error": message}, status)


def sign_up(world: World, request: Request) -> Response:
    """`{choice, phoneNumber?, preverifiedId?, businessName?, scenario?, currentStep?, partnerAdded?}`.

    Also what the dialog's page posts.
    """
    fields: Json = request.body_fields
    names = {
        "phoneNumber": "phone_number",
        "preverifiedId": "preverified_id",
        "businessName": "business_name",
        "scenario": "scenario",
        "currentStep": "current_step",
        "partnerAdded": "partner_added",
    }
    options: dict[str, Any] = {
        ours: str(fields[theirs]) for theirs, ours in names.items() if fields.get(theirs)
    }
    try:
        return json_response(signups.finish(world, choice=str(fields.get("choice", "success")), **options))
    except signups.UnknownChoiceError as error:
        return refused(f"There is no choice {error}.")
    except scenarios.UnknownScenarioError as error:
        return refused(f"There is no scenario {error}.")


def list_scenarios(world: World, request: Request) -> Response:
    known = {name: scenario.sentence for name, scenario in scenarios.SCENARIOS.items()}
    with world.state as state:
        return json_response({"active": state.scenarios, "known": known})


def set_scenario(world: World, request: Request) -> Response:
    """`{name, target?, times?, call?, match?, when?, ...}`, the rest being the scenario's own options."""
    options = dict(request.body_fields)
    try:
        return json_response(scenarios.activate(world.state, str(options.pop("name", "")), options), 201)
    except scenarios.UnknownScenarioError as error:
        return refused(f"There is no scenario {error}.")


def clear_scenarios(world: World, request: Request, identifier: str = "") -> Response:
    """Without an id or name all are cleared; what was arranged stays."""
    scenarios.clear(world.state, identifier or None)
    return json_response({"success": True})


def list_calls(world: World, request: Request) -> Response:
    """`?call=register&target=<id>`: the Graph calls so far, oldest first."""
    calls = world.calls.listed(request.query.get("call"), request.query.get("target"))
    return json_response({"data": calls})


def count_calls(world: World, request: Request) -> Response:
    """`?target=<id>`: `{call: {calls, done}}`, where `done` are those whose work Meta did."""
    return json_response(world.calls.counted(request.query.get("target")))


def clear_calls(world: World, request: Request) -> Response:
    world.calls.clear()
    return json_response({"success": True})


def get_object(world: World, request: Request, identifier: str) -> Response:
    with world.state as state:
        node = state.objects.get(identifier)
        return json_response(node) if node else refused("There is no such object.", 404)


def change_object(world: World, request: Request, identifier: str) -> Response:
    """Sets stored fields of one object, such as `{"status": "RESTRICTED"}`; `health` is its health entity."""
    with world.state as state:
        node = state.objects.get(identifier)
        if node is None:
            return refused("There is no such object.", 404)
        node |= {name: value for name, value in request.body_fields.items() if name not in ("id", "kind")}
        return json_response(node)


def list_objects(world: World, request: Request) -> Response:
    """`?kind=allocation&business=<id>`: the stored objects of one kind whose fields are as given."""
    match = {name: value for name, value in request.query.items() if name != "kind"}
    with world.state as state:
        return json_response({"data": list(state.of_kind(request.query.get("kind", ""), **match))})


def show_app(world: World, request: Request) -> Response:
    with world.state:
        return json_response(dashboard.app(world))


def change_app(world: World, request: Request) -> Response:
    """`{callbackUrl?, verifyToken?, deauthorizeUrl?, dataDeletionUrl?, fields?, isActive?, creditLineId?}`.

    A callback is verified first, and refused with 400 where that fails.
    """
    names = {"callbackUrl": "callback_url", "verifyToken": "verify_token", "isActive": "is_active",
             "deauthorizeUrl": "deauthorize_url", "dataDeletionUrl": "data_deletion_url"}  # fmt: skip
    changed = {names.get(name, name): value for name, value in request.body_fields.items()}
    credit_line_id = str(changed.pop("creditLineId", ""))
    try:
        return json_response(dashboard.configure(world, changed, credit_line_id))
    except dashboard.UnknownSettingError as error:
        return refused(f"There is no setting {error}.")
    except GraphError as refusal:
        return refused(refusal.message)


def list_receivers(world: World, request: Request) -> Response:
    return json_response({"data": receiver.summaries(world)})


def set_receiver(world: World, request: Request, name: str) -> Response:
    """`{secret?, status?, delayMs?, times?, headers?}`: how this receiver checks and answers from now on."""
    return json_response(receiver.configure(world, name, request.body_fields))


def list_deliveries(world: World, request: Request, name: str) -> Response:
    return json_response({"data": receiver.deliveries(world, name)})


def clear_deliveries(world: World, request: Request, name: str) -> Response:
    receiver.forget(world, name)
    return json_response({"success": True})
