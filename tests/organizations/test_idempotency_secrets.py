"""Answers that are kept hold secrets that are shown once: nobody may find one, nor the clients' keys."""

import pytest
from django.db import connection

from organizations.models import IdempotencyKey
from tests.organizations.test_idempotency import ENDPOINT, KEYS, LINK, post

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> str:
    """Everything that the table holds, as it is stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM organizations_idempotencykey")
        return repr(cursor.fetchall())


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("onboarding-links", LINK, "webhookSecret"),
        ("outgoing-webhooks", ENDPOINT, "secret"),
        ("api-keys", {"name": "second", "scopes": ["read"]}, "key"),
    ],
)
def test_a_secret_that_is_shown_once_is_nowhere_in_clear(api, caplog, path, body, secret):
    shown = post(api, path, body).json()["data"][secret]
    post(api, path, body)

    assert shown
    assert shown not in stored()
    assert KEYS[0] not in stored()
    assert shown not in caplog.text
    assert KEYS[0] not in caplog.text
    row = IdempotencyKey.objects.get()
    assert shown in (row.answer or "")
    assert shown not in f"{row!r} {row} {vars(row)}"


def test_no_hash_of_a_body_lies_open(api):
    """A PIN in a body could be guessed from its hash."""
    post(api)
    fingerprint = IdempotencyKey.objects.get().fingerprint

    assert len(fingerprint) == 64
    assert fingerprint not in stored()
