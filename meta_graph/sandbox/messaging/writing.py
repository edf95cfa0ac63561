"""A person writes to a number: one message or many, told to the app's callback at once."""

from typing import Any

from meta_graph.sandbox.messaging import contents, failures, people, telling
from meta_graph.sandbox.messaging.chats import new_wamid
from meta_graph.sandbox.messaging.contents import Draft
from meta_graph.sandbox.webhooks import Notification, Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

PER_POST = 1000
# What is told of a message besides it: errors at the level of the value, and no contacts with these.
VALUE_ERRORS = {"interactive_missing": 131000, "error": 130429}
WITHOUT_CONTACTS = frozenset({"changed_number", "changed_identity", "changed_user_id", "error"})


def write(
    world: World, phone_number_id: str, type_: str = "text", *, signature: Signature = "right", **options: Any
) -> Json:
    """Writes and tells: `{wamids, statuses, waId, userId, value}`; `statuses` are the callback's.

    Options are those of `docs/guides/sandbox.md`. Raises UnknownObjectError for what is no number.
    """
    phone = telling.phone_of(world, phone_number_id)
    senders = writers(world, phone, options)
    items = [
        item(world, phone, senders[at % len(senders)], type_, options, at) for at in range(amount(options))
    ]
    posts = [
        webhook(world, phone, items[start : start + per_post(options)], options, signature)
        for start in range(0, len(items), per_post(options))
    ]
    statuses = [status for one in posts for status in telling.post(world, one, int(options.get("times", 1)))]
    return {
        "wamids": [one["id"] for value in items for one in value.get("messages", [])],
        "statuses": statuses,
        **shown(senders[0]),
        "value": posts[0].value,
    }


def amount(options: Json) -> int:
    return max(1, int(options.get("count", 1)))


def per_post(options: Json) -> int:
    return max(1, int(options.get("perPost", PER_POST)))


def shown(person: Json) -> Json:
    return {"waId": person["number"], "userId": person["userId"]}


def writers(world: World, phone: Json, options: Json) -> list[Json]:
    """The person of `sender`, or `senders` of them with numbers that follow it."""
    business = telling.business_of(world, phone)
    sender = str(options.get("sender") or people.DEFAULT_NUMBER)
    first = people.with_user_id(world.state, business, sender) or people.with_number(
        world.state, business, sender
    )
    people.change(world.state, first, options)
    others = range(1, int(options.get("senders", 1)))
    numbers = [str(int(first["number"]) + step) for step in others]
    return [first, *(people.with_number(world.state, business, number) for number in numbers)]


def item(world: World, phone: Json, person: Json, type_: str, options: Json, at: int) -> Json:
    """The value of one message, which is in the chat from now on."""
    told = dict(options)
    if at and type_ == "text":
        told["text"] = f"{options.get('text', 'Hello!')} {at + 1}"
    contact = [] if type_ in WITHOUT_CONTACTS else [people.contact(person)]
    value: Json = {**telling.head(phone), **({"contacts": contact} if contact else {})}
    if type_ != "error":
        value["messages"] = [message(world, phone, person, type_, told, at)]
    if type_ in VALUE_ERRORS:
        value["errors"] = [failures.error(int(options.get("code", VALUE_ERRORS[type_])))]
    return value


def message(world: World, phone: Json, person: Json, type_: str, options: Json, at: int) -> Json:
    head: Json = {
        **people.number_of(person, "from"),
        **people.ids_of(person, "from_user_id", "from_parent_user_id"),
        "id": str(options.get("id") or new_wamid()) if not at else new_wamid(),
        "timestamp": str(int(options.get("timestamp") or world.now())),
    }
    parts = contents.made(Draft(world, phone, person, options), type_)
    whole = patched(head | parts, options.get("message"))
    name = str(whole["type"])
    if options.get("content") is not None and isinstance(whole.get(name), dict):
        whole[name] = patched(whole[name], options["content"])
    if options.get("replyTo"):
        context = whole.get("context", {})
        whole["context"] = {"from": telling.own_digits(phone), **context, "id": str(options["replyTo"])}
    keep(world, phone, person, whole)
    return whole


def keep(world: World, phone: Json, person: Json, whole: Json, direction: str = "in") -> None:
    kept = {"wamid": whole["id"], "type": whole["type"], "content": whole.get(whole["type"])}
    kept |= {"context": whole.get("context"), "body": whole}
    world.chats.add(phone["id"], person, direction, world.now(), kept)


def patched(whole: Json, changes: Any) -> Json:
    """With parts replaced or added; None takes one out."""
    merged = whole | (changes if isinstance(changes, dict) else {})
    return {name: part for name, part in merged.items() if part is not None}


def webhook(
    world: World, phone: Json, values: list[Json], options: Json, signature: Signature
) -> Notification:
    """A change a message, or with `batch` messages one change that holds them all."""
    if options.get("batch") == "messages" and len(values) > 1:
        contacts = {one["user_id"]: one for value in values for one in value.get("contacts", [])}
        messages = [one for value in values for one in value["messages"]]
        values = [values[0] | {"contacts": list(contacts.values()), "messages": messages}]
    return telling.notification(world, phone, "messages", values, signature)
