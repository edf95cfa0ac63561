"""What is in the tables: which keys open the secrets there, and whether `prune` comes by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.utils import timezone
from ulid import ULID

from backoffice.doctor import stored
from backoffice.doctor.findings import Status
from backoffice.key_rotation import tables
from inbox.models import Message
from meta_events.models import Notification
from organizations.models import IdempotencyKey
from tests.backoffice.conftest import look
from tests.inbox.world import message, receive
from tests.meta_events.world import change, told, worked
from tests.phones.world import healthy_phone
from wabas.models import Waba
from webhooks.models import Event
from webhooks.services import create_webhook

pytestmark = pytest.mark.django_db
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


def saved(organization: Any, number: int, **fields: Any) -> Waba:
    return Waba.objects.create(
        organization=organization,
        meta_waba_id=str(10**12 + number),
        connected_at=timezone.now(),
        **{"access_token": "EAA-token", **fields},
    )


def test_without_a_secret_there_is_nothing_to_open(settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]

    assert look("encryption_keys").message == "0 of 0 secrets opened, 1 key"


def test_every_kind_of_secret_is_looked_at(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    create_webhook(organization=organization, url="https://shop.example.com", events=["*"])
    saved(organization, 1)
    saved(organization, 2, access_token=None)

    assert look("encryption_keys").message == "2 of 2 secrets opened, 1 key"
    assert {(table.model._meta.label, name) for table in tables() for name in table.names} >= {
        ("wabas.Waba", "access_token"),
        ("phones.PhoneNumber", "pin"),
        ("phones.PhoneNumber", "new_pin"),
        ("onboarding.Signup", "access_token"),
        ("onboarding.OnboardingLink", "webhook_secret"),
        ("webhooks.OutgoingWebhook", "secret"),
        ("webhooks.OutgoingWebhook", "previous_secret"),
        ("organizations.IdempotencyKey", "answer"),
    }


def test_a_key_that_was_taken_away_too_early_is_found_where_it_is_missing(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    saved(organization, 1)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    saved(organization, 2)

    finding = look("encryption_keys")

    assert finding.status is Status.FAILED
    assert finding.message == "1 of 2 secrets do not open: 1 in wabas.Waba.access_token"
    assert NEW not in finding.message + finding.remedy


def test_while_keys_are_rotated_it_says_how_much_still_needs_the_old_one(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    with time_machine.travel(MONDAY):
        saved(organization, 1)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    with time_machine.travel(MONDAY + timedelta(hours=1)):
        saved(organization, 2)

    finding = look("encryption_keys")

    assert finding.status is Status.OK
    assert finding.message == (
        "2 of 2 secrets opened, 2 keys;"
        " 1 still need an older one: keep it, or run manage.py rotate_encryption_key"
    )


@pytest.mark.parametrize("is_first_used", [True, False])
def test_a_process_that_still_writes_with_the_old_key_is_warned_of(organization, settings, is_first_used):
    if is_first_used:
        settings.FIELD_ENCRYPTION_KEYS = [NEW]
        with time_machine.travel(MONDAY):
            saved(organization, 1)
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    with time_machine.travel(MONDAY + timedelta(hours=1)):
        saved(organization, 2)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    finding = look("encryption_keys")

    assert finding.status is Status.WARNING
    assert "(2026-11-16 10:00) was not by the first" in finding.message


def test_a_large_table_is_sampled_at_both_ends(organization, settings, monkeypatch):
    monkeypatch.setattr(stored, "SAMPLE", 2)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    for number in range(7):
        saved(organization, number)

    assert look("encryption_keys").message == "4 of 7 secrets opened, 1 key"


# ---- retention ------------------------------------------------------------------------------------------


def event(organization: Any, age: timedelta) -> None:
    at = timezone.now() - age
    Event.objects.create(
        id=f"evt_{ULID.from_datetime(at)}",
        organization=organization,
        name="message.sent",
        body=b"{}",
        created_at=at,
    )


def notification(age: timedelta) -> None:
    row = told(change("seen"))
    worked()
    Notification.objects.filter(pk=row.pk).update(received_at=timezone.now() - age)


def test_what_is_as_old_as_it_may_get_is_no_news(organization):
    event(organization, timedelta(days=31))
    notification(timedelta(days=15))

    assert look("retention").status is Status.OK


def test_events_that_nobody_prunes_are_warned_of(organization):
    event(organization, timedelta(days=33))

    finding = look("retention")

    assert finding.status is Status.WARNING
    assert finding.message == "events are kept longer than they should be"


def test_notifications_that_nobody_prunes_are_warned_of(organization):
    notification(timedelta(days=17))
    event(organization, timedelta(days=33))

    assert look("retention").message.startswith("events and notifications of Meta's are kept longer")


def test_messages_that_nobody_prunes_are_warned_of(organization, settings):
    settings.MESSAGE_RETENTION_DAYS = 30.0
    phone = healthy_phone(organization)
    receive(phone, message())
    Message.objects.update(created_at=timezone.now() - timedelta(days=33))

    assert look("retention").message == "messages are kept longer than they should be"


def test_answers_that_nobody_forgets_are_warned_of(organization):
    IdempotencyKey.objects.create(
        organization=organization, fingerprint="f", status=201, answer="{}", kept_until=MONDAY
    )

    assert look("retention").message == "idempotency keys are kept longer than they should be"
