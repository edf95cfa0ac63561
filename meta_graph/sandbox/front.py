"""The front page: what the sandbox knows and offers."""

import json
from html import escape

from meta_graph.sandbox import dashboard, preverified
from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from meta_graph.sandbox.pages import document, time_of
from meta_graph.sandbox.receiver import summaries
from meta_graph.sandbox.scenarios import SCENARIOS
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, html_response

SHOWN_CALLS, SHOWN_WEBHOOKS = 40, 10
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<circle cx="8" cy="8" r="7" fill="#e2b93b"/></svg>'
)


def page(world: World, request: Request) -> Response:
    with world.state as state:
        phones = [phone | {"owner": state.objects[phone["waba"]]} for phone in state.of_kind("phone_number")]
        pool = [dict(entry) for entry in state.of_kind(preverified.KIND)]
        active = [dict(scenario) for scenario in state.scenarios]
    sections = [
        section("Numbers", [phone_row(phone) for phone in reversed(phones)], "Nobody has signed up yet."),
        section(
            "Pre-verified numbers",
            [pool_row(world, entry) for entry in pool],
            "None was added to the portfolio's pool.",
        ),
        section("Scenarios", [*map(active_row, active), *map(scenario_row, SCENARIOS)]),
        section("Receivers", [receiver_row(one) for one in summaries(world)] or [first_receiver()]),
        section(
            "Meta's webhooks, newest first",
            [webhook_row(one) for one in world.sent.newest(SHOWN_WEBHOOKS)],
            "None was sent.",
        ),
        section(
            "Graph calls, newest first",
            [call_row(call) for call in world.calls.newest(SHOWN_CALLS)],
            "No call has been made.",
        ),
    ]
    return html_response(document("Front page", introduction(world) + "".join(sections), "front.js"))


def icon(world: World, request: Request) -> Response:
    return Response(200, ICON.encode(), "image/svg+xml")


def introduction(world: World) -> str:
    config = world.config
    callback = dashboard.app(world)["callback_url"] or "no callback, so they are not sent"
    return f"""
<h1>A fake Meta for {escape(config.app_name)}</h1>
<p>It answers Graph, shows the Embedded Signup dialog, and receives outgoing webhooks. Nothing here reaches
WhatsApp. App <code>{escape(config.app_id)}</code>, configuration <code>{escape(config.config_id)}</code>.
The code that a number gets by SMS or call is always <code>{VERIFICATION_CODE}</code>.
Meta's webhooks go to: {escape(callback)}.</p>"""


def section(title: str, rows: list[str], empty: str = "") -> str:
    listed = "".join(f"<li>{row}</li>" for row in rows)
    content = f'<ul class="rows">{listed}</ul>' if rows else f'<p class="soft">{escape(empty)}</p>'
    return f'<section class="card"><h2>{escape(title)}</h2>{content}</section>'


def button(text: str, method: str, path: str, body: Json | None = None) -> str:
    data = f' data-body="{escape(json.dumps(body))}"' if body is not None else ""
    return f'<button data-method="{method}" data-path="{escape(path)}"{data}>{escape(text)}</button>'


def phone_row(phone: Json) -> str:
    is_connected = phone["status"] == "CONNECTED"
    mark = f'<span class="mark {"good" if is_connected else "warn"}">{escape(phone["status"])}</span>'
    subscribed = '<span class="mark good">subscribed</span>' if phone["owner"]["is_subscribed"] else ""
    ids = f"number {phone['id']}, account {phone['waba']}"
    return f"""<div class="row"><span class="wide"><strong>{escape(phone["display_phone_number"])}</strong>
{escape(phone["owner"]["name"])}<br><small>{escape(ids)}</small></span>{mark}{subscribed}
<a href="/chat/{escape(phone["id"])}">Write to it</a></div>"""


def pool_row(world: World, entry: Json) -> str:
    status = preverified.status(world, entry)
    code = f", code {entry['verification_code']}" if entry["verification_code"] else ""
    return f"""<div class="row"><span class="wide"><strong>{escape(entry["phone_number"])}</strong><br>
<small>entry {escape(entry["id"])}{escape(code)}</small></span>
<span class="mark {"good" if status == "VERIFIED" else "warn"}">{escape(status)}</span></div>"""


def active_row(active: Json) -> str:
    times = "until cleared" if active["times"] is None else f"{active['times']} times more"
    target = active["target"] or "everything"
    return f"""<div class="row"><span class="wide"><span class="mark warn">on</span>
<strong>{escape(active["name"])}</strong> for {escape(target)}, {escape(times)}</span>
{button("Clear", "DELETE", f"/_sandbox/scenarios/{active['id']}")}</div>"""


def scenario_row(name: str) -> str:
    body = {"name": name, "times": 1}
    return f"""<div class="row"><span class="wide"><code>{escape(name)}</code>
{with_code(SCENARIOS[name].sentence)}</span>{button("Once", "POST", "/_sandbox/scenarios", body)}</div>"""


def with_code(sentence: str) -> str:
    """Escaped, with what stands between backticks as code."""
    parts = escape(sentence).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def receiver_row(receiver: Json) -> str:
    link = f'<a href="/receiver/{escape(receiver["name"])}">{escape(receiver["name"])}</a>'
    return f'<div class="row"><span class="wide">{link}</span>{receiver["deliveries"]} deliveries</div>'


def first_receiver() -> str:
    return 'Post to any <code>/receiver/&lt;name&gt;</code>: <a href="/receiver/demo">open “demo”</a>'


def webhook_row(sent: Json) -> str:
    kind = "good" if sent["status"] == 200 else "bad"
    what = f"{sent['field']} {sent['event'] or ''}"
    status = {None: "not subscribed", 0: "no answer"}.get(sent["status"], sent["status"])
    return f"""<div class="row"><span class="wide"><code>{escape(what)}</code><br>
<small>{time_of(sent["at"])}, {escape(sent["url"] or "nowhere")}</small></span>
<span class="mark {kind}">{status}</span></div>"""


def call_row(call: Json) -> str:
    kind = "good" if call["status"] == 200 else "bad"
    code = f" {call['code']}" if call["code"] is not None else ""
    line = f"{call['method']} {call['path']}"
    return f"""<div class="row"><span class="wide"><code>{escape(line)}</code><br>
<small>{time_of(call["at"])}, {call["durationMs"]} ms, {escape(call["who"])}</small></span>
<span class="mark {kind}">{call["status"] or "cut"}{escape(code)}</span></div>"""
