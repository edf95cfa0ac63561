"""One delivery from its row to its receiver and back, at given times."""

import json
import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import standardwebhooks
import structlog
from django.utils import timezone

from tests.webhooks.receivers import Answer
from webhooks.delivery import claim, send, settle
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook
from webhooks.services import create_webhook, delete_webhook, update_webhook
from webhooks.signing import standard_webhooks_secret

NAME = "phone_number.connected"
FLOORS = [60, 300, 900, 3600]


@pytest.fixture
def event(organization, webhook):
    return publish(organization=organization, name=NAME, data={"name": "Cañón 👋"})


@pytest.fixture
def delivery(event) -> Delivery:
    return Delivery.objects.get(event=event)


def after(delivery: Delivery, **span: float):
    return delivery.created_at + timedelta(**span)


def test_a_delivery_arrives_signed_and_succeeds(go, receiver, webhook, event, delivery):
    go(timezone.now())

    (got,) = receiver.got
    assert got.body == bytes(event.body)
    assert got.headers["webhook-id"] == event.pk
    assert got.headers["x-webhook-event"] == NAME
    assert got.headers["x-webhook-attempt"] == "1"
    assert got.headers["user-agent"] == "Gangway-Webhooks/1"
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert "cookie" not in got.headers
    verified = standardwebhooks.Webhook(standard_webhooks_secret(webhook.secret)).verify(
        got.body, got.headers
    )
    assert verified["data"] == {"name": "Cañón 👋"}
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count, delivery.last_error) == ("succeeded", 1, None)
    assert delivery.finished_at is not None
    assert (delivery.next_attempt_at, delivery.lease_token) == (None, None)
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.response_status, attempt.response_body, attempt.error) == (
        1,
        200,
        "ok",
        None,
    )


def test_four_failures_wait_as_published_and_the_fifth_attempt_may_succeed(go, receiver, delivery):
    receiver.answers = [Answer(500), Answer(503), Answer(429), Answer(408)]
    now = delivery.created_at

    for number, floor in enumerate(FLOORS, start=1):
        (outcome,) = go(now)
        delivery.refresh_from_db()
        wait = (delivery.next_attempt_at - outcome.ended_at).total_seconds()
        assert floor <= wait <= floor * 1.2
        assert (delivery.state, delivery.attempt_count) == ("pending", number)
        assert go(delivery.next_attempt_at - timedelta(milliseconds=1)) == []
        now = delivery.next_attempt_at
    go(now)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == ("succeeded", 5)
    assert len({got.body for got in receiver.got}) == 1
    assert {got.headers["webhook-id"] for got in receiver.got} == {delivery.event_id}
    assert [got.headers["x-webhook-attempt"] for got in receiver.got] == ["1", "2", "3", "4", "5"]
    assert [attempt.number for attempt in Attempt.objects.all()] == [1, 2, 3, 4, 5]


def test_after_the_fifth_failed_attempt_it_is_over(go, receiver, delivery):
    receiver.answers = [Answer(500)] * 6

    for day in range(7):
        go(after(delivery, days=day))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("failed", "http_status")
    assert len(receiver.got) == 5


@pytest.mark.parametrize(
    ("status", "error"), [(301, "redirect"), (308, "redirect"), (400, "http_status"), (404, "http_status")]
)
def test_final_answers_are_not_tried_again(go, receiver, delivery, status, error):
    receiver.answers = [Answer(status, headers={"Location": receiver.url})]

    go(after(delivery))
    go(after(delivery, days=1))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error, delivery.attempt_count) == ("failed", error, 1)
    assert len(receiver.got) == 1


def test_retry_after_lengthens_the_wait_to_an_hour_at_most(go, receiver, delivery):
    receiver.answers = [Answer(503, headers={"Retry-After": "86400"})]

    (outcome,) = go(after(delivery))

    delivery.refresh_from_db()
    wait = (delivery.next_attempt_at - outcome.ended_at).total_seconds()
    assert 3600 <= wait <= 3612


def test_nobody_listening_is_tried_again(go, organization, event):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    OutgoingWebhook.objects.update(url=url)

    go(timezone.now())

    delivery, attempt = Delivery.objects.get(), Attempt.objects.get()
    assert (delivery.state, delivery.last_error) == ("pending", "connect_refused")
    assert (attempt.response_status, attempt.error) == (None, "connect_refused")


def test_an_address_that_is_not_allowed_any_more_gets_no_packet(go, receiver, delivery, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = ()

    go(timezone.now())

    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("failed", "blocked_address")
    assert receiver.got == []


def test_a_receiver_that_is_slow_is_left_at_the_deadline(go, receiver, delivery, settings):
    settings.DELIVERY_SECONDS = 0.3
    receiver.answers = [Answer(after=3)]

    (outcome,) = go(timezone.now())

    assert outcome.error == "read_timeout"
    assert 250 < outcome.duration_ms < 1000
    delivery.refresh_from_db()
    assert delivery.state == "pending"


def test_the_answer_is_kept_cut_and_clean(go, receiver, delivery):
    receiver.answers = [Answer(500, body=b"a\x00b\xff\xf0" + b"x" * 5000)]

    go(timezone.now())

    kept = Attempt.objects.get().response_body
    assert kept.startswith("ab\ufffd")
    assert "\x00" not in kept
    assert len(kept) == 1023


def test_410_disables_the_endpoint_and_tells_the_others_once(go, receiver, webhook, organization):
    other = create_webhook(organization=organization, url="https://other.example.com", events=["*"])
    create_webhook(organization=organization, url="https://unasked.example.com", events=["message.sent"])
    update_webhook(webhook=other, changes={"is_active": False})
    for _ in range(2):
        publish(organization=organization, name=NAME, data={})
    receiver.answers = [Answer(410), Answer(410)]

    go(timezone.now())

    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason) == (False, "gone")
    assert webhook.disabled_at is not None
    told = Delivery.objects.get(event__name="webhook.disabled")
    assert told.webhook == other
    data = json.loads(bytes(told.event.body))["data"]
    assert data == {"webhookId": str(webhook.pk), "reason": "gone"}
    assert set(Delivery.objects.filter(webhook=webhook).values_list("state", flat=True)) == {"failed"}


def test_410_of_an_earlier_url_does_not_disable(receiver, webhook, delivery):
    receiver.answers = [Answer(410)]
    (claimed,) = claim(1, now=timezone.now())
    update_webhook(webhook=webhook, changes={"url": "https://moved.example.com/"})

    settle([send(claimed, at=timezone.now())], now=timezone.now())

    webhook.refresh_from_db()
    assert webhook.is_active


def test_an_inactive_endpoint_holds_and_an_activated_one_sends(go, receiver, webhook, delivery):
    update_webhook(webhook=webhook, changes={"is_active": False})
    assert go(after(delivery, hours=71)) == []

    update_webhook(webhook=webhook, changes={"is_active": True})
    go(after(delivery, hours=71))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempt_count) == ("succeeded", 1)


def test_a_changed_url_takes_the_retries(go, receiver, webhook, delivery):
    receiver.answers = [Answer(500)]
    go(after(delivery))
    update_webhook(webhook=webhook, changes={"url": receiver.url + "/v2"})

    go(after(delivery, hours=1))

    assert [got.path for got in receiver.got] == ["/hooks", "/hooks/v2"]


def test_both_secrets_sign_in_the_overlap_and_one_after_it(go, receiver, webhook, organization):
    first = timezone.now()
    earlier = webhook.secret
    webhook.take_over("the-newer-secret-1", first)
    webhook.save()
    publish(organization=organization, name=NAME, data={})
    go(timezone.now())
    publish(organization=organization, name=NAME, data={})
    go(first + timedelta(hours=25))

    during, later = receiver.got
    assert standardwebhooks.Webhook(earlier).verify(during.body, during.headers)
    assert standardwebhooks.Webhook(b"the-newer-secret-1").verify(during.body, during.headers)
    assert len(later.headers["webhook-signature"].split(" ")) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_an_endpoint_deleted_in_flight_ends_its_delivery(receiver, webhook, delivery, status):
    receiver.answers = [Answer(status)]
    (claimed,) = claim(1, now=timezone.now())
    delete_webhook(webhook=webhook)

    settle([send(claimed, at=timezone.now())], now=timezone.now())

    delivery.refresh_from_db()
    assert delivery.state == ("succeeded" if status == 200 else "discarded")


def test_an_organization_erased_in_flight_breaks_nothing(receiver, organization, event):
    (claimed,) = claim(1, now=timezone.now())
    outcome = send(claimed, at=timezone.now())
    organization.delete()

    settle([outcome], now=timezone.now())

    assert not Attempt.objects.exists()


def test_what_is_logged_has_no_query_no_body_and_no_secret(go, receiver, webhook, event):
    OutgoingWebhook.objects.update(url=receiver.url + "?token=hidden")

    with structlog.testing.capture_logs() as lines:
        go(timezone.now())

    (line,) = [line for line in lines if line["event"] == "attempt"]
    assert line["host"] == urlsplit(receiver.url).netloc
    assert (line["status"], line["state"], line["attempt"]) == (200, "succeeded", 1)
    assert "hidden" not in str(line)
    assert webhook.secret not in str(line)


def test_what_is_claimed_never_shows_a_secret(webhook, delivery):
    (claimed,) = claim(1, now=timezone.now())

    assert webhook.secret not in repr(claimed)
