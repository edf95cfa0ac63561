"""The outbox: the order to one person, the lanes of numbers, many senders at once."""

import threading
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import Message, OutboxEntry, SendingLane
from inbox.sending.calling import begin
from inbox.sending.claiming import claim, claim_own
from inbox.sending.outcomes import Refused, Sent, Unknown, reason
from inbox.sending.settling import settle
from meta_graph.messages import SentMessage
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, after, refusing
from tests.inbox.sending.world import (
    OTHER,
    TEXT,
    queued,
    said,
    statuses,
    taken,
    waiting,
    work,
)
from tests.phones.world import names
from tests.wabas.world import at_once, on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


# ---- order ----------------------------------------------------------------------------------------------


def test_a_message_whose_request_died_is_sent_by_a_worker(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")

    work()

    assert (statuses(), waiting(), names().count("message.sent")) == (["sent"], 0, 1)


def test_the_next_to_the_same_person_waits_until_the_one_before_has_ended(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one", "two")
    queued(phone, "other", to=OTHER)

    first = taken()
    before = taken()
    assert begin(first[0], timezone.now())
    settle(first[0], Sent(SentMessage("wamid.1", None, None, None)), now=timezone.now())

    assert (len(first), before) == (2, [])
    assert len(taken()) == 1


@pytest.mark.parametrize("outcome", [Refused(reason("131047", "no")), Unknown()])
def test_one_that_was_refused_or_is_unknown_lets_the_next_go(
    phone: PhoneNumber, graph: GraphServer, outcome: Any
) -> None:
    queued(phone, "one", "two")
    (first,) = taken()
    assert begin(first, timezone.now())

    assert settle(first, outcome, now=timezone.now()).is_next_waiting
    work()

    assert [said(call) for call in graph.calls] == ["two"]


def test_what_is_put_off_keeps_its_place(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one", "two")
    graph.plans = [refusing(131016)]

    work()
    work(seconds=120)

    assert [said(call) for call in graph.calls] == ["one", "one", "two"]
    assert statuses() == ["sent", "sent"]


def test_messages_of_one_number_begin_in_their_order(phone: PhoneNumber, graph: GraphServer) -> None:
    for number in range(20):
        queued(phone, str(number), to=f"54911555500{number:02}")

    claimed = [one.entry_id for one in taken(limit=8)]

    assert claimed == sorted(OutboxEntry.objects.values_list("pk", flat=True))[: len(claimed)]
    assert len(claimed) == 8


@on_postgresql
@pytest.mark.parametrize("way", ["workers", "requests"])
def test_order_holds_and_nothing_is_sent_twice_with_eight_senders(
    api: Api, phone: PhoneNumber, graph: GraphServer, settings: Any, way: str
) -> None:
    settings.MESSAGE_THROUGHPUT, settings.API_RATE_LIMIT = 100_000, "6000/minute"
    graph.usual = after(0.01, graph.accept)
    people = [f"54911555500{number:02}" for number in range(5)]
    lock, given = threading.Lock(), defaultdict[str, list[str]](list)

    def client() -> None:
        for number in range(10):
            for to in people:
                # One client for each person: their order is that of the answers.
                with lock if way == "requests" else threading.Lock():
                    text = f"{threading.get_ident()}-{number}"
                    if way == "requests":
                        given[to].append(text)
                if way == "workers":
                    queued(phone, text, to=to)

    def sender() -> None:
        for _ in range(3):
            work()

    if way == "workers":
        at_once(client, client, client, client)
        found = [one for one in at_once(*[sender] * 8) if one is not None]
        expected = 200
    else:
        found = [one for one in at_once(*[lambda to=to: asked(api, phone, to) for to in people]) if one]
        work()
        expected = 100

    assert found == []
    calls = graph.sent()
    assert len({call.body["biz_opaque_callback_data"] for call in calls}) == len(calls) == expected
    assert set(statuses()) == {"sent"}
    stored = {str(m.pk): m for m in Message.objects.select_related("conversation__contact", "outbox_entry")}
    for to in people:
        of_one = [call for call in calls if call.to == to]
        places = [(stored[call.body["biz_opaque_callback_data"]].created_at) for call in of_one]
        assert places == sorted(places)
        # The next began after the one before had ended.
        assert all((one.ended_at or 0) <= two.at for one, two in pairwise(of_one))


def asked(api: Api, phone: PhoneNumber, to: str) -> list[Any]:
    """Twenty messages to one person, two requests at a time; what was not answered with 201."""

    def request(number: int) -> Any:
        return api.post(f"phones/{phone.pk}/messages", TEXT | {"to": to, "text": str(number)})

    answers = []
    for number in range(10):
        answers += at_once(lambda: request(2 * number), lambda: request(2 * number + 1))  # noqa: B023
    return [answer for answer in answers if getattr(answer, "status_code", None) != 201]


# ---- lanes ----------------------------------------------------------------------------------------------


def test_a_number_that_was_disconnected_meanwhile_fails_what_waits_and_asks_meta_nothing(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one", "two")
    PhoneNumber.objects.update(disconnected_at=timezone.now())

    work()

    assert (statuses(), graph.calls) == (["failed", "failed"], [])
    assert {message.error["code"] for message in Message.objects.all()} == {"NUMBER_CANNOT_SEND"}  # type: ignore[index]
    assert names().count("message.status_updated") == 2


def test_a_paused_account_is_waited_for(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    phone.waba.paused_at = timezone.now()
    phone.waba.save()

    work()
    held = (statuses(), len(graph.calls))
    phone.waba.paused_at = None
    phone.waba.save()
    work(seconds=61)

    assert (held, statuses()) == ((["pending"], 0), ["sent"])


def test_a_number_with_a_backlog_leaves_senders_to_the_others(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.MESSAGE_THROUGHPUT = 1000
    other = PhoneNumber.objects.create(
        organization=phone.organization,
        waba=phone.waba,
        meta_phone_number_id="77",
        phone_number="+5491155550077",
        is_registered=True,
    )
    for number in range(40):
        queued(phone, str(number), to=f"54911555500{number:02}")
    queued(other, "one")

    found = claim(10, now=timezone.now(), busy={}, cap=1000).claimed
    full = claim(10, now=timezone.now(), busy={phone.pk: 6}, cap=6).claimed

    assert {one.phone_id for one in found} == {phone.pk, other.pk}
    assert full == []


def test_a_request_leaves_its_message_to_the_workers_behind_a_backlog(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    for number in range(10):
        queued(phone, str(number), to=f"54911555500{number:02}")

    (entry,) = queued(phone, "mine")

    assert claim_own(entry, now=timezone.now()) is None


def test_a_request_leaves_its_message_to_the_workers_while_meta_wants_quiet(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    (entry,) = queued(phone, "mine")
    SendingLane.objects.update(paused_until=timezone.now() + timedelta(seconds=5))

    assert claim_own(entry, now=timezone.now()) is None
    assert claim_own(entry, now=timezone.now() + timedelta(seconds=6)) is not None


def test_two_lines_that_turn_out_to_be_one_persons_go_one_after_the_other(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    (one,) = queued(phone, "one")
    (two,) = queued(phone, "two", to=OTHER)
    OutboxEntry.objects.filter(pk=two.pk).update(contact_id=one.contact_id)

    assert [claimed.entry_id for claimed in taken()] == [one.pk]
