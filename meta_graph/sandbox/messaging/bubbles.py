"""Messages as people see them on the chat page."""

import json
from collections.abc import Callable
from html import escape
from typing import Any

from meta_graph.sandbox.messaging.files import KINDS
from meta_graph.sandbox.pages import pretty, time_of
from meta_graph.sandbox.wsgi import Json

TICKS = {None: "…", "sent": "✓ sent", "delivered": "✓✓ delivered", "read": "✓✓ read", "played": "✓✓ played",
         "failed": "✗ failed"}  # fmt: skip


def bubble(entry: Json) -> str:
    """One message; those of the business have what the person can do with them."""
    is_theirs = entry["direction"] == "in"
    content = entry["content"]
    shown = (SHOWN.get(entry["type"], as_json) if isinstance(content, dict) else as_json)(entry, content)
    if is_theirs:
        foot = "read by the business" if entry["isRead"] else "not read yet"
        foot += ", which is typing" if entry["isTyping"] else ""
        acts = act("Take back", "revoke", of=entry["wamid"])
    else:
        foot = TICKS.get(entry["status"], str(entry["status"]))
        acts = act("👍", "reaction", of=entry["wamid"], emoji="👍")
    label = "you" if is_theirs else "the business"
    return f"""<li class="{"theirs" if is_theirs else "ours"}" data-wamid="{escape(entry["wamid"])}">
{quoted(entry)}{shown}<small>{label}, {time_of(entry["at"])}, {escape(foot)}</small> {acts}</li>"""


def quoted(entry: Json) -> str:
    context = entry.get("context") or {}
    answered = context.get("message_id") or context.get("id")
    return f"<p><small>answers <code>{escape(str(answered)[:24])}…</code></small></p>" if answered else ""


def act(label: str, type_: str, **options: Any) -> str:
    """A button that writes as the person."""
    body = json.dumps({"type": type_, **options})
    return f'<button type="button" class="quiet" data-write="{escape(body)}">{escape(label)}</button>'


def paragraph(text: object) -> str:
    return f'<p dir="auto">{escape(str(text))}</p>' if text else ""


def text(entry: Json, content: Any) -> str:
    return paragraph(content.get("body"))


def media(entry: Json, content: Any) -> str:
    """The file itself where the sandbox has it, else its link as text."""
    caption = paragraph(content.get("caption")) + paragraph(content.get("filename"))
    if not content.get("id"):
        return f"<p><code>{escape(str(content.get('link', '')))}</code></p>{caption}"
    source = escape(f"/chat/{entry['phoneNumberId']}/files/{content['id']}")
    name = escape(str(content.get("filename") or entry["type"]))
    forms = {
        "image": f'<img src="{source}" alt="{name}">',
        "sticker": f'<img src="{source}" alt="{name}">',
        "video": f'<video src="{source}" controls></video>',
        "audio": f'<audio src="{source}" controls></audio>',
    }
    return forms.get(entry["type"], f'<p><a href="{source}">{name}</a></p>') + caption


def location(entry: Json, content: Any) -> str:
    place = ", ".join(str(content[name]) for name in ("name", "address") if content.get(name))
    return paragraph(f"📍 {content.get('latitude')}, {content.get('longitude')}") + paragraph(place)


def reaction(entry: Json, content: Any) -> str:
    return paragraph(content.get("emoji") or "took a reaction back")


def template(entry: Json, content: Any) -> str:
    given = [
        str(parameter.get("text", parameter.get("type", "")))
        for component in content.get("components") or []
        for parameter in component.get("parameters") or []
    ]
    confirm = act("Confirm", "button", of=entry["wamid"], text="Confirm", payload="CONFIRM")
    return paragraph(f"Template {content.get('name')}: {', '.join(given) or 'no parameters'}") + confirm


def interactive(entry: Json, content: Any) -> str:
    """The choices are buttons."""
    action = content.get("action") or {}
    buttons = [one for one in action.get("buttons") or () if isinstance(one, dict)]
    replies = [("button_reply", one.get("reply") or {}) for one in buttons]
    replies += [
        ("list_reply", row) for section in action.get("sections") or () for row in section.get("rows") or ()
    ]
    choices = "".join(
        act(str(reply.get("title", "")), kind, of=entry["wamid"], content={kind: reply})
        for kind, reply in replies
    )
    body = paragraph((content.get("body") or {}).get("text"))
    reply = content.get(str(content.get("type"))) or {}
    return f'{body}{paragraph(reply.get("title"))}<div class="choices">{choices}</div>'


def as_json(entry: Json, content: Any) -> str:
    return f"<p>{escape(entry['type'])}</p><pre>{pretty(json.dumps(content))}</pre>"


SHOWN: dict[str, Callable[[Json, Any], str]] = {
    "text": text,
    **dict.fromkeys(KINDS, media),
    "location": location,
    "reaction": reaction,
    "template": template,
    "interactive": interactive,
    "button": lambda entry, content: paragraph(content.get("text")),
}
