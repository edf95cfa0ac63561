"""How long a number is quiet when several of its messages are put off side by side."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.models import SendingLane
from inbox.sending.calling import begin
from inbox.sending.outcomes import PutOff, reason
from inbox.sending.settling import settle
from phones.models import PhoneNumber
from tests.graph_server import GraphServer
from tests.inbox.sending.world import OTHER, queued, taken

pytestmark = pytest.mark.django_db(transaction=True)
NO = reason("130429", "Rate limit hit")


@pytest.mark.parametrize("waits", [(300.0, 0.0), (0.0, 300.0)])
def test_the_longest_pause_counts_whatever_came_last(
    phone: PhoneNumber, graph: GraphServer, waits: tuple[float, float]
) -> None:
    queued(phone, "one")
    queued(phone, "two", to=OTHER)
    now = timezone.now()
    for claimed, wait in zip(taken(), waits, strict=True):
        assert begin(claimed, now)
        settle(claimed, PutOff(NO, wait, is_of_number=True), now=now)

    assert SendingLane.objects.get().paused_until == now + timedelta(seconds=300)


def test_a_pause_that_is_over_is_not_kept(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    now = timezone.now()
    SendingLane.objects.update(paused_until=now - timedelta(hours=1))
    (claimed,) = taken()
    assert begin(claimed, now)

    settle(claimed, PutOff(NO, 60.0, is_of_number=True), now=now)

    assert SendingLane.objects.get().paused_until == now + timedelta(seconds=60)
