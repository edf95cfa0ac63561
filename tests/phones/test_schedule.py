"""When numbers are checked by themselves, at what cost, and what stops it."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from meta_graph import limits
from meta_graph.wabas import unsubscribe_app
from phones.models import PhoneNumber
from phones.schedule import BATCH, LEASE, SOONEST, next_check_at, take_due
from phones.services import adopt_link, note_registered, request_sync
from phones.sync import check_waba, sync_phone
from tests.phones.world import healthy_phone, healthy_waba, known_phone, names
from tests.wabas.world import at_once, on_postgresql, token_of
from wabas.models import Waba
from wabas.services import check_soon, note_token_refused

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_pauses():
    cache.clear()
    yield
    cache.clear()


def due_in(phone: PhoneNumber) -> timedelta:
    row = Waba.objects.get(pk=phone.waba_id)
    assert row.check_due_at is not None
    return row.check_due_at - timezone.now()


def test_a_turn_reads_all_numbers_of_a_waba_in_three_calls(organization, meta):
    phone = known_phone(organization, meta)
    others = [healthy_phone(organization, phone.waba, number) for number in range(5)]
    for other in others:
        with meta.sandbox.state as state:
            template = dict(state.objects[phone.meta_phone_number_id])
            state.objects[other.meta_phone_number_id] = template | {
                "id": other.meta_phone_number_id,
                "display_phone_number": other.phone_number,
                "verified_name": "New",
            }
    before = len(meta.sandbox.calls())

    check_waba(phone.waba_id)

    assert len(meta.sandbox.calls()) - before == 3
    assert {row.verified_name for row in PhoneNumber.objects.exclude(pk=phone.pk)} == {"New"}
    assert PhoneNumber.objects.filter(synced_at=None).count() == 0


def test_a_number_that_meta_no_longer_lists_is_found_out_alone(organization, meta):
    phone = known_phone(organization, meta)
    gone = healthy_phone(organization, phone.waba, 9)

    check_waba(phone.waba_id)

    gone.refresh_from_db()
    assert (gone.sync_error or {})["cause"] == "OBJECT_GONE"
    stays = PhoneNumber.objects.get(pk=phone.pk)
    assert stays.sync_error is None
    assert names() == (
        ["phone_number.not_ready", "phone_number.ready"]
        if gone.pk < phone.pk
        else ["phone_number.ready", "phone_number.not_ready"]
    )


def test_a_refused_token_is_found_out_by_one_call(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    meta.sandbox.set_scenario("token_revoked", target=phone.waba.meta_waba_id)
    before = len(meta.sandbox.calls())

    check_waba(phone.waba_id)

    assert len(meta.sandbox.calls()) - before == 1
    assert Waba.objects.get().token_refused_at is not None
    assert names() == ["phone_number.ready", "phone_number.not_ready"]


# ---- when --------------------------------------------------------------------------------------------


def test_what_is_well_is_checked_after_the_interval(organization, settings):
    settings.PHONE_CHECK_SECONDS = 3600
    phone = healthy_phone(organization)

    at = next_check_at(phone.waba, [phone], timezone.now())

    assert at is not None
    assert HOUR * 0.89 < at - timezone.now() < HOUR * 1.11


def test_the_checks_of_many_are_spread(organization):
    phone, now = healthy_phone(organization), timezone.now()

    assert len({next_check_at(phone.waba, [phone], now) for _ in range(20)}) > 15


@pytest.mark.parametrize(
    ("wrong_for", "expected"),
    [
        (timedelta(0), SOONEST),
        (timedelta(minutes=20), timedelta(minutes=10)),
        (timedelta(minutes=60), timedelta(minutes=30)),
        (timedelta(days=3), HOUR),
    ],
)
def test_what_is_wrong_is_checked_sooner_and_more_seldom_with_time(organization, wrong_for, expected):
    phone, now = healthy_phone(organization), timezone.now()
    phone.is_registered = False
    phone.announced = {"capabilities": {}, "warnings": [], "at": (now - wrong_for).isoformat()}

    at = next_check_at(phone.waba, [phone], now)

    assert at is not None
    assert expected * 0.89 <= at - now <= expected * 1.11


def test_a_new_waba_stays_far_within_its_two_hundred_calls_an_hour(organization):
    """Twenty numbers, none registered, the interval as short as it may be for them."""
    start, spent = timezone.now(), 0
    waba = healthy_waba(organization)
    phones = [healthy_phone(organization, waba, number) for number in range(20)]
    now = start
    for phone in phones:
        phone.is_registered = False
        phone.announced = {"capabilities": {}, "warnings": [], "at": start.isoformat()}
    while now < start + HOUR:
        now = next_check_at(waba, phones, now) or start + HOUR
        spent += 3

    assert spent < 30


def test_a_known_moment_is_not_slept_through(organization):
    phone, now = healthy_phone(organization), timezone.now()
    soon = now + timedelta(minutes=3)
    for columns in (
        {"token_expires_at": soon},
        {"token_expires_at": soon + timedelta(days=7)},
        {"restrictions": [{"type": "X", "expiresAt": soon.isoformat(), "remediation": None, "at": ""}]},
        {"violation_type": "X", "told_at": {"violation": (soon - timedelta(days=30)).isoformat()}},
    ):
        waba = Waba(**columns)
        phone.waba = waba
        assert next_check_at(waba, [phone], now) == soon, columns


def test_nothing_connected_is_never_checked(organization):
    phone, now = healthy_phone(organization), timezone.now()

    assert next_check_at(phone.waba, [], now) is None
    assert next_check_at(Waba(status="disconnected"), [phone], now) is None


def test_the_first_check_is_planned_with_the_completed_link(organization, meta):
    phone = meta.registered_phone(organization)
    assert Waba.objects.get().check_due_at is None

    adopt_link(phone=phone, metadata=None, external_id=None)

    assert timedelta(0) < due_in(phone) <= timedelta(minutes=5)


@pytest.mark.parametrize("event", ["registered", "refused"])
def test_what_may_have_changed_is_checked_at_once(organization, event):
    phone = healthy_phone(organization)
    Waba.objects.update(check_due_at=timezone.now() + HOUR)

    if event == "registered":
        note_registered(phone=phone)
    else:
        note_token_refused(waba=phone.waba, token_value="EAAG")

    assert due_in(phone) <= timedelta(0)


def test_a_number_that_is_registered_within_its_signup_is_checked_when_the_signup_is_completed(organization):
    phone = healthy_phone(organization)
    PhoneNumber.objects.update(announced=None)

    note_registered(phone=phone)

    assert Waba.objects.get().check_due_at is None
    adopt_link(phone=phone, metadata=None, external_id=None)
    assert Waba.objects.get().check_due_at is not None


def test_a_check_that_somebody_asked_for_never_puts_off_a_planned_one(organization, meta):
    phone = known_phone(organization, meta)
    check_soon(waba_id=phone.waba_id, at=timezone.now() + timedelta(minutes=1))

    sync_phone(phone.pk)

    assert due_in(phone) <= timedelta(minutes=1)


def test_a_check_that_finds_trouble_brings_the_next_one_nearer(organization, meta):
    phone = known_phone(organization, meta)
    check_waba(phone.waba_id)
    Waba.objects.update(check_due_at=timezone.now() + HOUR)
    unsubscribe_app(waba_id=phone.waba.meta_waba_id, token=token_of(phone.waba))

    sync_phone(phone.pk)

    assert due_in(phone) < SOONEST * 1.2


# ---- who ---------------------------------------------------------------------------------------------


def test_a_sweep_takes_what_is_due_once_and_again_when_its_taker_died(organization):
    phone, now = healthy_phone(organization), timezone.now()
    Waba.objects.update(check_due_at=now)

    assert take_due(now - timedelta(seconds=1)) == []
    assert take_due(now) == [phone.waba_id]
    assert take_due(now) == []
    assert take_due(now + LEASE) == [phone.waba_id]


def test_a_sweep_takes_only_so_many(organization):
    now = timezone.now()
    Waba.objects.bulk_create(
        Waba(organization=organization, meta_waba_id=str(number), check_due_at=now)
        for number in range(BATCH + 7)
    )

    assert (len(take_due(now)), len(take_due(now))) == (BATCH, 7)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_take_each_waba_once(organization):
    now = timezone.now()
    Waba.objects.bulk_create(
        Waba(organization=organization, meta_waba_id=str(number), check_due_at=now) for number in range(30)
    )

    for _ in range(10):
        Waba.objects.update(check_due_at=now)
        taken = at_once(*[lambda: take_due(now)] * 6)
        assert len([pk for part in taken for pk in part]) == 30


def test_a_turn_plans_the_next_even_when_meta_is_down(organization, meta):
    phone = known_phone(organization, meta)
    meta.sandbox.set_scenario("graph_down")
    Waba.objects.update(check_due_at=timezone.now() + LEASE)

    check_waba(phone.waba_id)

    assert timedelta(minutes=3) < due_in(phone) < HOUR * 1.2


# ---- Meta said to wait -------------------------------------------------------------------------------


def say_wait(waba: Waba, minutes: int) -> None:
    usage = f'{{"{waba.meta_waba_id}":[{{"type":"whatsapp","estimated_time_to_regain_access":{minutes}}}]}}'
    limits.note("read_waba", {"x-business-use-case-usage": usage})


@pytest.mark.parametrize("check", ["of the number", "of the WABA"])
def test_nothing_is_asked_while_meta_said_to_wait(organization, meta, check):
    phone = known_phone(organization, meta)
    request_sync(phone=phone)
    say_wait(phone.waba, 3)
    before = len(meta.sandbox.calls())

    if check == "of the number":
        sync_phone(phone.pk)
    else:
        check_waba(phone.waba_id)

    assert len(meta.sandbox.calls()) == before
    assert PhoneNumber.objects.get().sync_requested_at is None
    assert timedelta(minutes=2) < due_in(phone) <= timedelta(minutes=3)


def test_a_pause_does_not_keep_an_expired_token_secret(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    Waba.objects.update(token_expires_at=timezone.now())
    say_wait(phone.waba, 30)

    check_waba(phone.waba_id)

    assert names()[-1] == "phone_number.not_ready"


def test_when_the_wait_is_over_it_goes_on(organization, meta):
    phone = known_phone(organization, meta)
    say_wait(phone.waba, 3)
    check_waba(phone.waba_id)

    with time_machine.travel(timezone.now() + timedelta(minutes=3, seconds=1)):
        cache.clear()
        assert take_due(timezone.now()) == [phone.waba_id]
        check_waba(phone.waba_id)

    assert names() == ["phone_number.ready"]
