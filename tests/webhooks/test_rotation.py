"""New secrets of endpoints, and what signs for how long."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.events import publish
from webhooks.models import OutgoingWebhook
from webhooks.services import rotate_secret
from webhooks.signing import standard_webhooks_secret

FIRST, SECOND, THIRD = "the-first-secret-1", "the-second-secret-2", "the-third-secret-3"


@pytest.fixture
def path(webhook) -> str:
    rotate_secret(webhook=webhook, secret=FIRST, grace=timedelta(0))
    return f"outgoing-webhooks/{webhook.pk}/rotate-secret"


@pytest.fixture
def signed_by(organization, receiver, go):
    """The secrets that a delivery sent after so many hours verifies with."""

    def found(hours: float) -> set[str]:
        now = timezone.now() + timedelta(hours=hours)
        with time_machine.travel(now, tick=False):
            publish(organization=organization, name="message.sent", data={})
            go(now)
            return {one for one in (FIRST, SECOND, THIRD) if verifies(receiver.got[-1], one)}

    return found


def verifies(got, secret: str) -> bool:
    try:
        Webhook(standard_webhooks_secret(secret)).verify(got.body, got.headers)
    except WebhookVerificationError:
        return False
    return True


def rotated(api, path: str, **body) -> dict:
    answer = api.post(path, body)
    assert answer.status_code == 200, answer.content
    data: dict = answer.json()["data"]
    return data


def test_the_new_secret_is_shown_once_and_generated_when_none_is_given(api, path):
    shown = rotated(api, path)

    assert shown["secret"].startswith("whsec_")
    assert shown["standardWebhooksSecret"] == shown["secret"]
    assert OutgoingWebhook.objects.get().secret == shown["secret"]
    for later in (api.get(f"outgoing-webhooks/{shown['id']}"), api.get("outgoing-webhooks")):
        assert shown["secret"] not in later.content.decode()
    assert rotated(api, path)["secret"] != shown["secret"]


def test_no_body_at_all_is_a_rotation_with_what_is_usual(api, path, signed_by):
    key = {"authorization": f"Bearer {api.key}"}
    assert api.client.generic("POST", f"/v1/{path}", headers=key).status_code == 200

    assert signed_by(23.9) == {FIRST}
    assert signed_by(24.1) == set()


def test_the_secret_before_signs_too_for_a_day(api, path, signed_by):
    shown = rotated(api, path, secret=SECOND)

    assert (shown["secret"], shown["standardWebhooksSecret"]) == (SECOND, standard_webhooks_secret(SECOND))
    assert signed_by(0) == signed_by(23.9) == {FIRST, SECOND}
    assert signed_by(24.1) == {SECOND}


@pytest.mark.parametrize("hours", [1, 168])
def test_or_for_as_long_as_is_asked_for(api, path, signed_by, hours):
    rotated(api, path, secret=SECOND, gracePeriodHours=hours)

    assert signed_by(hours - 0.1) == {FIRST, SECOND}
    assert signed_by(hours + 0.1) == {SECOND}


def test_without_grace_the_secret_before_signs_nothing_from_now_on_and_is_forgotten(api, path, signed_by):
    rotated(api, path, secret=SECOND, gracePeriodHours=0)

    assert signed_by(0) == {SECOND}
    assert OutgoingWebhook.objects.get().previous_secret is None


def test_the_last_two_secrets_sign(api, path, signed_by):
    rotated(api, path, secret=SECOND)
    rotated(api, path, secret=THIRD)

    assert signed_by(0) == {SECOND, THIRD}


def test_the_same_rotation_again_changes_nothing(api, path, signed_by):
    rotated(api, path, secret=SECOND)
    rotated(api, path, secret=SECOND)

    assert signed_by(0) == {FIRST, SECOND}


def test_the_same_secret_without_grace_ends_the_overlap(api, path, signed_by):
    rotated(api, path, secret=SECOND)
    rotated(api, path, secret=SECOND, gracePeriodHours=0)

    assert signed_by(0) == {SECOND}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secret", "short-secret-15"),
        ("secret", "x" * 257),
        ("secret", " leading-space-12345"),
        ("secret", 12345678901234567890),
        ("gracePeriodHours", -1),
        ("gracePeriodHours", 169),
        ("gracePeriodHours", 1.5),
        ("gracePeriodHours", "24"),
        ("gracePeriodHours", True),
        ("grace", 24),
    ],
)
def test_a_wrong_body_is_named_and_changes_nothing(api, path, field, value):
    answer = api.post(path, {"secret": SECOND} | {field: value})

    assert answer.status_code == 400, answer.content
    assert {detail["field"] for detail in answer.json()["error"]["details"]} == {field}
    assert OutgoingWebhook.objects.get().secret == FIRST


def test_a_deleted_or_another_organizations_endpoint_is_a_404(api, stranger, path):
    assert stranger.post(path).status_code == 404
    api.delete(path.removesuffix("/rotate-secret"))

    assert api.post(path).status_code == 404


@pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")
@pytest.mark.django_db(transaction=True)
def test_of_rotations_at_once_the_last_two_secrets_sign(webhook):
    def rotate(secret: str) -> None:
        rotate_secret(webhook=webhook, secret=secret)
        connection.close()

    secrets = [f"secret-number-{number:02}" for number in range(8)]
    threads = [threading.Thread(target=rotate, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    row = OutgoingWebhook.objects.get()
    assert len({row.secret, row.previous_secret} & set(secrets)) == 2
