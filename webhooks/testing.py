"""The test call: one event to one endpoint, sent now and once, outside of the queue."""

import threading
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from api.errors import RateLimitedError
from api.throttling import Rate, spend
from vault.ciphers import encrypt
from webhooks.delivery import Claimed, Outcome, send
from webhooks.delivery.lines import write_line
from webhooks.events import store
from webhooks.models import OutgoingWebhook

# Of one endpoint.
RATE = Rate(10, 60)
# A call lasts up to 10 s and holds a thread of the web server: so many of one process at most.
AT_ONCE = threading.BoundedSemaphore(2)
BUSY_SECONDS = 2


class TooManyTestsError(RateLimitedError):
    message = "Too many test calls. Try again in a moment."


def send_test(*, webhook: OutgoingWebhook) -> Outcome:
    """Sends `webhook.test` to an endpoint, active or not; it is no delivery and changes nothing there.

    Not within a transaction: it waits for the receiver, 10 s at most. Raises TooManyTestsError.
    """
    spent = spend(f"webhook-test:{webhook.pk}", RATE)
    if spent.is_over:
        raise TooManyTestsError(headers={"Retry-After": str(spent.reset)})
    if not AT_ONCE.acquire(blocking=False):
        raise TooManyTestsError(headers={"Retry-After": str(BUSY_SECONDS)})
    try:
        outcome = send(attempt_at(webhook), at=timezone.now())
        write_line(outcome, "test")
        return outcome
    finally:
        AT_ONCE.release()


def attempt_at(webhook: OutgoingWebhook) -> Claimed:
    """What is sent. Its event is stored: the `webhook-id` that the receiver sees stands in `/v1/events`."""
    now = timezone.now()
    with transaction.atomic():
        event = store(
            organization=webhook.organization,
            waba=webhook.waba,
            name="webhook.test",
            data={"webhookId": str(webhook.pk), "reason": "test_call"},
        )
    return Claimed(
        delivery_id=uuid4(),
        webhook_id=webhook.pk,
        event_id=event.pk,
        event_name=event.name,
        body=bytes(event.body),
        url=webhook.url,
        sealed=tuple(encrypt(secret) for secret in webhook.secrets_at(now)),
        attempt=1,
        lease_token=uuid4(),
        lease_expires_at=now,
        due_at=now,
    )
