"""What Meta tells of people themselves: another user id, and whether they want marketing messages.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
"""

from meta_graph.sandbox.messaging import people, telling
from meta_graph.sandbox.messaging.writing import shown, writers
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

DETAILS = {
    "stop": "User requested to stop marketing messages",
    "resume": "User requested to resume marketing messages",
    "signup": "User signed up for marketing messages",
}


def user_id_update(world: World, phone_number_id: str, sender: str = "", number: str = "") -> Json:
    """Tells `user_id_update`: `{statuses, previous, current, value}`. `number` is the person's new one."""
    phone = telling.phone_of(world, phone_number_id)
    (person,) = writers(world, phone, {"sender": sender})
    previous, current = people.renew_user_id(world.state, person, number)
    update = {
        **people.number_of(person, "wa_id"),
        "detail": f"User id changed from {previous} to {current}",
        "user_id": {"previous": previous, "current": current},
        "timestamp": str(int(world.now())),
    }
    value = telling.head(phone) | {"contacts": [people.contact(person)], "user_id_update": [update]}
    one = telling.notification(world, phone, "user_id_update", [value])
    told = {"previous": previous, "current": current, "value": value}
    return {"statuses": telling.post(world, one), **shown(person), **told}


def preference(world: World, phone_number_id: str, sender: str = "", value: str = "stop") -> Json:
    """Tells `user_preferences`: `{statuses, value}`; the value is stop, resume or signup."""
    phone = telling.phone_of(world, phone_number_id)
    (person,) = writers(world, phone, {"sender": sender})
    wish = {
        **people.number_of(person, "wa_id"),
        "user_id": person["userId"],
        "detail": DETAILS.get(value, value),
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(world.now()),
    }
    told = telling.head(phone) | {"contacts": [people.contact(person)], "user_preferences": [wish]}
    one = telling.notification(world, phone, "user_preferences", [told])
    return {"statuses": telling.post(world, one), **shown(person), "value": told}
