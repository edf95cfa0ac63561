"""What tests in Python ask of the sandbox: a person writes, the owner writes, Meta says what became of it."""

from collections.abc import Sequence
from typing import Any

from meta_graph.sandbox.messaging import (
    address_book,
    echoes,
    habits,
    history,
    identities,
    reviews,
    statuses,
    telling,
    writing,
)
from meta_graph.sandbox.messaging.people import DEFAULT_NUMBER, with_number, with_user_id
from meta_graph.sandbox.webhooks import Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def camel_options(options: Json) -> Json:
    """Options as the JSON calls name them: `reply_to` is `replyTo`."""
    return {camel(name): value for name, value in options.items()}


class MessagingControls:
    """The part of `Sandbox` about messages; `docs/guides/sandbox.md` says what each option means.

    All raise UnknownObjectError for an id of another thing, and return what the JSON call answers.
    """

    world: World

    def write(self, phone_number_id: str, type_: str = "text", **options: Any) -> Json:
        """A person writes: `{wamids, statuses, waId, userId, value}`, told when this returns."""
        return writing.write(self.world, phone_number_id, type_, **camel_options(options))

    def echo(self, phone_number_id: str, type_: str = "text", **options: Any) -> Json:
        """The owner writes on the phone, to `to`."""
        return echoes.write(self.world, phone_number_id, type_, **camel_options(options))

    def chat(self, phone_number_id: str, person: str = "", direction: str = "") -> list[Json]:
        """What a number and a person (digits or user id) said to each other, oldest first."""
        return chat(self.world, phone_number_id, person, direction)

    def status(self, wamid: str, status: str, **options: Any) -> Json:
        """Tells one status now: `{statuses, value}`."""
        return status_now(self.world, wamid, status, **options)

    def messaging(self, **changed: Any) -> Json:
        """All limits and habits, after some were changed. Raises habits.UnknownHabitError."""
        return habits.change(self.world, camel_options(changed))

    def history(self, phone_number_id: str, *, declined: bool = False, **size: int) -> Json:
        return history.tell(self.world, phone_number_id, history.Size(**size), is_declined=declined)

    def sync_contacts(self, phone_number_id: str, contacts: Sequence[Json]) -> Json:
        return address_book.tell(self.world, phone_number_id, contacts)

    def user_id_update(self, phone_number_id: str, sender: str = "", number: str = "") -> Json:
        return identities.user_id_update(self.world, phone_number_id, sender, number)

    def preference(self, phone_number_id: str, sender: str = "", value: str = "stop") -> Json:
        return identities.preference(self.world, phone_number_id, sender, value)

    def template(self, template_id: str, status: str, reason: str = "") -> Json:
        """Meta decides on a template: `{statuses, value}`."""
        return reviews.decide(self.world, template_id, status, reason)


def chat(world: World, phone_number_id: str, person: str, direction: str) -> list[Json]:
    phone = telling.phone_of(world, phone_number_id)
    known = with_user_id(world.state, telling.business_of(world, phone), person) if person else None
    digits = known["number"] if known else "".join(filter(str.isdigit, person))
    return world.chats.listed(phone["id"], digits, direction)


def status_now(
    world: World,
    wamid: str,
    status: str,
    *,
    code: int | None = None,
    phone_number_id: str = "",
    recipient: str = "",
    callback_data: str | None = None,
    signature: Signature = "right",
    times: int = 1,
) -> Json:
    """A status of any message; of one that the sandbox does not know the phone must be named."""
    entry = world.chats.find(wamid)
    if entry is None:
        phone = telling.phone_of(world, phone_number_id)
        person = with_number(world.state, telling.business_of(world, phone), recipient or DEFAULT_NUMBER)
        entry = {"wamid": wamid, "phoneNumberId": phone["id"], "number": person["number"]}
    if callback_data is not None:
        entry = entry | {"callbackData": callback_data}
    phone = telling.phone_of(world, entry["phoneNumberId"])
    return statuses.tell(world, phone, entry, status, code=code, signature=signature, times=times)
