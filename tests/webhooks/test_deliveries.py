"""`/v1/outgoing-webhooks/{id}/deliveries`: what went where, what came of it, and one of them again."""

import json
import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from api.times import timestamp
from tests.webhooks.receivers import Answer
from webhooks.delivery import claim
from webhooks.events import publish
from webhooks.examples import DELIVERY
from webhooks.models import Attempt, Delivery
from webhooks.services import create_webhook, delete_webhook, update_webhook

NAMES = ("message.received", "message.sent", "phone_number.connected")


@pytest.fixture
def path(webhook) -> str:
    return f"outgoing-webhooks/{webhook.pk}/deliveries"


def happen(organization, name: str = "message.received", *, ago: float = 0, **data) -> str:
    """An event of so many seconds ago; its id."""
    with time_machine.travel(timezone.now() - timedelta(seconds=ago), tick=False):
        return publish(organization=organization, name=name, data=data).pk


def shown(api, path: str) -> list[dict]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    rows: list[dict] = answer.json()["data"]
    return rows


def test_a_delivery_shows_each_attempt_and_when_the_next_is(api, organization, receiver, path, go):
    event_id = happen(organization)
    receiver.answers = [Answer(503, b"upstream is down\x00 " + b"x" * 2000), Answer(429)]
    go(timezone.now())
    go(timezone.now() + timedelta(minutes=2))

    [row] = shown(api, path)

    assert list(row) == list(DELIVERY)
    assert (row["eventId"], row["event"], row["status"]) == (event_id, "message.received", "pending")
    assert row["eventId"] == receiver.got[0].headers["webhook-id"]
    due_at = Delivery.objects.get().next_attempt_at
    assert due_at is not None
    assert row["nextAttemptAt"] == timestamp(due_at)
    first, second = row["attempts"]
    assert list(first) == list(DELIVERY["attempts"][0])
    assert (first["number"], first["responseStatus"], first["error"]) == (1, 503, "http_status")
    assert first["responseBody"].startswith("upstream is down x")
    assert len(first["responseBody"]) <= 1024
    assert (second["number"], second["responseStatus"], row["lastError"]) == (2, 429, "http_status")
    assert 0 <= first["durationMs"] < 5000


def test_the_states_are_told_apart(api, organization, webhook, receiver, path, go):
    happen(organization)
    assert shown(api, path)[0]["status"] == "pending"
    assert shown(api, path)[0]["nextAttemptAt"] is not None

    update_webhook(webhook=webhook, changes={"is_active": False})
    held = shown(api, path)[0]
    assert (held["status"], held["nextAttemptAt"], held["attempts"]) == ("held", None, [])

    update_webhook(webhook=webhook, changes={"is_active": True})
    claim(1, now=timezone.now() + timedelta(hours=1))
    flying = shown(api, path)[0]
    assert (flying["status"], flying["nextAttemptAt"]) == ("in_flight", None)

    happen(organization)
    go(timezone.now() + timedelta(hours=1))
    arrived = shown(api, path)[0]
    assert (arrived["status"], arrived["nextAttemptAt"], arrived["lastError"]) == ("succeeded", None, None)
    assert arrived["finishedAt"] > arrived["createdAt"]

    receiver.answers = [Answer(404)]
    happen(organization)
    go(timezone.now() + timedelta(hours=1))
    failed = shown(api, path)[0]
    assert (failed["status"], failed["lastError"], len(failed["attempts"])) == ("failed", "http_status", 1)


def test_the_newest_come_first_and_pages_hold_what_they_say(api, organization, path):
    ids = [happen(organization, ago=ago) for ago in (50, 40, 30)]

    assert [row["eventId"] for row in shown(api, path)] == ids[::-1]
    page = api.get(f"{path}?limit=2&page=2").json()
    assert [row["eventId"] for row in page["data"]] == [ids[0]]
    assert page["meta"]["pagination"] == {"page": 2, "limit": 2, "total": 3, "hasMore": False}


def test_filters_narrow(api, organization, webhook, receiver, path, go):
    for name in NAMES:
        happen(organization, name)
    receiver.answers = [Answer(400), Answer(200), Answer(500)]
    go(timezone.now())
    states = {row["event"]: row["status"] for row in shown(api, path)}

    assert Counter(states.values()) == {"failed": 1, "succeeded": 1, "pending": 1}
    for name, status in states.items():
        assert [row["event"] for row in shown(api, f"{path}?status={status}")] == [name]
        assert [row["event"] for row in shown(api, f"{path}?event={name}")] == [name]
        assert len(shown(api, f"{path}?event={name}&status={status}")) == 1
    for status in ("held", "in_flight", "discarded"):
        assert shown(api, f"{path}?status={status}") == []

    update_webhook(webhook=webhook, changes={"is_active": False})
    assert shown(api, f"{path}?status=pending") == []
    assert len(shown(api, f"{path}?status=held")) == 1


def test_filters_by_time(api, organization, path):
    ids = [happen(organization, ago=ago) for ago in (50, 40, 30)]
    middle = timestamp(timezone.now() - timedelta(seconds=45))

    assert [row["eventId"] for row in shown(api, f"{path}?createdAfter={middle}")] == [ids[2], ids[1]]
    assert [row["eventId"] for row in shown(api, f"{path}?createdBefore={middle}")] == [ids[0]]
    assert shown(api, f"{path}?createdAfter={middle}&createdBefore={middle}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=pending,failed", "status"),
        ("status=", "status"),
        ("event=*", "event"),
        ("event=message.unknown", "event"),
        ("createdAfter=yesterday", "createdAfter"),
        ("state=failed", "state"),
        ("limit=101", "limit"),
    ],
)
def test_a_wrong_query_is_named(api, path, query, field):
    answer = api.get(f"{path}?{query}")

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


def test_deliveries_of_another_endpoint_are_not_shown_and_not_found(api, organization, stranger, path):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    foreign = create_webhook(organization=stranger.organization, url="https://x.example.com", events=["*"])
    happen(organization)
    happen(stranger.organization)

    assert len(shown(api, path)) == 1
    for delivery in (Delivery.objects.get(webhook=other), Delivery.objects.get(webhook=foreign)):
        assert api.get(f"{path}/{delivery.pk}").status_code == 404
        assert api.post(f"{path}/{delivery.pk}/redeliver").status_code == 404
    assert stranger.get(path).status_code == 404
    assert Delivery.objects.count() == 3


def test_all_of_it_is_gone_with_the_endpoint(api, organization, webhook, path):
    happen(organization)
    delivery = Delivery.objects.get()
    delete_webhook(webhook=webhook)

    for answer in (
        api.get(path),
        api.get(f"{path}/{delivery.pk}"),
        api.post(f"{path}/{delivery.pk}/redeliver"),
        api.post(f"{path.removesuffix('deliveries')}replay", {"since": timestamp(timezone.now())}),
    ):
        assert answer.status_code == 404, answer.content


# -- again -------------------------------------------------------------------------------------------


@pytest.fixture
def failed(organization, receiver, webhook, go) -> Delivery:
    with transaction.atomic():
        happen(organization, text="Cañón 👋")
    receiver.answers = [Answer(400)]
    go(timezone.now())
    return Delivery.objects.get()


def again(api, path: str, delivery: Delivery):
    return api.post(f"{path}/{delivery.pk}/redeliver")


def test_a_redelivery_is_a_new_delivery_of_the_same_event_and_bytes(api, receiver, path, failed, go):
    answer = again(api, path, failed)

    assert answer.status_code == 202, answer.content
    new = answer.json()["data"]
    assert new["id"] != str(failed.pk)
    assert (new["replayOf"], new["eventId"]) == (str(failed.pk), failed.event_id)
    assert (new["status"], new["attempts"]) == ("pending", [])

    go(timezone.now() + timedelta(seconds=1))
    first, second = receiver.got
    assert first.body == second.body
    assert json.loads(second.body)["data"] == {"text": "Cañón 👋"}
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["x-webhook-attempt"] == "1"
    assert [row["status"] for row in shown(api, path)] == ["succeeded", "failed"]
    assert api.get(f"{path}/{new['id']}").json()["data"]["attempts"][0]["responseStatus"] == 200
    assert Delivery.objects.get(pk=failed.pk).attempt_count == 1


def test_what_arrived_can_be_sent_again_too(api, organization, receiver, webhook, path, go):
    happen(organization)
    go(timezone.now())

    assert again(api, path, Delivery.objects.get()).status_code == 202
    go(timezone.now() + timedelta(seconds=1))
    assert len(receiver.got) == 2


def test_while_one_waits_or_is_under_way_there_is_no_other(api, path, failed, go):
    first = Delivery.objects.get(pk=again(api, path, failed).json()["data"]["id"])

    for delivery in (failed, first):
        refused = again(api, path, delivery)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")
    claim(1, now=timezone.now() + timedelta(seconds=1))
    assert again(api, path, failed).status_code == 409
    assert Delivery.objects.count() == 2


def test_an_ended_redelivery_can_be_repeated(api, path, failed, go):
    first = Delivery.objects.get(pk=again(api, path, failed).json()["data"]["id"])
    go(timezone.now() + timedelta(seconds=1))

    for delivery in (failed, first):
        assert again(api, path, delivery).status_code == 202
        go(timezone.now() + timedelta(seconds=1))


def test_a_delivery_that_waits_for_its_retry_can_be_sent_now_and_each_is_sent_once(
    api, organization, receiver, path, webhook, go
):
    happen(organization)
    receiver.answers = [Answer(500)]
    go(timezone.now())

    assert again(api, path, Delivery.objects.get()).status_code == 202
    go(timezone.now() + timedelta(seconds=1))
    assert len(receiver.got) == 2
    go(timezone.now() + timedelta(hours=2))
    assert [got.headers["x-webhook-attempt"] for got in receiver.got] == ["1", "1", "2"]
    go(timezone.now() + timedelta(hours=9))
    assert len(receiver.got) == 3


def test_an_inactive_endpoint_is_a_409_and_gets_nothing(api, webhook, path, failed):
    update_webhook(webhook=webhook, changes={"is_active": False})

    answer = again(api, path, failed)

    assert answer.status_code == 409
    assert "inactive" in answer.json()["error"]["message"]
    assert Delivery.objects.count() == 1


def test_a_body_is_refused(api, path, failed):
    assert api.post(f"{path}/{failed.pk}/redeliver", {"now": True}).status_code == 400
    assert Delivery.objects.count() == 1


def test_the_order_of_attempts_is_that_of_their_numbers(api, path, failed):
    for number in (3, 2):
        Attempt.objects.create(delivery=failed, number=number, at=timezone.now(), error="reset")

    assert [attempt["number"] for attempt in shown(api, path)[0]["attempts"]] == [1, 2, 3]


def test_no_read_opens_a_secret_or_a_body(api, path, failed):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_outgoingwebhook SET secret = 'not a ciphertext'")

    assert len(shown(api, path)) == 1
    assert api.get(f"{path}/{failed.pk}").status_code == 200
    assert api.get(f"{path}/{uuid.uuid4()}").status_code == 404


@pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_make_one_redelivery(api, path, failed):
    ready, statuses = threading.Barrier(8), []

    def click() -> None:
        ready.wait()
        statuses.append(again(api, path, failed).status_code)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [202] + [409] * 7
    assert Delivery.objects.count() == 2
