"""A number that may send, clients that send by it, and workers that do."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from inbox.models import Message, OutboxEntry
from inbox.sending.calling import Claimed
from inbox.sending.claiming import claim
from inbox.sending.pump import Pump
from inbox.sending.settling import Settled
from inbox.sending.storing import store
from organizations.models import Organization
from phones.models import PhoneNumber
from tests.phones.world import healthy_phone

TO = "5491155551234"
OTHER = "5491155550000"
TEXT = {"type": "text", "to": TO, "text": "Hello!"}


def sending_phone(organization: Organization, **columns: Any) -> PhoneNumber:
    phone = healthy_phone(organization)
    PhoneNumber.objects.filter(pk=phone.pk).update(**columns)
    return PhoneNumber.objects.select_related("waba").get(pk=phone.pk)


def queued(phone: PhoneNumber, *texts: str, to: str = TO) -> list[OutboxEntry]:
    """Messages that were stored, and whose requests died right then."""
    return [
        store(phone=phone, given={"type": "text", "to": to, "text": text}, bind=unbound, now=timezone.now())
        for text in texts
    ]


def unbound(message: Message) -> None:
    return


def taken(limit: int = 10, seconds: float = 0.0) -> list[Claimed]:
    """What a worker may send, `seconds` from now."""
    now = timezone.now() + timedelta(seconds=seconds)
    return claim(limit, now=now, busy={}, cap=1000).claimed


def said(call: Any) -> str:
    return str(call.body["text"]["body"])


def pump() -> Pump:
    return Pump(when_done=ignore)


def ignore(settled: Settled) -> None:
    return


def work(seconds: float = 0.0) -> None:
    """What a worker does when it is rung for, `seconds` from now; until nothing is left to do then."""
    worker = pump()

    def clock() -> datetime:
        return timezone.now() + timedelta(seconds=seconds)

    # The tests' SQLite lives in memory, where two threads do not wait for each other.
    for _ in range(1 if connection.vendor == "postgresql" else 10):
        worker.sweep(when_time_is_up=nothing, clock=clock)
    worker.senders.close()


def nothing() -> None:
    return


def statuses() -> list[str]:
    """Of all messages, in the order in which they were given."""
    return list(Message.objects.order_by("created_at", "pk").values_list("status", flat=True))


def waiting() -> int:
    return OutboxEntry.objects.filter(finished_at=None).count()
