"""What staff can do for a customer whose endpoint was down: see why, and send again."""

import pytest
from django.utils import timezone

from tests.admin.test_actions import messages_of
from tests.admin.test_pages import address
from webhooks.models import Delivery, OutgoingWebhook, WebhookLane


@pytest.fixture
def failed(told) -> Delivery:
    Delivery.objects.update(state="failed", next_attempt_at=None, finished_at=timezone.now())
    delivery: Delivery = told.delivery
    return delivery


def test_a_delivery_is_sent_again_after_the_question(act, failed):
    assert act("redeliver", failed, confirmed=False).templates[0].name == "admin/ask.html"
    assert Delivery.objects.count() == 1

    page = act("redeliver", failed)

    again = Delivery.objects.exclude(pk=failed.pk).get()
    assert (again.replay_of, again.event_id, again.state) == (failed, failed.event_id, "pending")
    assert messages_of(page)[0].startswith("Send again: done for")


def test_one_that_is_being_sent_again_or_whose_endpoint_is_inactive_is_refused_with_the_reason(act, failed):
    act("redeliver", failed)
    assert messages_of(act("redeliver", failed))[0].endswith("is already being sent to this endpoint again.")

    OutgoingWebhook.objects.update(is_active=False)
    assert messages_of(act("redeliver", failed))[0].endswith("inactive: activate it first.")
    assert Delivery.objects.count() == 2


def test_a_delivery_shows_what_its_owner_reads_until_the_endpoint_is_deleted(staff, api, failed):
    path = address(Delivery, "change", failed.pk)
    shown = api.get(f"outgoing-webhooks/{failed.webhook_id}/deliveries/{failed.pk}").json()["data"]

    assert f"&quot;eventId&quot;: &quot;{shown['eventId']}&quot;" in staff.get(path).content.decode()
    OutgoingWebhook.objects.update(deleted_at=timezone.now(), is_active=False)
    assert "eventId" not in staff.get(path).content.decode()


def test_an_endpoint_in_trouble_says_since_when_and_why_it_was_disabled(staff, told):
    path = address(OutgoingWebhook, "change", told.webhook.pk)
    assert "It answers as it should." in staff.get(path).content.decode()

    WebhookLane.objects.create(webhook=told.webhook, failures=37, first_failure_at=timezone.now())
    OutgoingWebhook.objects.update(
        is_active=False, disabled_reason="failing", disabled_at=timezone.now(), url="https://x.example.com"
    )

    page = staff.get(path).content.decode()
    assert "37" in page
    assert "disabled: It failed for five days" in page
    assert "It answers as it should." not in page
