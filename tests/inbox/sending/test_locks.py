"""A call that is settled while its person is erased or joined to another: one waits for the other."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inbox import contacts, erasure, merging
from inbox.models import Contact, Message, OutboxEntry
from inbox.sending.calling import Claimed, begin
from inbox.sending.outcomes import Sent
from inbox.sending.settling import settle
from meta_graph.messages import SentMessage
from phones.models import PhoneNumber
from tests.graph_server import GraphServer
from tests.inbox.sending.world import OTHER, queued, taken
from tests.wabas.world import on_postgresql

pytestmark = [pytest.mark.django_db(transaction=True), on_postgresql]
Act = Callable[[], Any]


def called(phone: PhoneNumber) -> Claimed:
    """The newest message, given to Meta."""
    (newest,) = [one for one in taken() if one.entry_id == OutboxEntry.objects.latest("pk").pk]
    assert begin(newest, timezone.now())
    return newest


def while_it_settles(claimed: Claimed, act: Act) -> list[str]:
    """What came of the settlement and of `act`, which began when the settlement had half of its locks."""
    results: list[str] = []
    answer = Sent(SentMessage("wamid.1", None, None, None))

    def run(one: Act) -> None:
        try:
            one()
            results.append("done")
        except Exception as failure:  # noqa: BLE001 -- the outcome is what the test looks at
            results.append(str(failure))
        finally:
            connection.close()

    acts: list[Act] = [lambda: settle(claimed, answer, now=timezone.now()), act]
    threads = [threading.Thread(target=run, args=[one]) for one in acts]
    with transaction.atomic():
        # The settlement has the conversation by then, and waits for the message.
        Message.objects.select_for_update().get(outbox_entry=claimed.entry_id)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_until_blocked(number)
    for thread in threads:
        thread.join()
    return results


def wait_until_blocked(count: int) -> None:
    """Until so many connections wait for somebody's lock."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")


def test_erasing_a_person_waits_for_a_settlement(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    contact = Contact.objects.get()

    results = while_it_settles(called(phone), lambda: erasure.erase(contact=contact))

    assert (results, Message.objects.count()) == (["done", "done"], 0)


def test_joining_two_contacts_waits_for_a_settlement(phone: PhoneNumber, graph: GraphServer) -> None:
    queued(phone, "one")
    queued(phone, "two", to=OTHER)

    @transaction.atomic
    def join() -> None:
        merging.merge(phone, list(contacts.locked().order_by("created_at")))

    results = while_it_settles(called(phone), join)

    assert (results, Contact.objects.count()) == (["done", "done"], 1)
    assert set(Message.objects.values_list("status", flat=True)) == {"pending", "sent"}
