"""Senders that die, come late or are stopped: what they had goes out once, or is of unknown outcome."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from inbox.models import Conversation, Message, OutboxEntry
from inbox.sending.calling import begin
from inbox.sending.outcomes import Sent
from inbox.sending.pump import Pump
from inbox.sending.recovery import recover
from inbox.sending.settling import settle
from meta_graph.messages import SentMessage
from phones.models import PhoneNumber
from tests.graph_server import GraphServer, after
from tests.inbox.sending.world import (
    OTHER,
    nothing,
    pump,
    queued,
    said,
    statuses,
    taken,
    work,
)
from tests.phones.world import names

pytestmark = pytest.mark.django_db(transaction=True)


# ---- dead and late --------------------------------------------------------------------------------------


def test_what_was_claimed_and_not_called_is_taken_over_after_the_lease(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    queued(phone, "one")
    (dead,) = taken()

    work(seconds=settings.MESSAGE_LEASE_SECONDS - 1)
    before = len(graph.calls)
    work(seconds=settings.MESSAGE_LEASE_SECONDS + 1)

    assert (before, len(graph.calls), statuses()) == (0, 1, ["sent"])
    assert not begin(dead, timezone.now())


def test_what_was_called_without_a_word_is_of_unknown_outcome_and_the_next_goes(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one", "two")
    (dead,) = taken()
    assert begin(dead, timezone.now())

    work(seconds=10)
    before = len(graph.calls)
    work(seconds=16)

    assert before == 0
    assert [said(call) for call in graph.calls] == ["two"]
    assert statuses() == ["pending", "sent"]
    assert OutboxEntry.objects.get().finished_at is not None


def test_an_answer_that_comes_after_the_lease_is_a_fact(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (late,) = taken()
    assert begin(late, timezone.now())
    recover(timezone.now() + timedelta(seconds=60))
    assert statuses() == ["pending"]

    settle(late, Sent(SentMessage("wamid.late", None, None, None)), now=timezone.now())

    assert (Message.objects.get().wamid, statuses()) == ("wamid.late", ["sent"])
    assert (names().count("message.sent"), OutboxEntry.objects.count()) == (1, 0)


def test_a_status_that_came_before_the_answer_has_settled_it(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one", "two")
    (called,) = taken()
    assert begin(called, timezone.now())
    Message.objects.filter(outbox_entry=called.entry_id).update(wamid="wamid.1", status="delivered")

    settled = settle(called, Sent(SentMessage("wamid.1", None, None, None)), now=timezone.now())

    assert (settled.is_told, settled.is_next_waiting) == (False, True)
    assert statuses()[0] == "delivered"
    assert "message.sent" not in names()


def test_a_status_of_a_call_without_an_answer_ends_it(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (called,) = taken()
    assert begin(called, timezone.now())
    Message.objects.update(wamid="wamid.1", status="sent")

    recover(timezone.now() + timedelta(seconds=60))

    assert OutboxEntry.objects.count() == 0


def test_a_sender_that_lost_its_lease_calls_nobody(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (frozen,) = taken()
    (other,) = taken(seconds=60)

    assert not begin(frozen, timezone.now())
    assert begin(other, timezone.now())
    assert not begin(other, timezone.now())


def test_erased_meanwhile_is_nothing_to_settle(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    (called,) = taken()
    assert begin(called, timezone.now())
    Conversation.objects.all().delete()

    settled = settle(called, Sent(SentMessage("wamid.1", None, None, None)), now=timezone.now())

    assert (settled.is_told, settled.is_next_waiting) == (False, False)


# ---- turns of a worker ----------------------------------------------------------------------------------


def turned(worker: Pump) -> None:
    """A turn on a thread of its own."""
    try:
        worker.run(when_time_is_up=nothing)
    finally:
        connection.close()


def test_a_ring_while_a_turn_runs_is_heard(phone: PhoneNumber, graph: GraphServer) -> None:
    graph.usual = after(0.3, graph.accept)
    worker = pump()
    queued(phone, "one")
    turn = threading.Thread(target=turned, args=[worker])
    turn.start()
    graph.wait(0.1)
    queued(phone, "two", to=OTHER)

    worker.run(when_time_is_up=nothing)
    turn.join()
    worker.senders.close()

    assert set(statuses()) == {"sent"}
    # The second did not wait for the first.
    assert graph.calls[1].at < (graph.calls[0].ended_at or 0)


def test_a_worker_that_stops_finishes_what_it_has_in_hand_and_takes_nothing_more(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    graph.usual = after(0.3, graph.accept)
    worker = pump()
    queued(phone, "one", "two")
    turn = threading.Thread(target=turned, args=[worker])
    turn.start()
    graph.wait(0.1)

    worker.stop()
    turn.join()
    worker.senders.close()

    assert statuses() == ["sent", "pending"]
