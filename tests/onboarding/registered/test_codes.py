"""Codes: three an hour for a number, and what entering one does."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from onboarding.models import RegisteredNumber
from phones.models import CodeRequest
from tests.conftest import Api
from tests.onboarding.registered.world import (
    CODE,
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
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_three_codes_an_hour_and_the_fourth_after_it(api: Api, meta: Meta) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        number = registered(api)
    with time_machine.travel(start + 20 * MINUTE, tick=False):
        second = again(api, number)
    with time_machine.travel(start + 40 * MINUTE, tick=False):
        third = ask(api)
    with time_machine.travel(start + 59 * MINUTE, tick=False):
        fourth, elsewhere = again(api, number), ask(api, method="voice")
    with time_machine.travel(start + 60 * MINUTE, tick=False):
        later = again(api, number)

    assert [second.status_code, third.status_code, later.status_code] == [202, 200, 202]
    assert error_of(fourth) == error_of(elsewhere) == (429, "RATE_LIMITED")
    assert fourth["Retry-After"] == "60"
    assert fourth.json()["error"]["retryAt"][:19] == (start + 60 * MINUTE).isoformat()[:19]
    assert done(meta)["request_code"] == 4


def test_the_three_are_the_numbers_whoever_asks(api: Api, stranger: Api, meta: Meta) -> None:
    number = registered(api)
    registered(stranger, method="voice")
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    again(api, number)

    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    assert error_of(ask(stranger)) == (429, "RATE_LIMITED")


@on_postgresql
def test_two_organizations_at_once_cannot_both_have_the_last(api: Api, stranger: Api, meta: Meta) -> None:
    registered(api)
    registered(stranger, method="voice")
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)

    answers = at_once(lambda: ask(api), lambda: ask(stranger, method="voice"))

    assert sorted(answer.status_code for answer in answers) == [200, 429]


@pytest.mark.parametrize("is_dropped", [True, False])
def test_a_wish_whose_entry_is_made_anew_is_one_of_the_three(api: Api, meta: Meta, is_dropped: bool) -> None:
    number = registered(api)
    entry = pool(meta)[0]["id"]
    if is_dropped:
        with meta.sandbox.state as state:
            del state.objects[entry]
    else:
        meta.change(entry, verified_at=timezone.now().timestamp())

    second, third = again(api, number, method="voice"), again(api, number, method="sms")
    fourth = again(api, number, method="voice")

    assert [second.status_code, third.status_code] == [202, 202]
    assert error_of(fourth) == (429, "RATE_LIMITED")
    assert set(CodeRequest.objects.values_list("outcome", flat=True)) == {"sent"}
    assert enter(api, number).status_code == 200


def test_a_number_that_is_deleted_and_made_again_has_no_more_codes(api: Api, meta: Meta) -> None:
    statuses = []
    for number in range(4):
        CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
        answer = ask(api)
        statuses.append(answer.status_code)
        if number < 3:
            api.delete(f"registered-numbers/{answer.json()['data']['id']}")

    assert statuses == [201, 201, 201, 429]


def test_another_code_is_asked_for_as_the_last_one(api: Api, meta: Meta) -> None:
    number = registered(api, method="voice", language="es")
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)

    same = again(api, number)
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    other = again(api, number, method="sms", language="he")

    assert (same.status_code, other.status_code) == (202, 202)
    assert [call["body"] for call in meta.sandbox.calls("request_code")][1:] == [
        {"code_method": "VOICE", "language": "es"},
        {"code_method": "SMS", "language": "he"},
    ]


@pytest.mark.parametrize("code", [CODE, "246-810", "246 810", " 24 68-10 "])
def test_the_code_is_taken_as_people_type_it(api: Api, meta: Meta, code: str) -> None:
    number = registered(api)
    now = timezone.now()

    with time_machine.travel(now, tick=False):
        answer = enter(api, number, code)

    shown = answer.json()["data"]
    assert answer.status_code == 200
    assert shown["status"] == "verified"
    assert shown["verifiedAt"][:19] == now.isoformat()[:19]
    assert shown["expiresAt"][:19] == (now + 90 * DAY).isoformat()[:19]


@pytest.mark.parametrize("code", ["24681", "2468100", "24681x", "", "٢٤٦٨١٠", 246810, None])
def test_what_has_not_six_digits_is_no_code(api: Api, meta: Meta, code: Any) -> None:
    number = registered(api)

    answer = api.post(f"registered-numbers/{number['id']}/verify", {"code": code})

    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"][0]["field"] == "code"
    assert meta.sandbox.calls("verify_code") == []


def test_a_wrong_code_is_said_and_the_right_one_still_works(api: Api, meta: Meta) -> None:
    number = registered(api)

    wrong = enter(api, number, "111111")

    assert error_of(wrong) == (422, "WRONG_CODE")
    assert read(api, number)["status"] == "unverified"
    assert enter(api, number).status_code == 200


def test_before_a_code_was_asked_for_there_is_none_to_enter(api: Api, meta: Meta) -> None:
    row = RegisteredNumber.objects.create(organization=api.organization, phone_number="+34612000111")

    assert error_of(enter(api, {"id": row.pk})) == (409, "CONFLICT")
    assert again(api, {"id": row.pk}).status_code == 202
    assert enter(api, {"id": row.pk}).status_code == 200


def test_a_verified_number_is_as_it_is(api: Api, meta: Meta) -> None:
    number = verified(api)
    before = done(meta)

    repeated = enter(api, number)

    assert repeated.status_code == 200
    assert repeated.json()["data"] == number
    assert error_of(again(api, number)) == (409, "CONFLICT")
    assert done(meta) == before


def test_a_used_number_is_asked_and_told_nothing(api: Api, meta: Meta) -> None:
    row = RegisteredNumber.objects.create(
        organization=api.organization, phone_number="+34612000111", status="used"
    )

    assert error_of(enter(api, {"id": row.pk})) == (409, "CONFLICT")
    assert error_of(again(api, {"id": row.pk})) == (409, "CONFLICT")
    assert meta.sandbox.calls() == []


# ---- the 90 days ----------------------------------------------------------------------------------------


def test_a_number_is_verified_for_90_days_and_verified_anew(api: Api, meta: Meta) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        number = verified(api)

    with time_machine.travel(start + 90 * DAY - timedelta(hours=1), tick=False):
        still = read(api, number)
        refused = again(api, number)
    with time_machine.travel(start + 90 * DAY, tick=False):
        over = read(api, number)
        assert error_of(enter(api, number)) == (422, "WRONG_CODE")
        asked = again(api, number)
        anew = enter(api, number).json()["data"]

    assert (still["status"], refused.status_code) == ("verified", 409)
    assert (over["status"], over["expiresAt"]) == ("expired", number["expiresAt"])
    assert asked.status_code == 202
    assert (anew["id"], anew["status"]) == (number["id"], "verified")
    assert anew["expiresAt"][:19] == (start + 180 * DAY).isoformat()[:19]
    assert done(meta)["add_preverified_number"] == 1


def test_an_expired_number_may_be_registered_again_as_well(api: Api, meta: Meta) -> None:
    number = verified(api)
    with time_machine.travel(timezone.now() + 91 * DAY):
        answer = ask(api)

    assert answer.status_code == 200
    assert (answer.json()["data"]["id"], answer.json()["data"]["status"]) == (number["id"], "expired")


def test_where_meta_still_has_it_as_verified_its_entry_is_made_anew(api: Api, meta: Meta) -> None:
    number = verified(api)
    RegisteredNumber.objects.update(expires_at=timezone.now())
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)
    before = pool(meta)[0]["id"]

    assert again(api, number).status_code == 202
    assert enter(api, number).status_code == 200
    assert [entry["id"] for entry in pool(meta)] != [before]
    assert len(pool(meta)) == 1


def test_who_enters_the_code_of_an_expired_number_has_it(api: Api, stranger: Api, meta: Meta) -> None:
    theirs = verified(stranger)
    with time_machine.travel(timezone.now() + 90 * DAY + MINUTE):
        ours = registered(api)
        assert read(stranger, theirs)["status"] == "expired"

        assert enter(api, ours).json()["data"]["status"] == "verified"

        left = read(stranger, theirs)
        assert (left["status"], left["expiresAt"], left["verifiedAt"]) == ("unverified", None, None)
        assert error_of(again(stranger, theirs)) == (409, "CONFLICT")


def test_an_entry_that_meta_has_dropped_is_made_again(api: Api, meta: Meta) -> None:
    number = registered(api)
    with meta.sandbox.state as state:
        del state.objects[pool(meta)[0]["id"]]
    CodeRequest.objects.update(requested_at=timezone.now() - MINUTE)

    gone = enter(api, number)
    asked = again(api, number)

    assert error_of(gone) == (409, "CONFLICT")
    assert asked.status_code == 202
    assert enter(api, number).status_code == 200


# ---- answers that get lost ------------------------------------------------------------------------------


def test_a_verification_whose_answer_was_lost_is_found(api: Api, meta: Meta) -> None:
    number = registered(api)
    meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)

    lost = enter(api, number)
    found = enter(api, number)

    assert error_of(lost) == (502, "META_ERROR")
    assert found.status_code == 200
    assert found.json()["data"]["status"] == "verified"


def test_it_is_found_by_asking_for_another_code_too(api: Api, meta: Meta) -> None:
    number = registered(api)
    meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)
    enter(api, number)

    answer = again(api, number, method="voice")

    assert answer.status_code == 202
    assert answer.json()["data"]["status"] == "verified"
    assert done(meta)["request_code"] == 1


def test_a_wrong_code_proves_nothing_though_somebody_proved_the_number_before(
    api: Api, stranger: Api, meta: Meta
) -> None:
    theirs, ours = registered(stranger), registered(api, method="voice")
    enter(stranger, theirs)
    RegisteredNumber.objects.filter(pk=theirs["id"]).update(expires_at=timezone.now())

    assert error_of(enter(api, ours, "111111")) == (422, "WRONG_CODE")
    assert error_of(enter(api, ours, "111111")) == (422, "WRONG_CODE")


def test_nobody_is_believed_where_two_answers_are_missing(api: Api, stranger: Api, meta: Meta) -> None:
    theirs, ours = registered(stranger), registered(api, method="voice")
    meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)
    enter(stranger, theirs)
    meta.sandbox.set_scenario("graph_down", call="verify_code", times=1)
    enter(api, ours, "111111")

    refused = enter(api, ours, "111111")

    assert error_of(refused) == (422, "WRONG_CODE")
    assert enter(stranger, theirs).json()["data"]["status"] == "verified"


def test_what_another_organization_proved_and_deleted_is_nobodys(api: Api, stranger: Api, meta: Meta) -> None:
    theirs, ours = registered(stranger), registered(api, method="voice")
    meta.sandbox.set_scenario("graph_down", call="verify_code", times=1)
    enter(api, ours, "111111")
    enter(stranger, theirs)
    stranger.delete(f"registered-numbers/{theirs['id']}")
    assert pool(meta)[0]["verified_at"]

    assert error_of(enter(api, ours, "111111")) == (422, "WRONG_CODE")
    assert read(api, ours)["status"] == "unverified"


def test_an_answer_that_meta_owes_for_a_wrong_code_is_no_proof(api: Api, meta: Meta) -> None:
    number = registered(api)
    meta.sandbox.set_scenario("graph_down", call="verify_code", times=1)
    enter(api, number, "111111")

    assert error_of(enter(api, number, "111111")) == (422, "WRONG_CODE")
    assert RegisteredNumber.objects.get().code_given_at is None
