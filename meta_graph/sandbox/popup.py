"""The stand-in for Meta's JavaScript SDK, and the Embedded Signup dialog."""

import json
from html import escape

from meta_graph.sandbox import numbers, portfolios, prefill_page, preverified, scenarios
from meta_graph.sandbox.pages import data_script, document, options, pretty, static
from meta_graph.sandbox.signups import CHOICES, PARTNER_ADDED, STEPS
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, html_response

COEXISTENCE = "whatsapp_business_app_onboarding"
DELAY_MS = 1500  # between message and code, where they come apart
GROUPS = {
    "Message and code come apart": ("message_first", "code_first", "no_message", "no_code"),
    "Something else is shared": (
        "coexistence",
        "only_waba",
        "unverified_number",
        "several_wabas",
        "another_number",
    ),
    "Nothing comes back, or it is not finished": ("lost", "cancel", "error", "closed"),
}


def sdk(world: World, request: Request, locale: str) -> Response:
    """Readable from any origin, since pages load it with `crossorigin="anonymous"`.

    Raises ConnectionCut where a scenario asks for that.
    """
    scenarios.interfere(scenarios.take(world.state, "sdk", set(), {}), "before")
    allowed = {"Access-Control-Allow-Origin": "*"}
    return Response(200, static("sdk.js").encode(), "text/javascript; charset=utf-8", allowed)


def dialog(world: World, request: Request) -> Response:
    query = request.query
    extras = extras_of(query.get("extras", ""))
    asked = {"origin": query.get("origin", ""), "cb": query.get("cb", "")}
    prefill_page.note(world, query, extras)
    wrong = problems(world, query)
    content = refusal(wrong) if wrong else form(world, extras, query.get("delay_ms", str(DELAY_MS)))
    body = f"""
<h1>Connect WhatsApp to {escape(world.config.app_name)}</h1>
{LOST}
{content}
<p id="status" role="status" aria-live="polite"></p>
{prefill_page.table(extras)}
{received(query, extras)}
{data_script("asked", asked)}"""
    return html_response(document("Embedded Signup", body, "dialog.js"))


LOST = """<div id="lost" class="card bad-card" hidden><h2>This window has no opener</h2>
<p>Nothing can be sent back. Either it was opened by itself, or the page that opened it sends
<code>Cross-Origin-Opener-Policy: same-origin</code>; it needs <code>same-origin-allow-popups</code>.</p>
</div>"""


def extras_of(text: str) -> Json:
    try:
        extras = json.loads(text or "{}")
    except ValueError:
        return {}
    return extras if isinstance(extras, dict) else {}


def problems(world: World, query: dict[str, str]) -> list[str]:
    """What Meta's own dialog would refuse at once."""
    checks = {
        f"The app {query.get('app_id', '')!r} is not known.": query.get("app_id") == world.config.app_id,
        f"The configuration {query.get('config_id', '')!r} is not this app's.": query.get("config_id")
        == world.config.config_id,
        "response_type must be 'code'.": query.get("response_type", "code") == "code",
    }
    return [sentence for sentence, is_right in checks.items() if not is_right]


def refusal(wrong: list[str]) -> str:
    listed = "".join(f"<li>{escape(sentence)}</li>" for sentence in wrong)
    return f"""
<div class="card bad-card" data-refused><h2>Sorry, something went wrong</h2><ul>{listed}</ul></div>
<p><button data-choice="closed">Close</button></p>"""


def form(world: World, extras: Json, delay_ms: str) -> str:
    """The fields, then one button an outcome; in coexistence mode its own outcome is the first."""
    main = "coexistence" if extras.get("featureType") == COEXISTENCE else "success"
    groups = {title: [name for name in names if name != main] for title, names in GROUPS.items()}
    if main != "success":
        groups["Something else is shared"].insert(0, "success")
    outcomes = "".join(
        f'<section class="card"><h2>{escape(title)}</h2>'
        f'<div class="choices">{"".join(map(choice_button, names))}</div></section>'
        for title, names in groups.items()
    )
    return f"""
<form id="signup" class="card" onsubmit="return false">{fields(world, extras, delay_ms)}
<div class="choices">{choice_button(main, "primary")}</div></form>
{outcomes}"""


def fields(world: World, extras: Json, delay_ms: str) -> str:
    business, phone = prefilled(extras)
    preverified_id, offered = offered_number(world, extras)
    troubles = {"": "none"} | {
        name: f"{name}: {one.sentence.replace('`', '')}"
        for name, one in scenarios.SCENARIOS.items()
        if name != "sdk_blocked"
    }
    steps = {step: step for step in STEPS}
    whens = {when: when for when in PARTNER_ADDED}
    return f"""<div class="fields">
<div class="field"><label for="businessName">Business name</label>
  <input id="businessName" name="businessName" value="{escape(business)}" maxlength="100"></div>
{prefill_page.fields(extras)}
<div class="field"><label for="phoneNumber">Phone number</label>
  <input id="phoneNumber" name="phoneNumber" value="{escape(offered or phone)}" inputmode="tel"
    dir="ltr"{" readonly" if offered else ""}>
  <input type="hidden" name="preverifiedId" value="{escape(preverified_id)}"></div>
<div class="field"><label for="scenario">Trouble for this signup</label>
  <select id="scenario" name="scenario" data-scenario>{options(troubles)}</select></div>
<div class="field"><label for="currentStep">Screen, when cancelled</label>
  <select id="currentStep" name="currentStep">{options(steps, "PHONE_NUMBER_SETUP")}</select></div>
<div class="field"><label for="partnerAdded">The webhook PARTNER_ADDED is sent</label>
  <select id="partnerAdded" name="partnerAdded">{options(whens)}</select></div>
<div class="field"><label for="delayMs">Delay in ms, where they come apart</label>
  <input id="delayMs" name="delayMs" type="number" min="0" value="{escape(delay_ms)}"></div>
</div>"""


def prefilled(extras: Json) -> tuple[str, str]:
    """Business name and number from `extras.setup`, made up where it has none."""
    setup = extras.get("setup")
    business = setup.get("business") if isinstance(setup, dict) else None
    known: Json = business if isinstance(business, dict) else {}
    phone = known.get("phone")
    name = str(known.get("name") or portfolios.made_up_name())
    if isinstance(phone, dict) and phone.get("number"):
        return name, f"+{phone.get('code', '')} {phone['number']}"
    return name, numbers.made_up()


def offered_number(world: World, extras: Json) -> tuple[str, str]:
    """Id and number of the first of `extras.setup.preVerifiedPhone.ids`; empty where the pool has it not."""
    setup = extras.get("setup")
    given = setup.get("preVerifiedPhone") if isinstance(setup, dict) else None
    ids = given.get("ids") if isinstance(given, dict) else None
    first = str(ids[0]) if isinstance(ids, list) and ids else ""
    with world.state as state:
        entry = preverified.of_id(state, first)
        return (first, entry["phone_number"]) if entry else ("", "")


def choice_button(name: str, kind: str = "") -> str:
    choice = CHOICES[name]
    return f"""<button type="button" class="{kind}" data-choice="{name}">{escape(choice.label)}
<small>{escape(choice.sentence)}</small></button>"""


def received(query: dict[str, str], extras: Json) -> str:
    rows = {
        "Mode": "coexistence" if extras.get("featureType") == COEXISTENCE else "Cloud API",
        "Configuration": query.get("config_id", ""),
        "Opened by": query.get("origin", ""),
        "SDK version": query.get("version", ""),
    }
    listed = "".join(
        f'<li class="row"><span class="wide soft">{escape(name)}</span><code>{escape(value)}</code></li>'
        for name, value in rows.items()
    )
    return f"""<section class="card"><h2>What the page sent</h2><ul class="rows">{listed}</ul>
<pre>{pretty(json.dumps(extras))}</pre></section>"""
