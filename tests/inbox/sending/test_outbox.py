"""The outbox: the order to one person, what is put off, what a dead sender leaves, many senders at once."""

import threading
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from inbox.models import Conversation, Message, OutboxEntry, SendingLane
from inbox.sending.calling import Claimed, begin
from inbox.sending.claiming import claim, claim_own
from inbox.sending.outcomes import Refused, Sent, Unknown, reason
from inbox.sending.pump import Pump
from inbox.sending.recovery import recover
from inbox.sending.settling import settle
from inbox.sending.storing import store
from meta_graph.messages import SentMessage
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, after, refusing
from tests.inbox.sending.world import TEXT, TO, nothing, pump, statuses, waiting, work
from tests.phones.world import names
from tests.wabas.world import at_once, on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "5491155550000"


def queued(phone: PhoneNumber, *texts: str, to: str = TO) -> list[OutboxEntry]:
    """Messages that were stored, and whose requests died right then."""
    return [
        store(phone=phone, given={"type": "text", "to": to, "text": text}, bind=unbound, now=timezone.now())
        for text in texts
    ]


def unbound(message: Message) -> None:
    return


def taken(limit: int = 10, seconds: float = 0.0) -> list[Claimed]:
    now = timezone.now() + timedelta(seconds=seconds)
    return claim(limit, now=now, busy={}, cap=1000).claimed


def said(call: Any) -> str:
    return str(call.body["text"]["body"])


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


# ---- put off --------------------------------------------------------------------------------------------


def test_a_limit_of_the_number_holds_all_that_it_sends(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.MESSAGE_BACKOFF_SECONDS = [30.0]
    queued(phone, "one")
    graph.plans = [refusing(130429)]
    work()
    queued(phone, "other", to=OTHER)

    work(seconds=5)
    held = len(graph.calls)
    work(seconds=31)

    assert (held, len(graph.calls)) == (1, 3)
    assert set(statuses()) == {"sent"}


def test_a_limit_of_the_pair_holds_one_person_only_and_longer_each_time(
    phone: PhoneNumber, graph: GraphServer
) -> None:
    queued(phone, "one")
    queued(phone, "other", to=OTHER)
    graph.plans = []
    graph.usual = lambda call: refusing(131056)(call) if call.to == TO else graph.accept(call)

    pauses = []
    for seconds in (0, 7, 24, 90):
        now = timezone.now() + timedelta(seconds=seconds)
        work(seconds=seconds)
        due_at: Any = OutboxEntry.objects.get().due_at
        pauses.append(round((due_at - now).total_seconds()))

    assert pauses == [6, 16, 64, 256]
    assert sorted(call.to for call in graph.calls) == [OTHER, TO, TO, TO, TO][: len(graph.calls)]
    assert sorted(statuses()) == ["pending", "sent"]


def test_after_ten_minutes_of_being_put_off_it_is_failed_with_metas_reason(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    queued(phone, "one", "two")
    graph.usual = refusing(131016, "Service unavailable")
    work()
    work(seconds=300)
    assert statuses() == ["pending", "pending"]

    work(seconds=601)

    first: Any = Message.objects.order_by("created_at").first()
    assert (first.status, first.error["code"]) == ("failed", "131016")
    assert names().count("message.status_updated") == 1
    assert [said(call) for call in graph.calls][-1] == "two"


def test_more_to_one_person_than_meta_allows_waits_here(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.MESSAGE_PAIR_BURST, settings.MESSAGE_PAIR_SECONDS = 2, 6.0
    queued(phone, "one", "two", "three", "four")

    work()
    at_first = len(graph.calls)
    work(seconds=6)

    assert (at_first, len(graph.calls)) == (2, 3)


def test_a_number_sends_no_more_in_a_second_than_its_throughput(
    phone: PhoneNumber, graph: GraphServer, settings: Any
) -> None:
    settings.MESSAGE_THROUGHPUT = 20
    for number in range(30):
        queued(phone, str(number), to=f"54911555500{number:02}")

    work()

    times = [call.at for call in graph.sent()]
    assert len(times) == 30
    # The burst is two, then eighteen a second.
    assert 1.3 < times[-1] - times[0] < 4
    assert max(sum(at <= one < at + 1 for one in times) for at in times) <= 21


# ---- dead senders ---------------------------------------------------------------------------------------


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


def turned(worker: Pump) -> None:
    """A turn on a thread of its own."""
    try:
        worker.run(when_time_is_up=nothing)
    finally:
        connection.close()


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
