"""The contacts of the WhatsApp Business app: who is in them, and who no longer is.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Sequence

from meta_graph.sandbox.messaging import people, telling
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json


def tell(world: World, phone_number_id: str, contacts: Sequence[Json]) -> Json:
    """Tells `smb_app_state_sync` of contacts `{name, number, action: add | remove}`: `{statuses, value}`.

    An edit is an `add` too; names are absent on `remove`.
    """
    phone = telling.phone_of(world, phone_number_id)
    rows = [row(world, phone, contact) for contact in contacts]
    value = telling.head(phone) | {"state_sync": rows}
    one = telling.notification(world, phone, "smb_app_state_sync", [value])
    return {"statuses": telling.post(world, one), "value": value}


def row(world: World, phone: Json, contact: Json) -> Json:
    business, number = telling.business_of(world, phone), str(contact.get("number", people.DEFAULT_NUMBER))
    person, name = people.with_number(world.state, business, number), str(contact.get("name", ""))
    action = str(contact.get("action", "add"))
    names = {"full_name": name, "first_name": name.partition(" ")[0]} if name and action == "add" else {}
    username = {"username": person["username"]} if person["username"] else {}
    ids = {**people.number_of(person, "phone_number"), "user_id": person["userId"], **username}
    return {
        "type": "contact",
        "contact": {**names, **ids},
        "action": action,
        "metadata": {"timestamp": str(int(world.now()))},
    }
