"""One message given to Meta: marked as called first, for what was called may have been sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef

from api.errors import ConflictError, InvalidFieldError
from api.request_id import go_on_with
from inbox.models import Message, OutboxEntry
from inbox.sending.bodies import readdressed
from inbox.sending.outcomes import Outcome, PutOff, Refused, Sent, of_error, reason
from inbox.sending.senders import PausedError, loaded, sending_token_of
from meta_graph import messages
from meta_graph.client import Token
from meta_graph.errors import GraphError

log = structlog.get_logger("inbox.sending")
# A call ends by itself within META_REQUEST_TIMEOUT; writing down what came of it takes moments.
MARGIN_SECONDS = 5.0
PAUSED_SECONDS = 60.0


@dataclass(frozen=True)
class Claimed:
    """A message that this process alone may send, until its lease runs out."""

    entry_id: int
    phone_id: UUID
    lease_token: UUID


@dataclass(frozen=True)
class Call:
    """All that a call takes."""

    phone_number_id: str
    body: dict[str, Any]
    token: Token


def prepared(claimed: Claimed) -> Call | Refused | PutOff:
    """What to send, by number and contact as they are now, or why it cannot go."""
    entry = OutboxEntry.objects.select_related("contact").get(pk=claimed.entry_id)
    go_on_with(entry.request_id)
    phone = loaded(claimed.phone_id)
    try:
        token = sending_token_of(phone)
    except PausedError as paused:
        return PutOff(reason("PAUSED", str(paused)), PAUSED_SECONDS, is_of_number=True)
    except ConflictError as unable:
        return Refused(reason("NUMBER_CANNOT_SEND", str(unable)))
    try:
        body = readdressed(entry.body, entry.contact)
    except InvalidFieldError:
        return Refused(reason("NO_RECIPIENT", "The number of this contact is somebody else's by now."))
    return Call(phone.meta_phone_number_id, body, token)


def begin(claimed: Claimed, now: datetime) -> bool:
    """Committed right before the call. False where somebody else has taken it over, or it was sent."""
    mine = OutboxEntry.objects.filter(
        pk=claimed.entry_id,
        lease_token=claimed.lease_token,
        called_at=None,
        finished_at=None,
        due_at__gt=now,
    ).exclude(Exists(Message.objects.filter(pk=OuterRef("message_id"), wamid__isnull=False)))
    return mine.update(called_at=now, due_at=answer_due_at(now)) == 1


def answer_due_at(called_at: datetime) -> datetime:
    """When a call without a word has ended, with its process or by itself."""
    return called_at + timedelta(seconds=settings.META_REQUEST_TIMEOUT + MARGIN_SECONDS)


def call(given: Call) -> Outcome:
    """Asks Meta; touches no database. Never raises GraphError."""
    try:
        sent = messages.send(phone_number_id=given.phone_number_id, body=given.body, token=given.token)
    except GraphError as error:
        return of_error(error)
    return Sent(sent)
