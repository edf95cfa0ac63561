"""Writing down what a call came to, and letting the next message to the same person go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, Greatest

from inbox import contacts, statuses
from inbox.messages import publish_status
from inbox.models import Contact, Conversation, Message, OutboxEntry, SendingLane
from inbox.sending.calling import Claimed
from inbox.sending.outcomes import Outcome, PutOff, Refused, Sent, Unknown
from inbox.sending.queueing import advance, empty
from meta_graph.messages import SentMessage

log = structlog.get_logger("inbox.sending")
# Meta's advice for a pair: 4^n seconds.
PAIR_BASE, PAIR_LONGEST = 4.0, 300.0
# Meta says "temporary" of messages that went out all the same: their status comes within so long.
DOUBT_SECONDS = 15.0
# Two contacts that turn out to be one take their messages along.
TRIES = 3
NO_LEASE: dict[str, Any] = {"lease_token": None, "called_at": None, "finished_at": None}


@dataclass(frozen=True)
class Settled:
    """What is to be rung for: an event was stored, a message waits."""

    is_told: bool = False
    is_next_waiting: bool = False


def settle(claimed: Claimed, outcome: Outcome, *, now: datetime) -> Settled:
    """Moves message and outbox on in one transaction. Late is not too late: an answer of Meta's is a fact.

    A status that came before the answer has resolved the message already; then only the line moves on.
    """
    with transaction.atomic(durable=True):
        if isinstance(outcome, Sent):
            learn(claimed, outcome.message)
        held = lock(claimed)
        if held is None:
            return Settled()
        is_told = note(held, given_up(held.entry, outcome, now), now)
        return Settled(is_told, advance(held.conversation, now))


def settle_known(claimed: Claimed, *, now: datetime) -> Settled:
    """Ends a message that need not be sent again: a status told that Meta has it, whatever Meta answered.

    Nothing happens where that is not so.
    """
    with transaction.atomic(durable=True):
        held = lock(claimed)
        if held is None or held.message.wamid is None:
            return Settled()
        held.entry.delete()
        return Settled(is_next_waiting=advance(held.conversation, now))


@dataclass(frozen=True)
class Held:
    """The rows that a settlement changes, locked in the order in which everybody locks them."""

    conversation: Conversation
    message: Message
    entry: OutboxEntry


def lock(claimed: Claimed) -> Held | None:
    """None when the message was erased, or its line has gone on without this call."""
    entries = OutboxEntry.objects.filter(pk=claimed.entry_id, lease_token=claimed.lease_token)
    for _ in range(TRIES):
        conversation_id = entries.values_list("message__conversation_id", flat=True).first()
        if conversation_id is None:
            return None
        conversation = Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
        message = (
            with_all_that_is_told().filter(conversation=conversation_id, outbox_entry__in=entries).first()
        )
        entry = entries.first()
        if entry is None:
            return None
        if conversation is not None and message is not None:
            return Held(conversation, message, entry)
    raise OperationalError("the message moves from one conversation to another")


def with_all_that_is_told() -> QuerySet[Message]:
    """Messages to be changed, locked, with what an event tells of each; no secret is opened."""
    rows = Message.objects.select_for_update(no_key=True, of=("self",))
    related = rows.select_related("phone__waba", "phone__organization", "conversation__contact", "media")
    return related.defer("phone__pin", "phone__new_pin", "phone__waba__access_token")


def note(held: Held, outcome: Outcome, now: datetime) -> bool:
    """Whether an event was stored."""
    match outcome:
        case Sent(message=sent):
            is_told = accept(held.message, sent, now)
        case _ if held.message.wamid is not None:
            # A status was here first: Meta has the message, whatever it answered.
            is_told = False
        case Refused(reason=reason):
            is_told = statuses.apply(message=held.message, status=Message.Status.FAILED, at=now, error=reason)
            if is_told:
                publish_status(held.message)
        case PutOff():
            put_off(held, outcome, now)
            return False
        case Unknown():
            OutboxEntry.objects.filter(pk=held.entry.pk).update(finished_at=now, due_at=None)
            log.warning("outcome unknown", message_id=str(held.message.pk))
            return False
    held.entry.delete()
    return is_told


def accept(message: Message, sent: SentMessage, now: datetime) -> bool:
    """False where a status was here first, and told of it."""
    others = Message.objects.filter(phone_id=message.phone_id, wamid=sent.wamid).exclude(pk=message.pk)
    if message.wamid is None and others.exists():
        log.error("another message has this wamid", message_id=str(message.pk))
        return False
    return statuses.accept(message=message, wamid=message.wamid or sent.wamid, at=now)


def given_up(entry: OutboxEntry, outcome: Outcome, now: datetime) -> Outcome:
    """What Meta puts off again and again for too long is refused in the end."""
    patience = timedelta(seconds=settings.MESSAGE_GIVE_UP_SECONDS)
    if isinstance(outcome, PutOff) and entry.refused_at and now - entry.refused_at >= patience:
        return Refused(outcome.reason, outcome.error)
    return outcome


def put_off(held: Held, outcome: PutOff, now: datetime) -> None:
    """Again later, at the head of its line."""
    entry = held.entry
    again_at = now + timedelta(seconds=pause_before(entry.attempts, outcome))
    if outcome.is_of_number:
        # Several are under way at once: the longest pause that Meta asked for counts.
        until = Greatest(Coalesce("paused_until", Value(again_at)), Value(again_at))
        SendingLane.objects.filter(pk=entry.phone_id).update(paused_until=until)
    if outcome.is_of_pair:
        empty(held.conversation, again_at)
    OutboxEntry.objects.filter(pk=entry.pk).update(
        attempts=entry.attempts + 1, due_at=again_at, refused_at=entry.refused_at or now, **NO_LEASE
    )


def pause_before(attempts: int, outcome: PutOff) -> float:
    """Seconds before the next try, after so many that were put off before this one."""
    steps = settings.MESSAGE_BACKOFF_SECONDS
    usual = steps[min(attempts, len(steps) - 1)]
    if outcome.is_of_pair:
        usual = min(PAIR_BASE ** (attempts + 1), PAIR_LONGEST)
    if outcome.is_doubtful and attempts == 0:
        usual = max(usual, DOUBT_SECONDS)
    return float(max(usual, outcome.wait))


def learn(claimed: Claimed, sent: SentMessage) -> None:
    """Meta says whose number it was; before anything else is locked, for it may join two contacts."""
    contact = Contact.objects.select_related("phone").filter(outbox=claimed.entry_id).first()
    if contact is not None:
        contacts.learn(contact=contact, wa_id=sent.wa_id, bsuid=sent.user_id)
