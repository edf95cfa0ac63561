"""The receiver's page: what arrived, newest first, and whether each signature is right."""

from html import escape

from meta_graph.sandbox.pages import document, pretty, time_of
from meta_graph.sandbox.wsgi import Json

MARKS = {
    True: ("good", "✓ signature right"),
    False: ("bad", "✗ signature wrong"),
    None: ("warn", "signature not checked"),
}
EMPTY = '<div class="card"><p class="soft">Nothing has arrived yet; this page keeps looking.</p></div>'


def render(name: str, url: str, has_secret: bool, deliveries: list[Json]) -> str:
    newest = str(deliveries[0]["receivedAt"]) if deliveries else ""
    cards = "".join(delivery_card(delivery) for delivery in deliveries) or EMPTY
    body = f"""
<div data-receiver="{escape(name)}" data-newest="{escape(newest)}">
<p><a href="/">Sandbox</a></p>
<h1>Receiver “{escape(name)}”</h1>
<p>Create an outgoing webhook with this address; its deliveries appear below.</p>
<div class="card">
  <p><code>{escape(url)}</code></p>
  <form id="secret-form" class="inline">
    <div class="field"><label for="secret">Secret of the webhook</label>
      <input id="secret" name="secret" type="password" autocomplete="off"
        placeholder="{"a secret is set" if has_secret else "none is set yet"}"></div>
    <button class="primary">Check with it</button>
  </form>
</div>
{cards}
</div>"""
    return document(f"Receiver {name}", body, "receiver.js")


def delivery_card(delivery: Json) -> str:
    kind, words = MARKS[delivery["signatureValid"]]
    marks = [f'<span class="mark {kind}">{words}</span>']
    if delivery["isRepeated"]:
        marks.append('<span class="mark">came before</span>')
    if delivery["answered"] >= 300:
        marks.append(f'<span class="mark warn">answered {delivery["answered"]}</span>')
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in delivery["problems"])
    headers = "\n".join(f"{name}: {value}" for name, value in delivery["headers"].items())
    return f"""
<article class="card" data-delivery="{escape(delivery["id"] or "")}">
  <div class="row"><h2 class="wide">{escape(delivery["event"] or "no event name")}</h2>{"".join(marks)}</div>
  <p class="soft">{time_of(delivery["receivedAt"])} {escape(delivery["id"] or "without webhook-id")}</p>
  {f"<ul>{problems}</ul>" if problems else ""}
  <pre>{pretty(delivery["body"])}</pre>
  <details><summary>Headers</summary><pre>{escape(headers)}</pre></details>
</article>"""
