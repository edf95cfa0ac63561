"""What is written down of failures, and when one is the last."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from inbox.models import Contact
from meta_events.models import Change
from meta_events.splitting import split
from tests.meta_events.world import body_of, change, entry, post, the_change, told, worked
from tests.wabas.world import on_postgresql

pytestmark = pytest.mark.django_db
SECRET = "5491155550000"
NOW = timezone.now()


@pytest.fixture
def refused(phone, handling):
    """A handler whose row the database refuses: somebody has the number already."""
    Contact.objects.create(phone=phone, identifier="a", identifier_type="phone", wa_id=SECRET)

    def write(item):
        try:
            Contact.objects.create(phone=phone, identifier="b", identifier_type="phone", wa_id=SECRET)
        except IntegrityError as inner:
            raise RuntimeError("not stored") from inner

    handling("refused", write)
    handling("bare", lambda item: Contact.objects.create(phone=phone, identifier="a"))


@pytest.mark.parametrize("field", ["refused", "bare"])
def test_what_a_database_says_of_a_row_is_neither_stored_nor_logged(refused, caplog, field):
    told(change(field))

    worked()

    row = the_change()
    assert (row.status, SECRET in str(row.error)) == ("waiting", False)
    assert row.error in {"RuntimeError", "IntegrityError", "IntegrityError contact_once"}
    assert SECRET not in caplog.text
    assert "unique constraint" not in caplog.text.lower()
    assert "not handled" in caplog.text
    assert "test_failures.py" in caplog.text


@on_postgresql
def test_the_name_of_the_constraint_is_stored(refused):
    told(change("bare"))

    worked()

    assert the_change().error == "IntegrityError contact_once"
    assert connection.vendor == "postgresql"


def test_a_far_future_is_of_no_time(client, seen):
    year_5138 = 99999999999
    post(client, body_of(entry(change("seen"), at=year_5138)))

    worked()

    assert seen[0].at == seen[0].received_at


def test_a_clock_that_is_a_little_ahead_is_believed(client, seen):
    soon = int(timezone.now().timestamp()) + 3600
    post(client, body_of(entry(change("seen"), at=soon)))

    worked()

    assert int(seen[0].at.timestamp()) == soon


def test_what_waits_for_a_message_that_never_comes_is_skipped_however_few_tries_are_set(
    client, phone, settings
):
    settings.META_EVENT_BACKOFF_SECONDS = [1]
    status = {"id": "wamid.never", "status": "read", "timestamp": "1739321024", "recipient_id": SECRET}
    value = {"metadata": {"phone_number_id": phone.meta_phone_number_id}, "statuses": [status]}
    told(change("messages", **value), entry_id=phone.waba.meta_waba_id)

    for minute in range(8):
        worked(clock=lambda at=minute: NOW + timedelta(minutes=at + 1))

    row = the_change()
    assert (row.status, row.error) == ("skipped", "TooEarlyError: wamid.never")
    assert row.attempts == 5


def test_a_worker_that_dies_each_time_is_given_up(seen, settings):
    settings.META_EVENT_BACKOFF_SECONDS = [1]
    told(change("seen"))
    split(NOW)
    due_at = timezone.now() - timedelta(minutes=1)
    Change.objects.update(
        status="running", attempts=2, due_at=due_at, lease_token="00000000-0000-4000-8000-000000000000"
    )

    worked()

    assert (the_change().status, the_change().error) == ("failed", "No worker lived to its end.")
    assert seen == []
