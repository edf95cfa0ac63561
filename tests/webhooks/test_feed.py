"""The feed of events: its order, its cursor, and what a slow writer cannot slip past."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections, transaction
from django.utils import timezone

from tests.conftest import Api
from tests.wabas.world import on_postgresql
from webhooks.events import publish
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def happen(api: Api, count: int = 1, *, ago: float = 60.0) -> list[str]:
    """Events of so many seconds ago, a second apart."""
    made = []
    for number in range(count):
        with time_machine.travel(timezone.now() - timedelta(seconds=ago - number)), transaction.atomic():
            event = publish(organization=api.organization, name="contact.updated", data={"number": number})
        made.append(event.pk)
    return made


def page(api: Api, query: str = "") -> Any:
    answer = api.get(f"events?{query}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_events_come_oldest_first_as_they_were_stored(api: Api) -> None:
    ids = happen(api, 3)

    shown = page(api)

    assert [event["id"] for event in shown["data"]] == ids
    assert [event["data"]["number"] for event in shown["data"]] == [0, 1, 2]
    assert list(shown["data"][0]) == ["id", "event", "timestamp", "organizationId", "data"]
    assert shown["data"][0]["organizationId"] == str(api.organization.pk)
    assert shown["meta"] == {"pagination": {"limit": 50, "hasMore": False, "nextAfter": ids[-1]}}


def test_a_cursor_walks_through_all_of_them_once(api: Api) -> None:
    ids = happen(api, 7)
    read, after = [], ""

    while True:
        shown = page(api, f"limit=3{after}")
        read += [event["id"] for event in shown["data"]]
        after = f"&after={shown['meta']['pagination']['nextAfter']}"
        if not shown["meta"]["pagination"]["hasMore"]:
            break

    assert read == ids
    empty = page(api, f"limit=3{after}")
    assert (empty["data"], empty["meta"]["pagination"]["nextAfter"]) == ([], ids[-1])


def test_an_event_appears_ten_seconds_after_it_was_stored(api: Api) -> None:
    happen(api, ago=9.0)
    assert page(api)["data"] == []

    with time_machine.travel(timezone.now() + timedelta(seconds=2)):
        assert len(page(api)["data"]) == 1


def test_an_empty_feed_has_no_cursor(api: Api) -> None:
    assert page(api) == {
        "data": [],
        "meta": {"pagination": {"limit": 50, "hasMore": False, "nextAfter": None}},
    }


@pytest.mark.parametrize("query", ["after=evt_00000000000000000000000000", "after=", "after=x%00", "limit=0",
                                   "limit=101", "page=1"])  # fmt: skip
def test_what_is_no_cursor_or_limit_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"events?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == query.partition("=")[0]


def test_another_organizations_events_are_not_there(api: Api, stranger: Api) -> None:
    theirs = happen(stranger)

    assert page(api)["data"] == []
    assert api.get(f"events?after={theirs[0]}").status_code == 400


@on_postgresql
def test_an_event_of_a_slow_transaction_is_not_skipped(api: Api) -> None:
    stored, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            publish(organization=api.organization, name="contact.updated", data={"slow": True})
            stored.set()
            may_commit.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow)
    writer.start()
    stored.wait(10)
    quick = happen(api, ago=0.0)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert page(api)["data"] == []
    may_commit.set()
    writer.join()

    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        shown = page(api)["data"]

    assert [event["data"] for event in shown] == [{"slow": True}, {"number": 0}]
    assert shown[-1]["id"] == quick[0]
    assert Event.objects.count() == 2
