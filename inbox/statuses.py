"""How far a message is. Meta's words come late, twice and in any order: the furthest counts, all times stay.

Meta accepting a message is another step: it gives the message its id.
"""

from datetime import datetime
from typing import Any

from inbox.messages import publish_sent
from inbox.models import Message

Status = Message.Status
# A message that reached somebody's phone was delivered, whatever Meta says of other devices of theirs.
RANK = {
    status: rank
    for rank, status in enumerate(
        (Status.PENDING, Status.SENT, Status.FAILED, Status.DELIVERED, Status.READ, Status.PLAYED)
    )
}
Error = dict[str, Any]


def apply(*, message: Message, status: str, at: datetime, error: Error | None = None) -> bool:
    """Writes that `message` was `status` at `at`; whether it is further than it was.

    The message's row is locked. `error`: `{code, title, details}` of a failure. Raises KeyError for what is
    no status.
    """
    column, news = f"{status}_at", RANK[Status(status)] > RANK[Status(message.status)]
    changed = []
    if status != Status.PENDING and (getattr(message, column) is None or at < getattr(message, column)):
        setattr(message, column, at)
        changed.append(column)
    if news:
        message.status = status
        message.error = error if status == Status.FAILED else None
        changed += ["status", "error"]
    if changed:
        message.save(update_fields=changed)
    return news


def accept(*, message: Message, wamid: str, at: datetime) -> bool:
    """Meta took a pending message and called it `wamid`; False where that was known. Tells `message.sent`.

    The message's row is locked.
    """
    if message.wamid is None:
        message.wamid = wamid
        message.save(update_fields=["wamid"])
    if message.status != Status.PENDING:
        return False
    apply(message=message, status=Status.SENT, at=at)
    publish_sent(message)
    return True
