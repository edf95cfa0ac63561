"""Connecting numbers, changing them, and who may ask for a check."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from api import doorbell
from config.celery import app
from meta_graph.phone_numbers import PhoneNumberInfo
from phones.models import PhoneNumber
from phones.services import connect_phone, note_registered, request_sync
from tests.wabas.test_services import connect
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba

INFO = PhoneNumberInfo(
    id="106540352242922",
    display_phone_number="+54 9 11 5555-1234",
    phone_number="+5491155551234",
    verified_name="Acme",
    status="PENDING",
    quality_rating="UNKNOWN",
    code_verification_status="VERIFIED",
    name_status="APPROVED",
    platform_type="NOT_APPLICABLE",
    throughput_level="NOT_APPLICABLE",
    account_mode="LIVE",
    is_on_biz_app=False,
    is_pin_enabled=False,
    is_preverified_number=False,
    health=None,
)
CONNECTED = replace(INFO, status="CONNECTED", platform_type="CLOUD_API", throughput_level="STANDARD")


def save(waba, info=INFO, metadata=None, external_id=None, is_coexistence=False):
    return connect_phone(
        waba=waba, info=info, metadata=metadata, external_id=external_id, is_coexistence=is_coexistence
    )


@pytest.fixture
def waba(organization):
    return connect(organization)


def test_a_number_is_saved_with_what_meta_said_and_the_links_own(waba):
    save(waba, metadata='{"customerId":"c-1"}', external_id="customer-1")

    phone = PhoneNumber.objects.get()
    assert (phone.organization_id, phone.waba) == (waba.organization_id, waba)
    assert (phone.phone_number, phone.display_name) == ("+5491155551234", "Acme")
    assert (phone.metadata, phone.external_id) == ('{"customerId":"c-1"}', "customer-1")
    assert (phone.status, phone.is_registered, phone.synced_at) == ("PENDING", False, None)


@pytest.mark.parametrize(
    ("kept", "given", "expected"),
    [
        (None, '{"new":1}', '{"new":1}'),
        ("{}", '{"new":1}', '{"new":1}'),
        ('{"old":1}', '{"new":1}', '{"old":1}'),
        ('{"old":1}', None, '{"old":1}'),
    ],
)
def test_a_number_that_has_metadata_keeps_its_own(waba, kept, given, expected):
    save(waba, metadata=kept)

    save(waba, metadata=given)

    assert PhoneNumber.objects.get().metadata == expected


def test_the_newest_links_external_id_wins_where_it_has_one(waba):
    save(waba, external_id="first")
    save(waba, external_id="second")
    save(waba, external_id=None)

    assert PhoneNumber.objects.get().external_id == "second"


def test_a_number_that_moved_is_linked_to_its_new_waba(waba, organization):
    save(waba)
    other = Waba.objects.create(organization=organization, meta_waba_id="2")

    save(other)

    assert PhoneNumber.objects.get().waba == other


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (INFO, False),
        (CONNECTED, True),
        (replace(CONNECTED, platform_type="ON_PREMISE"), False),
        (replace(CONNECTED, status="FLAGGED"), True),
        (replace(CONNECTED, status="DISCONNECTED"), False),
        (replace(CONNECTED, status=None), True),
    ],
)
def test_registered_is_what_metas_state_says_and_stays_where_it_does_not_tell(waba, info, expected):
    note_registered(phone=save(waba))

    assert save(waba, info).is_registered is expected


@pytest.mark.parametrize(
    ("info", "asked", "expected"),
    [
        (CONNECTED, True, True),
        (replace(CONNECTED, is_on_biz_app=True), False, True),
        (replace(INFO, is_on_biz_app=True), False, False),
        (CONNECTED, False, False),
    ],
)
def test_coexistence_is_the_signups_or_what_meta_says(waba, info, asked, expected):
    assert save(waba, info, is_coexistence=asked).is_coexistence is expected


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_signups_of_one_number_at_once_make_one_row(waba):
    results = at_once(*[lambda n=n: save(waba, metadata=f'{{"n":{n}}}') for n in range(4)])

    assert {type(result) for result in results} == {PhoneNumber}
    assert PhoneNumber.objects.count() == 1
    assert len({phone.metadata for phone in results}) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_links_that_race_for_a_number_without_metadata_one_gives_it(waba):
    save(waba)

    results = at_once(*[lambda n=n: save(waba, metadata=f'{{"n":{n}}}') for n in range(6)])

    assert {phone.metadata for phone in results} == {PhoneNumber.objects.get().metadata}


def numbers(waba, count, **columns):
    return [
        PhoneNumber.objects.create(
            organization_id=waba.organization_id,
            waba=waba,
            meta_phone_number_id=str(number),
            phone_number=f"+549115555000{number}",
            **columns,
        )
        for number in range(count)
    ]


def later(seconds):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def test_until_a_number_is_registered_a_waba_is_checked_once_in_120_seconds(waba):
    one, other = numbers(waba, 2)

    assert request_sync(phone=one) is True
    with later(119):
        assert request_sync(phone=one) is False
        assert request_sync(phone=other) is False
    with later(121):
        assert request_sync(phone=other) is True
        assert request_sync(phone=one) is False


def test_once_a_number_is_registered_each_is_checked_once_in_30_seconds(waba):
    one, other = numbers(waba, 2)
    note_registered(phone=other)

    assert request_sync(phone=one) is True
    assert request_sync(phone=other) is True
    with later(29):
        assert request_sync(phone=one) is False
    with later(31):
        assert request_sync(phone=one) is True


def test_the_budget_is_of_one_waba(waba, organization):
    (one,) = numbers(waba, 1)
    other_waba = Waba.objects.create(organization=organization, meta_waba_id="2")
    other = PhoneNumber.objects.create(organization=organization, waba=other_waba, meta_phone_number_id="9")

    assert request_sync(phone=one) is True
    assert request_sync(phone=other) is True


@pytest.mark.parametrize("column", ["synced_at", "sync_failed_at"])
def test_an_answer_and_a_failure_count_like_a_request(waba, column):
    (phone,) = numbers(waba, 1, is_registered=True)
    PhoneNumber.objects.update(**{column: timezone.now()})

    assert request_sync(phone=phone) is False
    with later(31):
        assert request_sync(phone=phone) is True


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_registered", [False, True])
def test_of_requests_at_once_one_is_let_through(waba, is_registered):
    one, other = numbers(waba, 2, is_registered=is_registered)
    asked = [one, one, one] if is_registered else [one, other, one, other]

    results = at_once(*[lambda phone=phone: request_sync(phone=phone) for phone in asked])

    assert sorted(results, reverse=True) == [True] + [False] * (len(asked) - 1)


@pytest.fixture
def dead_broker():
    """The application publishes to a port where nobody listens."""
    celery: Any = app
    before = celery.conf.broker_url, celery.conf.broker_transport_options
    celery.conf.broker_url = "redis://127.0.0.1:1/0"
    celery.conf.broker_transport_options = {"socket_connect_timeout": 0.5, "max_retries": 0}
    forget_connections(celery)
    yield
    celery.conf.broker_url, celery.conf.broker_transport_options = before
    forget_connections(celery)


def forget_connections(celery: Any) -> None:
    """As in a forked child: the next message opens a connection of the settings as they are then."""
    celery._after_fork()
    doorbell.breaker.closed_at = 0.0


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_nobody_an_error_and_the_request_stands(waba, dead_broker):
    (phone,) = numbers(waba, 1)

    assert request_sync(phone=phone) is True

    assert doorbell.breaker.is_open
    assert PhoneNumber.objects.get().sync_requested_at is not None


def test_the_doorbell_is_rung_when_the_request_has_committed(waba, django_capture_on_commit_callbacks):
    (phone,) = numbers(waba, 1)

    with django_capture_on_commit_callbacks() as rung:
        request_sync(phone=phone)
        request_sync(phone=phone)

    assert len(rung) == 1
    assert connection.in_atomic_block
