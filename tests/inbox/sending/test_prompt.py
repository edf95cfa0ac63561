"""The request's own try when the database stumbles, and when more requests send than may at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from inbox.models import Message, OutboxEntry
from inbox.sending import prompt
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer
from tests.inbox.sending.world import TEXT, statuses, work
from tests.phones.world import names
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def stumbling(times: float) -> Iterator[None]:
    """This thread's database breaks off so many settlements, as it does where two block each other."""
    left = times

    def execute(run: Callable[..., Any], sql: str, *args: Any) -> Any:
        nonlocal left
        if left > 0 and sql.startswith("UPDATE") and '"wamid" =' in sql:
            left -= 1
            raise OperationalError("deadlock detected")
        return run(sql, *args)

    with connection.execute_wrapper(execute):
        yield


def send(api: Api, phone: PhoneNumber) -> Any:
    return api.post(f"phones/{phone.pk}/messages", TEXT)


def test_metas_answer_is_written_down_when_the_database_stumbles(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    with stumbling(2):
        answer = send(api, phone)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "sent")
    assert (Message.objects.get().wamid, OutboxEntry.objects.count()) == ("wamid.test1", 0)
    assert names().count("message.sent") == 1


def test_a_database_that_does_not_take_it_for_long_is_not_waited_for(
    api: Api, phone: PhoneNumber, graph: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "REQUEST_PATIENCE_SECONDS", 0.3)
    with stumbling(float("inf")):
        answer = send(api, phone)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    eventually(lambda: Message.objects.get().status == "sent")
    assert (statuses(), Message.objects.get().wamid) == (["sent"], "wamid.test1")
    work(seconds=60)
    assert len(graph.calls) == 1


def test_where_too_many_requests_send_the_next_is_left_to_a_worker(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    for _ in range(prompt.CALLERS):
        prompt.slots.acquire()
    try:
        answer = send(api, phone)
    finally:
        prompt.slots.release(prompt.CALLERS)

    assert (answer.status_code, answer.json()["data"]["status"]) == (201, "pending")
    entry = OutboxEntry.objects.get()
    assert (entry.called_at, entry.lease_token, graph.calls) == (None, None, [])
    work()
    assert statuses() == ["sent"]


@pytest.mark.parametrize("ends", ["answered", "late", "not settled", "not claimed"])
def test_every_way_gives_the_slot_back(
    api: Api,
    phone: PhoneNumber,
    graph: GraphServer,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
) -> None:
    monkeypatch.setattr(prompt, "REQUEST_PATIENCE_SECONDS", 0.0)
    settings.MESSAGE_REQUEST_SECONDS = 0.0 if ends == "late" else 5.0
    settings.MESSAGE_PAIR_BURST = 1 if ends == "not claimed" else 45
    with stumbling(1 if ends == "not settled" else 0):
        for _ in range(3):
            send(api, phone)

    eventually(lambda: prompt.slots._value == prompt.CALLERS)
