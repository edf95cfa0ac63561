"""One Celery task a delivery with `requests.post`, as it is usually written: the row, the POST, the log."""

from functools import partial

import requests
from django.db import transaction
from django.utils import timezone

from bench.peers.webhooks.app import app
from webhooks.models import Attempt, Delivery, Event
from webhooks.signing import attempt_headers

PAUSES = (60, 300, 900, 3600)


@app.task(bind=True, name="deliver", max_retries=len(PAUSES))
def deliver(self, delivery_id):
    delivery = Delivery.objects.select_related("event", "webhook").get(pk=delivery_id)
    delivery.attempt_count += 1
    attempt = Attempt(
        delivery=delivery, webhook=delivery.webhook, number=delivery.attempt_count, at=timezone.now()
    )
    try:
        answer = requests.post(
            delivery.webhook.url,
            data=bytes(delivery.event.body),
            headers=headers_of(delivery, attempt),
            timeout=10,
        )
        attempt.response_status, attempt.response_body = answer.status_code, answer.text[:1024]
        answer.raise_for_status()
    except requests.RequestException as failure:
        attempt.error = type(failure).__name__
    attempt.duration_ms = round((timezone.now() - attempt.at).total_seconds() * 1000)
    attempt.save()
    if attempt.error is None:
        delivery.state, delivery.finished_at = Delivery.State.SUCCEEDED, timezone.now()
    delivery.last_error = attempt.error
    delivery.save(update_fields=["attempt_count", "state", "finished_at", "last_error"])
    if attempt.error is not None:
        raise self.retry(countdown=PAUSES[self.request.retries])


def headers_of(delivery: Delivery, attempt: Attempt) -> dict[str, str]:
    return attempt_headers(
        event_id=delivery.event.pk,
        event_name=delivery.event.name,
        body=bytes(delivery.event.body),
        signing=[delivery.webhook.secret],
        attempt=attempt.number,
        at=attempt.at,
    )


def ring(event: Event) -> None:
    """A task for each delivery of the event when it is committed."""
    for pk in event.deliveries.values_list("pk", flat=True):
        transaction.on_commit(partial(deliver.delay, str(pk)))
