"""The chats of the WhatsApp Business app from before the onboarding: in chunks, or that they are not shared.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Iterator
from dataclasses import dataclass

from meta_graph.sandbox.messaging import contents, failures, people, telling
from meta_graph.sandbox.messaging.chats import new_wamid
from meta_graph.sandbox.messaging.contents import Draft
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

DAY = 86400
STATUSES = ("READ", "DELIVERED", "SENT", "PLAYED", "ERROR", "PENDING")
PHASE_DAYS = (1, 90, 180)  # how far back each phase goes
DECLINED = 2593109


@dataclass(frozen=True)
class Size:
    """How many chats, messages in each and parts to tell them in; each `media`th message has a file."""

    threads: int = 3
    messages: int = 10
    chunks: int = 3
    media: int = 0


def tell(world: World, phone_number_id: str, size: Size, *, is_declined: bool = False) -> Json:
    """Tells `history`, a POST a chunk, then one for each file: `{statuses, messages}`."""
    phone = telling.phone_of(world, phone_number_id)
    if is_declined:
        values = [telling.head(phone) | {"history": [{"errors": [failures.error(DECLINED)]}]}]
        return {"statuses": posted(world, phone, values), "messages": 0}
    threads = [thread(world, phone, number, size) for number in range(size.threads)]
    values = [
        telling.head(phone) | {"history": [chunk(world, phone, threads, at, size)]}
        for at in range(size.chunks)
    ]
    values += files(world, phone, threads)
    count = sum(len(one["messages"]) for one in threads)
    return {"statuses": posted(world, phone, values), "messages": count}


def posted(world: World, phone: Json, values: list[Json]) -> list[int | None]:
    return [
        status
        for value in values
        for status in telling.post(world, telling.notification(world, phone, "history", [value]))
    ]


def thread(world: World, phone: Json, number: int, size: Size) -> Json:
    """A chat with one person, newest message first, going back over the half year."""
    digits = str(int(people.DEFAULT_NUMBER) + 1000 + number)
    person = people.with_number(world.state, telling.business_of(world, phone), digits)
    step = 179 * DAY / max(1, size.messages)
    written = [
        message(world, phone, person, at, int(world.now() - 60 - at * step), size)
        for at in range(size.messages)
    ]
    context = {**people.number_of(person, "wa_id"), "user_id": person["userId"]}
    return {"id": digits, "context": context, "messages": written, "person": person}


def message(world: World, phone: Json, person: Json, at: int, timestamp: int, size: Size) -> Json:
    """In turn the person's and the owner's."""
    own, has_file = telling.own_digits(phone), size.media and at % size.media == size.media - 1
    if at % 2:
        head: Json = {"from": own, **people.number_of(person, "to")}
    else:
        head = {**people.number_of(person, "from"), "from_user_id": person["userId"], "to": own}
    content = {"type": "text", "text": {"body": f"Message {at + 1} of the history"}}
    return {
        **head,
        "id": new_wamid(),
        "timestamp": str(timestamp),
        **({"type": "media_placeholder"} if has_file else content),
        "history_context": {"status": STATUSES[at % 3]},
    }


def chunk(world: World, phone: Json, threads: list[Json], at: int, size: Size) -> Json:
    """The messages of one part of the time; the phase tells how far back they go."""
    phase = min(at, len(PHASE_DAYS) - 1)
    told = [
        {"id": one["id"], "context": one["context"], "messages": one["messages"][at :: size.chunks]}
        for one in threads
    ]
    progress = round(100 * (at + 1) / size.chunks)
    return {"metadata": {"phase": phase, "chunk_order": at + 1, "progress": progress}, "threads": told}


def files(world: World, phone: Json, threads: list[Json]) -> Iterator[Json]:
    """What stood for a file comes by itself: a person's as `messages`, the owner's as `message_echoes`."""
    for one in threads:
        for placeholder in one["messages"]:
            if placeholder["type"] == "media_placeholder":
                draft = Draft(world, phone, one["person"], {})
                head = {
                    name: part
                    for name, part in placeholder.items()
                    if name not in ("type", "history_context")
                }
                is_own = placeholder["from"] == telling.own_digits(phone) if "from" in placeholder else False
                part = "message_echoes" if is_own else "messages"
                contact = {"contacts": [people.contact(one["person"])]}
                yield telling.head(phone) | contact | {part: [head | contents.made(draft, "image")]}
