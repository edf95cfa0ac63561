"""`POST /v1/outgoing-webhooks/{id}/test`: what the receiver gets, and what the caller is told."""

import json
import threading
import time

import pytest
from django.db import connection, connections, transaction
from standardwebhooks import Webhook

from tests.webhooks.receivers import Answer, receiving
from webhooks import testing
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook
from webhooks.services import create_webhook, delete_webhook, rotate_secret, update_webhook
from webhooks.signing import standard_webhooks_secret


@pytest.fixture
def path(webhook) -> str:
    return f"outgoing-webhooks/{webhook.pk}/test"


def called(api, path: str) -> dict:
    answer = api.post(path)
    assert answer.status_code == 200, answer.content
    data: dict = answer.json()["data"]
    assert list(data) == ["delivered", "responseStatus", "durationMs", "error"]
    return data


def test_the_receiver_gets_a_signed_event_and_the_caller_its_answer(
    api, organization, receiver, webhook, path
):
    receiver.answers = [Answer(204, b"")]

    data = called(api, path)

    assert (data["delivered"], data["responseStatus"], data["error"]) == (True, 204, None)
    assert 0 <= data["durationMs"] < 5000
    [got] = receiver.got
    Webhook(standard_webhooks_secret(webhook.secret)).verify(got.body, got.headers)
    body = json.loads(got.body)
    assert list(body) == ["event", "timestamp", "organizationId", "data"]
    assert (body["event"], body["organizationId"]) == ("webhook.test", str(organization.pk))
    assert body["data"] == {"webhookId": str(webhook.pk), "reason": "test_call"}
    assert got.headers["x-webhook-event"] == "webhook.test"
    assert bytes(Event.objects.get(pk=got.headers["webhook-id"]).body) == got.body


def test_it_is_sent_once_and_is_no_delivery(api, receiver, path):
    receiver.answers = [Answer(503)]

    data = called(api, path)

    assert (data["delivered"], data["responseStatus"], data["error"]) == (False, 503, "http_status")
    assert len(receiver.got) == 1
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()


def test_other_endpoints_that_ask_for_test_calls_do_not_get_it(api, organization, receiver, path):
    create_webhook(organization=organization, url="https://other.example.com", events=["webhook.test"])

    called(api, path)

    assert not Delivery.objects.exists()


def test_an_inactive_endpoint_is_called_too_and_stays_as_it_is(api, receiver, webhook, path):
    update_webhook(webhook=webhook, changes={"is_active": False})
    receiver.answers = [Answer(410)]

    assert called(api, path)["responseStatus"] == 410

    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason) == (False, None)


def test_a_410_to_a_test_disables_nobody(api, receiver, webhook, path):
    receiver.answers = [Answer(410)]

    called(api, path)

    assert OutgoingWebhook.objects.get().is_active


def test_nobody_there_is_an_answer_and_no_error(api, webhook, path):
    with receiving() as gone:
        update_webhook(webhook=webhook, changes={"url": gone.url})

    data = called(api, path)

    assert (data["delivered"], data["responseStatus"], data["error"]) == (False, None, "connect_refused")


def test_an_address_inside_our_network_is_not_called(api, receiver, path, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ()

    assert called(api, path)["error"] == "blocked_address"
    assert receiver.got == []


def test_a_redirect_is_not_followed(api, receiver, path):
    receiver.answers = [Answer(302, headers={"Location": receiver.url})]

    assert called(api, path)["error"] == "redirect"
    assert len(receiver.got) == 1


def test_a_receiver_that_never_answers_is_left_after_the_time_of_an_attempt(api, receiver, path, settings):
    settings.DELIVERY_SECONDS = 0.3
    receiver.hold.clear()

    data = called(api, path)

    assert not data["delivered"]
    assert data["error"] in {"read_timeout", "deadline"}
    assert data["durationMs"] < 1500


def test_during_a_rotation_both_secrets_sign(api, receiver, webhook, path):
    rotate_secret(webhook=webhook, secret="the-second-secret-2")

    called(api, path)

    for secret in (webhook.secret, "the-second-secret-2"):
        Webhook(standard_webhooks_secret(secret)).verify(receiver.got[0].body, receiver.got[0].headers)


def test_ten_a_minute_of_one_endpoint(api, organization, receiver, path):
    began, allowed = time.monotonic(), 0
    while (refused := api.post(path)).status_code == 200:
        allowed += 1

    # One more each six seconds, where the machine is slow.
    assert 10 <= allowed <= 10 + (time.monotonic() - began) / 6
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert len(receiver.got) == allowed
    other = create_webhook(organization=organization, url=receiver.url, events=["*"])
    assert api.post(f"outgoing-webhooks/{other.pk}/test").status_code == 200


def test_a_body_is_refused_and_nothing_sent(api, receiver, path):
    assert api.post(path, {"event": "message.received"}).status_code == 400
    assert receiver.got == []


def test_a_deleted_or_another_organizations_endpoint_is_a_404(api, stranger, receiver, webhook, path):
    assert stranger.post(path).status_code == 404
    delete_webhook(webhook=webhook)

    assert api.post(path).status_code == 404
    assert receiver.got == []


def held_calls(api, receiver, path: str, count: int) -> list[threading.Thread]:
    """Test calls that wait for the receiver, each in a thread of its own."""

    def call() -> None:
        api.post(path)
        connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(count)]
    receiver.hold.clear()
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 5
    while receiver.at_once < count and time.monotonic() < ends:
        time.sleep(0.01)
    assert receiver.at_once == count
    return threads


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a second connection")
@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_waits(api, organization, receiver, webhook, path):
    """Who is asked sees the event already, and the endpoint can be changed meanwhile."""
    threads = held_calls(api, receiver, path, 1)

    seen = Event.objects.filter(pk=receiver.got[0].headers["webhook-id"]).exists()
    with transaction.atomic():
        publish(organization=organization, name="message.received", data={})
        update_webhook(webhook=webhook, changes={"description": "changed"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction' AND datname = current_database()"
        )
        waiting = cursor.fetchone()[0]
    receiver.hold.set()
    threads[0].join()

    assert seen
    assert waiting == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a second connection")
@pytest.mark.django_db(transaction=True)
def test_no_more_than_two_threads_of_a_process_wait_for_receivers(api, receiver, path):
    threads = held_calls(api, receiver, path, 2)

    refused = api.post(path)
    receiver.hold.set()
    for thread in threads:
        thread.join()

    assert (refused.status_code, refused["Retry-After"]) == (429, str(testing.BUSY_SECONDS))
    assert api.post(path).status_code == 200
