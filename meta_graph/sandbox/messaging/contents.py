"""What a person can write: a function for each type, which makes the parts of the message besides its head.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from meta_graph.sandbox.graph.media import keep
from meta_graph.sandbox.messaging import failures, people, telling
from meta_graph.sandbox.messaging.files import RECEIVED_LIFE, SAMPLES
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

ADDRESS = {"latitude": -34.6037, "longitude": -58.3816, "name": "Café Río", "address": "Corrientes 1234"}
CARD = {
    "name": {"formatted_name": "Bruno Costa", "first_name": "Bruno", "last_name": "Costa"},
    "phones": [{"phone": "+55 11 98765-4321", "wa_id": "5511987654321", "type": "CELL"}],
    "origin": "other",
}


@dataclass(frozen=True)
class Draft:
    """A message on its way: who writes to whom, and the options that the test gave."""

    world: World
    phone: Json
    person: Json
    options: Json

    def text(self, usual: str) -> str:
        return str(self.options.get("text", usual))

    def of(self, direction: str) -> str:
        """The message that this one is about: the named one, else the newest of the chat."""
        if self.options.get("of"):
            return str(self.options["of"])
        newest = self.world.chats.newest(self.phone["id"], self.person["number"], direction)
        return str(newest["wamid"]) if newest else "wamid.HBgLMTYzMTU1NTAxMjMVAgASGBQzQQ=="


def text(draft: Draft) -> Json:
    return {"type": "text", "text": {"body": draft.text("Hello! Are you open today? 🙂")}}


def file_of(kind: str, **fields: Any) -> Callable[[Draft], Json]:
    """A message with a file, which can be read and downloaded as any other; `voice` is sent as audio."""

    def made(draft: Draft) -> Json:
        usual_type, sample = SAMPLES[kind]
        content = draft.options.get("file", sample)
        mime_type = str(draft.options.get("mimeType", usual_type))
        media = keep(draft.world, draft.phone, content, mime_type, life=RECEIVED_LIFE)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        file = {"mime_type": mime_type, "sha256": digest, "id": media["id"], **fields}
        for option in ("caption", "filename"):
            if draft.options.get(option):
                file[option] = draft.options[option]
        name = "audio" if kind == "voice" else kind
        return {"type": name, name: file}

    return made


def location(draft: Draft) -> Json:
    return {"type": "location", "location": ADDRESS}


def contacts(draft: Draft) -> Json:
    return {"type": "contacts", "contacts": [CARD]}


def reaction(draft: Draft) -> Json:
    """An empty `emoji` takes the reaction back: Meta then leaves it out."""
    emoji = str(draft.options.get("emoji", "👍"))
    given = {"emoji": emoji} if emoji else {}
    return {"type": "reaction", "reaction": {"message_id": draft.of("out"), **given}}


def button(draft: Draft) -> Json:
    """The quick reply of a template."""
    content = {"payload": str(draft.options.get("payload", "CONFIRM")), "text": draft.text("Confirm")}
    return {"type": "button", "button": content, "context": answered(draft)}


def interactive(form: str, **content: Any) -> Callable[[Draft], Json]:
    """A choice in an interactive message of the business."""

    def made(draft: Draft) -> Json:
        reply = {"type": form, form: content}
        return {"type": "interactive", "interactive": reply, "context": answered(draft)}

    return made


def answered(draft: Draft) -> Json:
    return {"from": telling.own_digits(draft.phone), "id": draft.of("out")}


def order(draft: Draft) -> Json:
    item = {"product_retailer_id": "empanada-12", "quantity": 2, "item_price": 3.5, "currency": "USD"}
    content = {"catalog_id": "2001", "text": draft.text("For eight, please"), "product_items": [item]}
    return {"type": "order", "order": content}


def ad(draft: Draft) -> Json:
    """The first message after a click on an ad."""
    referral = {
        "source_url": "https://fb.me/2VfVKNRlR",
        "source_id": "120226305854810726",
        "source_type": "ad",
        "headline": "Empanadas of the day",
        "body": "Chat with us",
        "media_type": "image",
        "image_url": "https://scontent.xx.fbcdn.net/v/t45.1/empanadas.jpg",
        "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEg",
    }
    return {**text(draft), "referral": referral}


def forwarded(draft: Draft) -> Json:
    often = {"frequently_forwarded": True} if draft.options.get("often") else {"forwarded": True}
    return {**text(draft), "context": often}


def product(draft: Draft) -> Json:
    """A question about a product of the catalog."""
    referred = {"catalog_id": "2001", "product_retailer_id": "empanada-12"}
    return {**text(draft), "context": answered(draft) | {"referred_product": referred}}


def edit(draft: Draft) -> Json:
    message = {"type": "text", "text": {"body": draft.text("Hello! Are you open tomorrow?")}}
    return {"type": "edit", "edit": {"original_message_id": draft.of("in"), "message": message}}


def revoke(draft: Draft) -> Json:
    return {"type": "revoke", "revoke": {"original_message_id": draft.of("in")}}


def unsupported(draft: Draft) -> Json:
    code = int(draft.options.get("code", 131051))
    return {
        "type": "unsupported",
        "errors": [failures.error(code)],
        "unsupported": {"type": str(draft.options.get("original", "poll"))},
    }


def interactive_missing(draft: Draft) -> Json:
    return {"type": "interactive"}


def changed_number(draft: Draft) -> Json:
    """The person has another number from now on, and with it another user id."""
    before = draft.person["number"]
    after = str(draft.options.get("number") or f"{before[:-1]}{(int(before[-1]) + 1) % 10}")
    people.renew_user_id(draft.world.state, draft.person, after)
    body = f"User {draft.person['name']} changed from {before} to {after}"
    content = {"body": body, "wa_id": after, "type": "user_changed_number"}
    return {"type": "system", "system": content | {"user_id": draft.person["userId"]}, "from": before}


def changed_identity(draft: Draft) -> Json:
    content = {"body": f"{draft.person['name']}'s security code changed", "type": "customer_identity_changed"}
    return {"type": "system", "system": content | people.number_of(draft.person, "wa_id")}


def changed_user_id(draft: Draft) -> Json:
    previous, current = people.renew_user_id(draft.world.state, draft.person)
    body = f"User {draft.person['name']} changed from {previous} to {current}"
    content = {"body": body, "user_id": current, "type": "user_changed_user_id"}
    return {"type": "system", "system": content, "from_user_id": previous}


def group(draft: Draft) -> Json:
    return {**text(draft), "group_id": str(draft.options.get("groupId", "120363043210987654"))}


FLOW = json.dumps({"flow_token": "none", "name": "Ana", "date": "2026-11-21"})
CONTENTS: dict[str, Callable[[Draft], Json]] = {
    "text": text,
    **{kind: file_of(kind) for kind in ("image", "video", "audio", "document")},
    "voice": file_of("voice", voice=True),
    "sticker": file_of("sticker", animated=False),
    "location": location,
    "contacts": contacts,
    "reaction": reaction,
    "button": button,
    "button_reply": interactive("button_reply", id="yes", title="Yes"),
    "list_reply": interactive("list_reply", id="row-1", title="Large", description="For four"),
    "flow_reply": interactive("nfm_reply", response_json=FLOW, body="Sent", name="flow"),
    "order": order,
    "ad": ad,
    "forwarded": forwarded,
    "product": product,
    "edit": edit,
    "revoke": revoke,
    "unsupported": unsupported,
    "interactive_missing": interactive_missing,
    "request_welcome": lambda draft: {"type": "request_welcome"},
    "changed_number": changed_number,
    "changed_identity": changed_identity,
    "changed_user_id": changed_user_id,
    "group": group,
}


def made(draft: Draft, type_: str) -> Json:
    """The parts of a message; a name that is none of these is sent as a type that nobody knows."""
    if type_ in CONTENTS:
        return CONTENTS[type_](draft)
    return {"type": type_, type_: {"id": "1"}}
