"""The webhooks that tell what became of a message: sent, delivered, read, played, failed.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
"""

from collections.abc import Sequence

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.messaging import failures, people, telling
from meta_graph.sandbox.messaging.outcomes import Outcome
from meta_graph.sandbox.webhooks import Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json


def value(world: World, phone: Json, entry: Json, status: str, code: int | None = None) -> Json:
    """One status of a sent message; `failed` carries its error and no contacts."""
    person = person_of(world, phone, entry)
    told: Json = {"id": entry["wamid"], "status": status, "timestamp": str(int(world.now()))}
    told |= recipient(person, entry, status)
    if entry.get("callbackData") is not None:
        told["biz_opaque_callback_data"] = entry["callbackData"]
    if status == "failed":
        told["errors"] = [failures.error(code or 131026)]
        return {**telling.head(phone), "statuses": [told]}
    if status in ("sent", "delivered"):
        told["pricing"] = pricing(entry)
    return {**telling.head(phone), "contacts": [people.contact(person)], "statuses": [told]}


def recipient(person: Json, entry: Json, status: str) -> Json:
    """A number that the business used is told to it; a failure names a user id only if that was used."""
    used_number = entry.get("addressedBy", "number") == "number"
    number = {"recipient_id": person["number"]} if used_number else people.number_of(person, "recipient_id")
    if status == "failed" and used_number:
        return number
    return number | people.ids_of(person, "recipient_user_id", "recipient_parent_user_id")


def person_of(world: World, phone: Json, entry: Json) -> Json:
    return people.with_number(world.state, telling.business_of(world, phone), entry["number"])


def pricing(entry: Json) -> Json:
    category = entry.get("category")
    return {
        "billable": category is not None,
        "pricing_model": "PMP",
        "type": "regular" if category else "free_customer_service",
        "category": category or "service",
    }


def tell(
    world: World,
    phone: Json,
    entry: Json,
    status: str,
    *,
    code: int | None = None,
    signature: Signature = "right",
    times: int = 1,
) -> Json:
    """Tells one status now: `{statuses, value}`, the first being the callback's."""
    one = telling.notification(
        world, phone, "messages", [value(world, phone, entry, status, code)], signature
    )
    world.chats.note_status(entry["wamid"], status, world.now())
    return {"statuses": telling.post(world, one, times), "value": one.value}


def follow(world: World, phone: Json, entry: Json, outcome: Outcome, every_ms: float) -> None:
    """Tells all statuses of a message: before it returns where they come first, else a moment later each."""
    if outcome.is_first:
        for status in outcome.statuses:
            tell(world, phone, entry, status, code=outcome.code, times=outcome.each)
        return
    if outcome.statuses:
        pause = every_ms / 1000
        world.later.run(lambda: step(world, phone, entry, outcome, outcome.statuses, pause), pause)


def step(world: World, phone: Json, entry: Json, outcome: Outcome, left: Sequence[str], pause: float) -> None:
    """The next status; a callback that does not take it gets it again later, and the others meanwhile."""
    told = value(world, phone, entry, left[0], outcome.code)
    one = telling.notification(world, phone, "messages", [told])
    world.chats.note_status(entry["wamid"], left[0], world.now())
    for _ in range(outcome.each):
        webhooks.deliver(world, one)
    if left[1:]:
        world.later.run(lambda: step(world, phone, entry, outcome, left[1:], pause), pause)
