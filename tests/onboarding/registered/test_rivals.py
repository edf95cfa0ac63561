"""Two organizations and one number: nobody's request destroys what another has proven, or may have proven."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.errors import ConflictError
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers import pool as our_pool
from onboarding.registered_numbers import sending
from phones.models import CodeRequest
from tests.conftest import Api
from tests.onboarding.registered.test_links import made
from tests.onboarding.registered.world import (
    again,
    ask,
    done,
    enter,
    error_of,
    pool,
    read,
    registered,
    verified,
)
from tests.wabas.world import Meta, at_once, on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def row_of(number: dict[str, Any]) -> RegisteredNumber:
    return RegisteredNumber.objects.get(pk=number["id"])


def proven_entries(meta: Meta) -> list[bool]:
    return [entry["verified_at"] is not None for entry in pool(meta)]


def test_a_request_that_was_checked_before_we_verified_leaves_our_entry(
    api: Api, stranger: Api, meta: Meta
) -> None:
    ours, theirs = registered(api), registered(stranger, method="voice")
    checked_before = row_of(theirs)
    enter(api, ours)
    entry = row_of(ours).meta_preverified_id

    with pytest.raises(ConflictError):
        sending.send_code(checked_before, "SMS")

    assert (row_of(ours).status, row_of(ours).meta_preverified_id) == ("verified", entry)
    assert proven_entries(meta) == [True]
    assert made(api, ours)["registeredNumberId"] == ours["id"]


def test_a_registration_that_was_checked_before_we_verified_leaves_our_entry(
    api: Api, stranger: Api, meta: Meta
) -> None:
    ours = verified(api)
    checked_before = RegisteredNumber.objects.create(
        organization=stranger.organization, phone_number=ours["phoneNumber"]
    )

    with pytest.raises(ConflictError):
        our_pool.put_in(checked_before, may_be_there=True)

    assert proven_entries(meta) == [True]
    assert row_of(ours).meta_preverified_id == pool(meta)[0]["id"]


@on_postgresql
def test_a_code_is_entered_while_another_organization_asks_for_one(
    api: Api, stranger: Api, meta: Meta
) -> None:
    ours, theirs = registered(api), registered(stranger, method="voice")
    meta.sandbox.set_scenario("slow", call="request_code", when="before", ms=1500, times=1)

    def enter_meanwhile() -> Any:
        time.sleep(0.5)
        return enter(api, ours)

    asked, entered = at_once(lambda: again(stranger, theirs, method="sms"), enter_meanwhile)

    assert error_of(asked) == (409, "CONFLICT")
    assert entered.status_code == 200
    assert proven_entries(meta) == [True]
    assert row_of(ours).meta_preverified_id == pool(meta)[0]["id"]


@on_postgresql
def test_no_code_is_entered_for_an_entry_that_is_being_replaced(api: Api, stranger: Api, meta: Meta) -> None:
    ours = verified(api)
    RegisteredNumber.objects.update(expires_at=timezone.now())
    theirs = registered(stranger, method="voice")
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    meta.change(pool(meta)[0]["id"], verified_at=timezone.now().timestamp())
    meta.sandbox.set_scenario("slow", call="delete_preverified_number", when="before", ms=1500, times=1)

    def enter_meanwhile() -> Any:
        time.sleep(0.7)
        return enter(api, ours)

    asked, entered = at_once(lambda: again(stranger, theirs, method="sms"), enter_meanwhile)

    assert asked.status_code == 202
    assert error_of(entered) == (409, "CONFLICT")
    assert enter(stranger, theirs).json()["data"]["status"] == "verified"
    assert row_of(theirs).meta_preverified_id == pool(meta)[0]["id"]


def test_a_renewal_that_died_blocks_nobody_for_long(api: Api, meta: Meta) -> None:
    number = registered(api)

    RegisteredNumber.objects.update(renewing_since=timezone.now() - timedelta(seconds=110))
    blocked = enter(api, number)
    RegisteredNumber.objects.update(renewing_since=timezone.now() - timedelta(seconds=120))

    assert error_of(blocked) == (409, "CONFLICT")
    assert enter(api, number).status_code == 200


@pytest.mark.parametrize("is_renewed", [True, False])
def test_a_renewal_is_over_whatever_came_of_it(api: Api, meta: Meta, is_renewed: bool) -> None:
    number = verified(api)
    RegisteredNumber.objects.update(expires_at=timezone.now())
    if not is_renewed:
        meta.sandbox.set_scenario("graph_down", call="add_preverified_number", times=1)

    again(api, number, method="voice")

    assert row_of(number).renewing_since is None
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    assert again(api, number).status_code == 202
    assert enter(api, number).status_code == 200


def test_a_right_code_whose_answer_was_lost_survives_another_organizations_request(
    api: Api, stranger: Api, meta: Meta
) -> None:
    ours, theirs = registered(api), registered(stranger, method="voice")
    meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)
    assert error_of(enter(api, ours)) == (502, "META_ERROR")
    before = pool(meta)

    asked = again(stranger, theirs, method="sms")

    assert error_of(asked) == (409, "CONFLICT")
    assert pool(meta) == before
    assert enter(api, ours).json()["data"]["status"] == "verified"


@pytest.mark.parametrize(("age", "status"), [(timedelta(hours=23), 409), (timedelta(hours=24), 202)])
def test_a_lost_answer_stands_in_the_way_for_a_day(
    api: Api, stranger: Api, meta: Meta, age: timedelta, status: int
) -> None:
    ours, theirs = registered(api), registered(stranger, method="voice")
    meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)
    enter(api, ours)
    RegisteredNumber.objects.filter(pk=ours["id"]).update(code_given_at=timezone.now() - age)

    assert again(stranger, theirs, method="sms").status_code == status


@pytest.mark.parametrize("how", ["request-code", "registering again"])
def test_a_verified_number_whose_entry_is_unproven_at_meta_gets_another_code(
    api: Api, meta: Meta, how: str
) -> None:
    number = verified(api)
    meta.change(pool(meta)[0]["id"], verified_at=None)

    answer = again(api, number, method="voice") if how == "request-code" else ask(api, method="voice")

    assert answer.status_code in {200, 202}
    assert read(api, number)["status"] == "unverified"
    assert enter(api, number).json()["data"]["status"] == "verified"


def test_a_verified_number_without_an_entry_may_be_in_a_signup_and_stays(api: Api, meta: Meta) -> None:
    number = verified(api)
    with meta.sandbox.state as state:
        del state.objects[pool(meta)[0]["id"]]

    assert error_of(again(api, number, method="voice")) == (409, "CONFLICT")
    assert read(api, number)["status"] == "verified"
    assert done(meta)["request_code"] == 1
