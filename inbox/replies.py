"""Which of our messages a message answers: Meta names it by its own id."""

from collections.abc import Iterable
from uuid import UUID

from inbox.models import Message

Reply = dict[str, str | None]


def replied_to(message: Message) -> Reply | None:
    """`{messageId, wamid}`, null for a message that answers none. messageId is null where it is not ours."""
    return replies([message]).get(message.pk)


def replies(messages: Iterable[Message]) -> dict[UUID, Reply]:
    """By the ids of those messages that answer another one; one query for all, none for none."""
    answers = {row.pk: row for row in messages if row.reply_to_wamid}
    if not answers:
        return {}
    phones = {row.phone_id for row in answers.values()}
    wamids = {row.reply_to_wamid for row in answers.values()}
    found = Message.objects.filter(phone__in=phones, wamid__in=wamids).order_by()
    ours = {(phone, wamid): str(pk) for phone, wamid, pk in found.values_list("phone_id", "wamid", "pk")}
    return {
        pk: {"messageId": ours.get((row.phone_id, row.reply_to_wamid)), "wamid": row.reply_to_wamid}
        for pk, row in answers.items()
    }
