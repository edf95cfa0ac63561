"""What the owner of a number writes on the phone: echoes of it come to the app.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from dataclasses import replace
from typing import Any

from meta_graph.sandbox.messaging import contents, people, telling
from meta_graph.sandbox.messaging.chats import new_wamid
from meta_graph.sandbox.messaging.contents import Draft
from meta_graph.sandbox.messaging.writing import keep, patched, shown, writers
from meta_graph.sandbox.webhooks import Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json


def write(
    world: World, phone_number_id: str, type_: str = "text", *, signature: Signature = "right", **options: Any
) -> Json:
    """Tells `smb_message_echoes`: `{wamids, statuses, waId, userId, value}`. Options as those of a person.

    `to` names the person; edits and revokes are of the newest message of the business in the chat.
    """
    phone = telling.phone_of(world, phone_number_id)
    (person,) = writers(world, phone, {"sender": options.pop("to", "")})
    echo = message(world, phone, person, type_, options)
    value = {**telling.head(phone), "contacts": [people.contact(person)], "message_echoes": [echo]}
    one = telling.notification(world, phone, "smb_message_echoes", [value], signature)
    statuses = telling.post(world, one, int(options.get("times", 1)))
    return {"wamids": [echo["id"]], "statuses": statuses, **shown(person), "value": value}


def message(world: World, phone: Json, person: Json, type_: str, options: Json) -> Json:
    """As a message of a person, the other way round."""
    draft = Draft(world, phone, person, options)
    newest = world.chats.newest(phone["id"], person["number"], "out")
    if type_ in ("edit", "revoke") and newest and "of" not in options:
        draft = replace(draft, options=options | {"of": newest["wamid"]})
    head: Json = {
        "from": telling.own_digits(phone),
        **people.number_of(person, "to"),
        **people.ids_of(person, "to_user_id", "to_parent_user_id"),
        "id": str(options.get("id") or new_wamid()),
        "timestamp": str(int(options.get("timestamp") or world.now())),
    }
    whole = patched(head | contents.made(draft, type_), options.get("message"))
    keep(world, phone, person, whole, "out")
    return whole
