"""The chat page: a person writes to a number as a customer would, and sees what came to them."""

from html import escape

from meta_graph.sandbox.messaging import people, telling
from meta_graph.sandbox.messaging.bubbles import bubble
from meta_graph.sandbox.messaging.files import plain
from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.pages import document, options
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json, Request, Response, html_response, text_response

SHOWN_MESSAGES = 200
TYPES = {
    "text": "Text",
    "image": "Picture",
    "video": "Film",
    "voice": "Voice",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contacts": "Contact card",
    "order": "Order",
    "ad": "Text, from an ad",
    "unsupported": "Poll (not supported)",
}
INLINE = ("image/jpeg", "image/png", "image/webp", "video/mp4", "audio/mpeg", "audio/ogg", "audio/mp4")
NOTHING = '<li class="ours"><p>Nothing was said yet.</p></li>'


def page(world: World, request: Request, identifier: str) -> Response:
    """`?with=` is the person's number; each number is somebody else."""
    try:
        phone = telling.phone_of(world, identifier)
    except UnknownObjectError:
        return text_response("There is no such number.", 404)
    digits = digits_of(request.query.get("with", "")) or people.DEFAULT_NUMBER
    person = people.with_number(world.state, telling.business_of(world, phone), digits)
    said = world.chats.listed(phone["id"], person["number"])[-SHOWN_MESSAGES:]
    body = f"""
<p><a href="/">Sandbox</a></p>
<h1>Chat with {escape(phone["display_phone_number"])}</h1>
<div data-chat="{escape(phone["id"])}" data-person="{escape(person["number"])}">
{chooser(world, phone, person)}
<ol class="chat" id="messages" role="log" aria-live="polite">{"".join(map(bubble, said)) or NOTHING}</ol>
<p id="status" role="status" aria-live="polite"></p>
{composer(person)}
</div>"""
    return html_response(document(f"Chat with {phone['verified_name']}", body, "chat.js"))


def chooser(world: World, phone: Json, person: Json) -> str:
    """Who writes, and the others who did."""
    others = [number for number in world.chats.numbers(phone["id"]) if number != person["number"]]
    links = " ".join(f'<a href="?with={escape(number)}">{escape(number)}</a>' for number in others)
    listed = f'<p class="soft">Others who wrote: {links}</p>' if links else ""
    return f"""<form class="card inline" method="get">
<div class="field"><label for="with">You are the person with the number</label>
<input id="with" name="with" inputmode="tel" dir="ltr" value="{escape(person["number"])}"></div>
<button>Be that person</button></form>{listed}"""


def composer(person: Json) -> str:
    checked = "checked" if person["isHidden"] else ""
    return f"""<form id="composer" class="card">
<div class="fields">
<div class="field"><label for="type">What</label><select id="type" name="type">{options(TYPES)}</select></div>
<div class="field"><label for="name">Your name</label>
<input id="name" name="name" value="{escape(person["name"])}"></div>
<div class="field"><label for="file">File, up to 2 MB</label><input id="file" name="file" type="file"></div>
</div>
<div class="field"><label for="text">Message</label>
<textarea id="text" name="text" rows="2" dir="auto"></textarea></div>
<p><label class="check"><input type="checkbox" name="isHidden" {checked}> Hide my number: the business
sees a user id alone</label></p>
<button class="primary">Send</button></form>"""


def file(world: World, request: Request, identifier: str, media: str) -> Response:
    """The content of a file of that number; what a browser might run is only offered to be saved."""
    with world.state as state:
        node = state.objects.get(media, {})
    content = world.files.get(media)
    if node.get("kind") != "media" or node["phone"] != identifier or content is None:
        return text_response("There is no such file.", 404)
    safe = {"X-Content-Type-Options": "nosniff"}
    if plain(node["mime_type"]) in INLINE:
        return Response(200, content, plain(node["mime_type"]), safe)
    return Response(200, content, "application/octet-stream", safe | {"Content-Disposition": "attachment"})
