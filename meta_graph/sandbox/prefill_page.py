"""The dialog's part about the prefill: its fields, the table of what came, and what is kept of them."""

import json
from html import escape

from meta_graph.sandbox import control
from meta_graph.sandbox.prefill import Received, address_of, at, lacking, received
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, json_response

HEADS = "".join(f'<th scope="col">{words}</th>' for words in ("Field", "Value", "As documented"))
# Fields of the dialog, and the business's own of the same meaning.
KEPT = {"email": "email", "website": "website", "address": "address"}


def note(world: World, query: dict[str, str], extras: Json) -> None:
    """Keeps what an opened dialog was given, for tests to ask for."""
    world.dialogs.add(
        {
            "at": world.now(),
            "configId": query.get("config_id", ""),
            "extras": extras,
            "received": [vars(one) for one in received(extras)],
            "lacking": lacking(extras),
        }
    )


def list_dialogs(world: World, request: Request) -> Response:
    """The dialogs that were opened, oldest first: `{at, configId, extras, received, lacking}`."""
    return json_response({"data": world.dialogs.all()})


def fields(extras: Json) -> str:
    """What the end-user may change, as everything here; the names are those that `finish` keeps."""
    shown = {
        "displayName": ("Display name", at(extras, "phone.displayName")),
        "email": ("E-mail", at(extras, "business.email")),
        "website": ("Website", at(extras, "business.website")),
        "address": ("Address", address_of(extras)),
    }
    return "".join(
        f"""<div class="field"><label for="{name}">{label}</label>
  <input id="{name}" name="{name}" value="{escape(value)}" dir="auto"></div>"""
        for name, (label, value) in shown.items()
    )


def finish(world: World, request: Request) -> Response:
    """The dialog's own end: the signup, and what the end-user left in the fields above."""
    answer = control.sign_up(world, request)
    made, given = json.loads(answer.body), request.body_fields
    with world.state as state:
        if business := state.objects.get(made.get("businessId") or ""):
            business |= {ours: given[name] for name, ours in KEPT.items() if given.get(name)}
        if (phone := state.objects.get(made.get("phoneNumberId") or "")) and given.get("displayName"):
            phone["verified_name"] = given["displayName"]
    return answer


def table(extras: Json) -> str:
    rows = received(extras)
    body = "".join(map(row, rows)) or '<tr><td colspan="3">Nothing: the end-user types everything.</td></tr>'
    return f"""<section class="card"><h2>What the popup received</h2>
<div class="scrolls" tabindex="0" role="region" aria-label="Fields of extras.setup">
<table><thead><tr>{HEADS}</tr></thead>
<tbody>{body}</tbody></table></div>
<p>{escape(portfolio(extras))}</p></section>"""


def row(one: Received) -> str:
    verdict = (
        f'<span class="mark bad">no</span> {escape(one.problem)}'
        if one.problem
        else '<span class="mark good">yes</span>'
    )
    value = one.value if isinstance(one.value, str) else json.dumps(one.value)
    return (
        f'<tr data-path="{escape(one.path)}"><th scope="row"><code>{escape(one.path)}</code></th>'
        f'<td dir="auto">{escape(value)}</td><td>{verdict}</td></tr>'
    )


def portfolio(extras: Json) -> str:
    missing = lacking(extras)
    if not missing:
        return "Enough to create a portfolio without another question."
    return f"To create a portfolio Meta asks the end-user for: {', '.join(missing)}."
