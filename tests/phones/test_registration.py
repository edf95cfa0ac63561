"""When a number is registered, with which PIN, and how often."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from meta_graph.errors import Cause, GraphError
from phones.models import PhoneNumber, RegistrationAttempt
from phones.registration import (
    AttemptsUsedUpError,
    Standing,
    attempts_left,
    needs_registration,
    next_attempt_at,
    pin_for,
    register,
    standing,
)
from tests.wabas.test_services import connect
from tests.wabas.world import at_once, on_postgresql, token_of

Maker = RegistrationAttempt.Maker
NEW = {"status": "PENDING", "platform_type": "NOT_APPLICABLE", "code_verification_status": "VERIFIED"}


@pytest.fixture
def phone(organization):
    waba = connect(organization)
    return PhoneNumber.objects.create(
        organization=organization,
        waba=waba,
        meta_phone_number_id="106540352242922",
        phone_number="+15550001111",
    )


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (NEW, Standing.NEEDS_REGISTRATION),
        ({}, Standing.NEEDS_REGISTRATION),
        (NEW | {"is_coexistence": True}, Standing.COEXISTENCE),
        (NEW | {"is_registered": True}, Standing.REGISTERED),
        (NEW | {"status": "CONNECTED", "platform_type": "CLOUD_API"}, Standing.REGISTERED),
        (
            {"status": "CONNECTED", "platform_type": "CLOUD_API", "code_verification_status": "EXPIRED"},
            Standing.REGISTERED,
        ),
        (NEW | {"status": "CONNECTED", "platform_type": "ON_PREMISE"}, Standing.NEEDS_REGISTRATION),
        (NEW | {"status": "BANNED", "platform_type": "CLOUD_API"}, Standing.REGISTERED),
        (NEW | {"status": "DISCONNECTED", "platform_type": "CLOUD_API"}, Standing.NEEDS_REGISTRATION),
        (NEW | {"code_verification_status": "NOT_VERIFIED"}, Standing.NEEDS_VERIFICATION),
        (NEW | {"code_verification_status": "EXPIRED"}, Standing.NEEDS_VERIFICATION),
    ],
)
def test_metas_state_decides_whether_to_register(columns, expected):
    phone = PhoneNumber(**columns)

    assert standing(phone) is expected
    assert needs_registration(phone) is (expected is Standing.NEEDS_REGISTRATION)


def test_the_pin_is_made_once_and_kept_encrypted(phone):
    pin = pin_for(phone)

    assert len(pin) == 6
    assert pin.isdigit()
    assert pin_for(PhoneNumber.objects.get()) == pin
    with connection.cursor() as cursor:
        cursor.execute("SELECT pin FROM phones_phonenumber")
        assert pin not in cursor.fetchone()[0]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_callers_that_race_get_the_same_pin(phone):
    callers = [PhoneNumber.objects.get(pk=phone.pk) for _ in range(6)]

    pins = at_once(*[lambda caller=caller: pin_for(caller) for caller in callers])

    assert len(set(pins)) == 1
    assert PhoneNumber.objects.get().pin == pins[0]


@pytest.mark.django_db(transaction=True)
def test_a_pin_and_an_attempt_cannot_be_made_inside_a_transaction_that_may_be_rolled_back(phone):
    for call in (
        lambda: pin_for(phone),
        lambda: register(phone=phone, pin="482913", made_by=Maker.PLATFORM, token=token_of(phone.waba)),
    ):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            call()


def spend(phone, count, made_by=Maker.PLATFORM, ago=timedelta(hours=1)):
    for _ in range(count):
        RegistrationAttempt.objects.create(phone=phone, made_by=made_by, made_at=timezone.now() - ago)


def test_the_platform_stops_at_seven_and_leaves_three_for_people(phone):
    now = timezone.now()
    spend(phone, 6)
    assert attempts_left(phone, now) == 1

    spend(phone, 1)

    assert attempts_left(phone, now) == 0
    assert attempts_left(phone, now, made_by=Maker.PERSON) == 3


def test_attempts_of_people_count_for_the_platform_and_old_ones_for_nobody(phone):
    now = timezone.now()
    spend(phone, 4, Maker.PERSON)
    spend(phone, 5, ago=timedelta(hours=72, seconds=1))

    assert attempts_left(phone, now) == 3


def test_the_next_attempt_is_allowed_when_the_one_in_the_way_leaves_the_window(phone):
    now = timezone.now()
    assert next_attempt_at(phone, now) == now
    oldest = RegistrationAttempt.objects.create(
        phone=phone, made_by=Maker.PLATFORM, made_at=now - timedelta(hours=70)
    )
    spend(phone, 7)

    # Eight in the window: the second oldest has to go too.
    assert next_attempt_at(phone, now) > oldest.made_at + timedelta(hours=72)
    assert next_attempt_at(phone, now, made_by=Maker.PERSON) == now
    with time_machine.travel(next_attempt_at(phone, now) + timedelta(seconds=1)):
        assert attempts_left(phone, timezone.now()) >= 1


def test_a_registration_is_written_down_with_its_outcome(organization, meta):
    phone = meta.connected_phone(organization)

    register(phone=phone, pin=pin_for(phone), made_by=Maker.PLATFORM, token=token_of(phone.waba))

    attempt = RegistrationAttempt.objects.get()
    assert (attempt.phone, attempt.made_by, attempt.outcome) == (phone, "platform", "registered")
    assert meta.sandbox.state.objects[phone.meta_phone_number_id]["status"] == "CONNECTED"
    assert meta.sandbox.state.objects[phone.meta_phone_number_id]["pin"] == pin_for(phone)


def test_a_refusal_is_written_down_and_raised(organization, meta):
    phone = meta.connected_phone(organization)
    meta.sandbox.set_scenario("pin_mismatch", target=phone.meta_phone_number_id)

    with pytest.raises(GraphError) as refused:
        register(phone=phone, pin=pin_for(phone), made_by=Maker.PLATFORM, token=token_of(phone.waba))

    assert refused.value.cause is Cause.PIN_MISMATCH
    assert RegistrationAttempt.objects.get().outcome == "PIN_MISMATCH"


def test_a_persons_pin_that_worked_is_the_numbers_pin_from_then_on(organization, meta):
    phone = meta.connected_phone(organization)
    made_up = pin_for(phone)
    meta.sandbox.set_scenario("pin_mismatch", target=phone.meta_phone_number_id, pin="654321")

    register(phone=phone, pin="654321", made_by=Maker.PERSON, token=token_of(phone.waba))

    assert made_up != "654321"
    assert pin_for(PhoneNumber.objects.get()) == "654321"


def test_nothing_is_called_when_the_attempts_are_used_up(organization, meta):
    phone = meta.connected_phone(organization)
    spend(phone, 7)

    with pytest.raises(AttemptsUsedUpError) as refused:
        register(phone=phone, pin="482913", made_by=Maker.PLATFORM, token=token_of(phone.waba))

    assert refused.value.retry_at == next_attempt_at(phone, timezone.now())
    assert meta.sandbox.calls("register") == []
    assert RegistrationAttempt.objects.count() == 7


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_last_attempt_is_taken_by_one_of_two(organization, meta):
    phone = meta.connected_phone(organization)
    spend(phone, 6)
    pin, token = pin_for(phone), token_of(phone.waba)

    def attempt():
        register(phone=phone, pin=pin, made_by=Maker.PLATFORM, token=token)

    results = at_once(attempt, attempt, attempt)

    assert results.count(None) == 1
    assert len(meta.sandbox.calls("register")) == 1
    assert RegistrationAttempt.objects.count() == 7
