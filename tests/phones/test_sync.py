"""A number's check: what Meta answers is written, what fails loses nothing."""

from datetime import timedelta

import pytest
import responses
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meta_graph.wabas import unsubscribe_app
from phones import reading, sync
from phones.models import PhoneNumber
from phones.schedule import OVERDUE, take_overdue
from phones.sync import sync_phone
from phones.tasks import sweep_phones
from phones.tasks import sync_phone as sync_phone_task
from tests.phones.test_services import numbers
from tests.phones.world import names
from tests.wabas.test_services import connect
from tests.wabas.world import at_once, on_postgresql, token_of
from wabas.models import Waba


def failure(phone, key):
    return (phone.sync_error or {}).get(key)


def test_a_check_reads_the_number_its_waba_and_our_subscription(organization, meta):
    phone = meta.registered_phone(organization)
    meta.change(phone.waba.meta_waba_id, name="Acme renamed")
    Waba.objects.update(is_subscribed=None)

    sync_phone(phone.pk)

    phone = PhoneNumber.objects.select_related("waba").get()
    assert (phone.status, phone.platform_type, phone.is_registered) == ("CONNECTED", "CLOUD_API", True)
    assert phone.health is not None
    assert phone.health["can_send_message"] == "AVAILABLE"
    assert phone.waba.name == "Acme renamed"
    assert phone.waba.is_subscribed is True
    assert phone.synced_at is not None
    assert timezone.now() - phone.synced_at < timedelta(seconds=5)


def test_a_check_sees_that_our_app_is_no_longer_subscribed(organization, meta):
    phone = meta.registered_phone(organization)
    unsubscribe_app(waba_id=phone.waba.meta_waba_id, token=token_of(phone.waba))

    sync_phone(phone.pk)

    assert Waba.objects.get().is_subscribed is False


def test_a_check_makes_three_calls(organization, meta):
    phone = meta.registered_phone(organization)
    before = len(meta.sandbox.calls())

    sync_phone(phone.pk)

    assert len(meta.sandbox.calls()) - before == 3


def test_a_failure_is_recorded_and_the_last_state_stays(organization, meta):
    phone = meta.registered_phone(organization)
    sync_phone(phone.pk)
    before = PhoneNumber.objects.get()
    meta.sandbox.set_scenario("graph_down")
    PhoneNumber.objects.update(sync_requested_at=timezone.now())

    sync_phone(phone.pk)

    after = PhoneNumber.objects.get()
    assert failure(after, "cause") == "TEMPORARY"
    assert after.sync_failed_at is not None
    assert after.sync_requested_at is None
    assert (after.status, after.health, after.synced_at) == (before.status, before.health, before.synced_at)


def test_a_check_that_succeeds_forgets_the_failure(organization, meta):
    phone = meta.registered_phone(organization)
    meta.sandbox.set_scenario("graph_down")
    sync_phone(phone.pk)
    meta.sandbox.clear_scenarios()

    sync_phone(phone.pk)

    after = PhoneNumber.objects.get()
    assert (after.sync_error, after.sync_failed_at) == (None, None)


def test_what_was_answered_before_the_failure_is_kept(organization, meta):
    phone = meta.registered_phone(organization)
    meta.sandbox.set_scenario("error", call="subscribed_apps", code=2)
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        sync_phone(phone.pk)

    after = PhoneNumber.objects.get()
    assert (after.status, after.synced_at) == ("CONNECTED", None)
    assert failure(after, "call") == "list_subscribed_apps"


def test_a_revoked_token_is_noted_after_one_call(organization, meta):
    phone = meta.registered_phone(organization)
    meta.sandbox.set_scenario("token_revoked", target=phone.waba.meta_waba_id)
    before = len(meta.sandbox.calls())

    sync_phone(phone.pk)

    assert Waba.objects.get().token_refused_at is not None
    assert failure(PhoneNumber.objects.get(), "cause") == "TOKEN_INVALID"
    assert len(meta.sandbox.calls()) - before == 1


def test_a_refusal_is_not_held_against_a_token_that_came_meanwhile(organization, meta, monkeypatch):
    phone = meta.registered_phone(organization)
    meta.sandbox.set_scenario("token_revoked", target=phone.waba.meta_waba_id)
    read = reading.read

    def read_while_somebody_signs_up_again(*args):
        answer = read(*args)
        waba = Waba.objects.get()
        waba.access_token = "EAAnewer"
        waba.save()
        return answer

    monkeypatch.setattr(sync, "read", read_while_somebody_signs_up_again)
    sync_phone(phone.pk)

    assert Waba.objects.get().token_refused_at is None


def test_a_token_that_works_again_is_no_longer_called_refused(organization, meta):
    phone = meta.registered_phone(organization)
    Waba.objects.update(token_refused_at=timezone.now())

    sync_phone(phone.pk)

    assert Waba.objects.get().token_refused_at is None


def test_without_a_token_nothing_is_called(organization, meta):
    phone = meta.registered_phone(organization)
    Waba.objects.update(access_token=None)
    before = len(meta.sandbox.calls())

    sync_phone(phone.pk)

    assert failure(PhoneNumber.objects.get(), "cause") == "TOKEN_MISSING"
    assert len(meta.sandbox.calls()) == before


def test_a_slower_check_does_not_overwrite_a_newer_one(organization, meta, monkeypatch):
    phone = meta.registered_phone(organization)
    read = reading.read

    def read_while_another_check_ends(*args):
        answer = read(*args)
        PhoneNumber.objects.update(synced_at=timezone.now(), status="FLAGGED")
        return answer

    monkeypatch.setattr(sync, "read", read_while_another_check_ends)
    sync_phone(phone.pk)

    assert PhoneNumber.objects.get().status == "FLAGGED"


def test_a_request_that_came_during_a_check_stays_open(organization, meta, monkeypatch):
    phone = meta.registered_phone(organization)
    read = reading.read

    def read_while_somebody_asks_again(*args):
        answer = read(*args)
        PhoneNumber.objects.update(sync_requested_at=timezone.now())
        return answer

    monkeypatch.setattr(sync, "read", read_while_somebody_asks_again)
    sync_phone(phone.pk)

    after = PhoneNumber.objects.get()
    assert after.synced_at is not None
    assert after.sync_requested_at is not None


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_meta_is_asked(organization, meta):
    phone = meta.registered_phone(organization)
    seen: list[bool] = []

    def answer(request):
        seen.append(connection.in_atomic_block)
        return 500, {}, "{}"

    with responses.RequestsMock(assert_all_requests_are_fired=False) as graph:
        address = f"{meta.sandbox.url}/v25.0/{phone.meta_phone_number_id}"
        graph.add_callback(responses.GET, address, callback=answer)
        sync_phone(phone.pk)

    assert seen == [False]


def test_a_check_writes_each_row_once(organization, meta):
    phone = meta.registered_phone(organization)

    with CaptureQueriesContext(connection) as queries:
        sync_phone(phone.pk)

    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 2


def test_a_number_that_is_gone_is_no_error(db):
    sync_phone_task(phone_id="660e8400-e29b-41d4-a716-446655440001")

    assert names() == []


def test_the_sweep_takes_what_was_asked_for_and_never_answered_once(organization, meta):
    phone = meta.registered_phone(organization)
    now = timezone.now()
    PhoneNumber.objects.update(sync_requested_at=now)

    assert take_overdue(now + OVERDUE - timedelta(seconds=1)) == []
    assert take_overdue(now + OVERDUE) == [phone.pk]
    assert take_overdue(now + OVERDUE) == []


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_take_each_number_once(organization):
    asked = {phone.pk for phone in numbers(connect(organization), 8)}
    PhoneNumber.objects.update(sync_requested_at=timezone.now())
    later = timezone.now() + OVERDUE

    taken = at_once(*[lambda: take_overdue(later)] * 3)

    assert sorted(pk for part in taken for pk in part) == sorted(asked)


def test_the_sweep_leaves_alone_what_was_answered_or_never_asked(organization, meta):
    phone = meta.registered_phone(organization)
    assert take_overdue(timezone.now() + timedelta(days=1)) == []
    PhoneNumber.objects.update(sync_requested_at=timezone.now())
    sync_phone(phone.pk)

    assert take_overdue(timezone.now() + timedelta(days=1)) == []
    sweep_phones()
