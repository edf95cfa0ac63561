"""A status that tells of a message before, or against, the answer to its call; and what changes meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from inbox import receiving
from inbox.models import Contact, Message, OutboxEntry
from inbox.sending.calling import begin
from inbox.sending.outcomes import PutOff, Unknown, reason
from inbox.sending.pump import sent
from inbox.sending.settling import settle
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, refusing
from tests.inbox.sending.world import OTHER, TEXT, TO, queued, said, statuses, taken, waiting, work
from tests.phones.world import names

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "5491100000000"


def tell_status(phone: PhoneNumber, message: Message, status: str = "delivered") -> None:
    now = timezone.now()
    item = {
        "id": "wamid.told",
        "status": status,
        "timestamp": str(int(now.timestamp())),
        "recipient_id": TO,
        "biz_opaque_callback_data": str(message.pk),
    }
    with transaction.atomic():
        receiving.receive_status(phone=phone, item=item, at=now)


def first() -> Message:
    return Message.objects.order_by("created_at")[0]


@pytest.mark.parametrize("status", ["sent", "read", "failed"])
def test_what_meta_put_off_and_sent_all_the_same_lets_the_next_go(
    phone: PhoneNumber, graph: GraphServer, status: str
) -> None:
    queued(phone, "one", "two")
    graph.plans = [refusing(131016)]
    work()

    tell_status(phone, first(), status)
    work(seconds=16)

    assert statuses() == [status, "sent"]
    assert [said(call) for call in graph.calls] == ["one", "two"]
    assert (waiting(), OutboxEntry.objects.count()) == (0, 0)


def test_a_status_that_came_before_metas_temporary_error_has_settled_it(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one", "two")
    (called,) = taken()
    assert begin(called, timezone.now())
    tell_status(phone, first())

    settled = settle(called, PutOff(reason("131000", "no")), now=timezone.now())

    assert (settled.is_told, settled.is_next_waiting) == (False, True)
    assert (statuses()[0], waiting()) == ("delivered", 1)


def test_a_status_resolves_what_was_called_without_a_word(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (called,) = taken()
    assert begin(called, timezone.now())
    settle(called, Unknown(), now=timezone.now())
    kept = OutboxEntry.objects.count()

    tell_status(phone, first())

    assert (statuses(), names().count("message.sent")) == (["delivered"], 1)
    assert (kept, OutboxEntry.objects.count()) == (1, 0)


def test_a_sender_that_only_lost_its_lease_ends_nothing(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (frozen,) = taken()

    sent(frozen, lambda: timezone.now() + timedelta(seconds=60))

    assert (statuses(), waiting(), graph.calls) == (["pending"], 1, [])
    assert OutboxEntry.objects.get().due_at is not None


@pytest.mark.parametrize("code", [131000, 131016, 1, 2])
def test_a_status_has_time_to_come_before_what_meta_calls_temporary_is_tried_again(
    api: Api, phone: PhoneNumber, graph: GraphServer, code: int
) -> None:
    graph.plans = [refusing(code), refusing(code)]

    api.post(f"phones/{phone.pk}/messages", TEXT)
    work(seconds=14)
    early = len(graph.calls)
    work(seconds=16)
    # Only the first time: a status that has not come by then tells that it was not sent.
    entry = OutboxEntry.objects.get()

    assert (early, len(graph.calls)) == (1, 2)
    assert entry.due_at is not None
    assert entry.due_at - timezone.now() < timedelta(seconds=16 + 5)


def test_what_waits_goes_to_the_number_that_the_person_has_by_then(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one")
    now = timezone.now()
    moved: dict[str, Any] = {
        "from": TO,
        "id": "wamid.system",
        "timestamp": str(int(now.timestamp())),
        "type": "system",
        "system": {"type": "user_changed_number", "wa_id": NEW, "body": "moved"},
    }
    with transaction.atomic():
        receiving.receive_message(phone=phone, item=moved, contact=None, at=now)

    work()

    assert [call.to for call in graph.calls] == [NEW]
    assert Contact.objects.get().wa_id == NEW


def test_what_waits_for_somebody_without_an_address_fails_and_goes_to_nobody(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one", "two")
    queued(phone, "other", to=OTHER)
    Contact.objects.filter(identifier=TO).update(wa_id=None, phone_number=None)

    work()

    assert [call.to for call in graph.calls] == [OTHER]
    assert statuses() == ["failed", "failed", "sent"]
    assert first().error == {
        "code": "NO_RECIPIENT",
        "title": "The number of this contact is somebody else's by now.",
        "details": None,
    }
    assert names().count("message.status_updated") == 2
