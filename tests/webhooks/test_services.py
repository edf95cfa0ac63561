"""Endpoints of links, and what deleting and activating do to deliveries."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from webhooks.events import publish
from webhooks.models import Delivery, OutgoingWebhook
from webhooks.services import connect_link_webhook, create_webhook, delete_webhook, update_webhook

URL, SECRET = "https://shop.example.com/hooks", "a-secret-of-the-shop"


def connect(organization, waba, *, url=URL, events=("*",), secret=SECRET) -> OutgoingWebhook:
    return connect_link_webhook(organization=organization, waba=waba, url=url, events=events, secret=secret)


def test_a_link_makes_an_endpoint_of_its_waba(organization, waba):
    webhook = connect(organization, waba, events=["message.sent"])

    assert (webhook.url, webhook.waba, webhook.events) == (URL, waba, ["message.sent"])
    assert webhook.secret == SECRET
    assert webhook.is_active


def test_a_second_link_with_the_same_url_unites_the_events(organization, waba):
    first = connect(organization, waba, events=["message.sent", "message.received"])

    second = connect(organization, waba, events=["message.received", "phone_number.connected"])

    assert second.pk == first.pk
    second.refresh_from_db()
    assert second.events == ["message.sent", "message.received", "phone_number.connected"]
    assert second.previous_secret is None


def test_a_newer_secret_takes_over_and_the_older_signs_too_for_a_day(organization, waba):
    connect(organization, waba)
    connect(organization, waba, secret="the-newer-secret-1")

    webhook = OutgoingWebhook.objects.get()
    now = timezone.now()
    assert webhook.secrets_at(now) == ("the-newer-secret-1", SECRET)
    assert webhook.secrets_at(now + timedelta(hours=23, minutes=59)) == ("the-newer-secret-1", SECRET)
    assert webhook.secrets_at(now + timedelta(hours=24, minutes=1)) == ("the-newer-secret-1",)


def test_an_inactive_a_deleted_or_an_organization_wide_endpoint_is_not_reused(organization, waba):
    update_webhook(webhook=connect(organization, waba), changes={"is_active": False})
    delete_webhook(webhook=connect(organization, waba))
    create_webhook(organization=organization, url=URL, events=["*"])

    connect(organization, waba)

    assert OutgoingWebhook.objects.count() == 4


@pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")
@pytest.mark.django_db(transaction=True)
def test_links_that_complete_at_once_share_one_endpoint(organization, waba):
    ready = threading.Barrier(6)

    def complete() -> None:
        ready.wait()
        with transaction.atomic():
            connect(organization, waba)
        connection.close()

    threads = [threading.Thread(target=complete) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert OutgoingWebhook.objects.count() == 1


def test_deleting_discards_what_waits_and_forgets_the_secrets(organization):
    webhook = create_webhook(organization=organization, url=URL, events=["*"])
    publish(organization=organization, name="message.sent", data={})

    delete_webhook(webhook=webhook)

    webhook.refresh_from_db()
    assert (webhook.secret, webhook.previous_secret, webhook.is_active) == ("", None, False)
    assert Delivery.objects.get().state == Delivery.State.DISCARDED
    assert not OutgoingWebhook.objects.for_organization(organization).exists()


def test_activating_clears_the_reason(organization):
    webhook = create_webhook(organization=organization, url=URL, events=["*"])
    OutgoingWebhook.objects.update(is_active=False, disabled_reason="gone", disabled_at=timezone.now())

    update_webhook(webhook=webhook, changes={"is_active": True})

    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.disabled_reason, webhook.disabled_at) == (True, None, None)
