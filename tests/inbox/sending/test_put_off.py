"""What Meta puts off, for one person or for a number, and what waits here so that Meta does not have to."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import Message, OutboxEntry
from phones.models import PhoneNumber
from tests.graph_server import GraphServer, refusing
from tests.inbox.sending.world import OTHER, TO, queued, said, statuses, work
from tests.phones.world import names

pytestmark = pytest.mark.django_db(transaction=True)


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
