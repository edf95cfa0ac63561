"""A number is registered: kept here, added to Meta's pool, sent a code; or not."""

from typing import Any

import pytest
from django.utils import timezone

from onboarding.models import RegisteredNumber
from phones.models import CodeRequest
from tests.conftest import Api
from tests.onboarding.registered.world import (
    CODE,
    NUMBER,
    OTHER_NUMBER,
    ask,
    done,
    enter,
    error_of,
    pool,
    read,
    registered,
    verified,
)
from tests.phones.world import healthy_phone
from tests.wabas.world import Meta, at_once, on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)


def rows(*, number: str = NUMBER, **columns: Any) -> RegisteredNumber:
    return RegisteredNumber.objects.create(phone_number=number, **columns)


def test_a_number_is_added_at_meta_and_gets_its_code(api: Api, meta: Meta) -> None:
    answer = ask(api, "+54 9 11 5555-1234", language="pt-BR", comment="Front desk")

    shown = answer.json()["data"]
    assert answer.status_code == 201
    assert {name: shown[name] for name in shown if name not in {"id", "codeSentAt", "createdAt"}} == {
        "phoneNumber": NUMBER,
        "status": "unverified",
        "expiresAt": None,
        "onboardingLinkId": None,
        "comment": "Front desk",
        "verifiedAt": None,
    }
    assert shown["codeSentAt"] >= shown["createdAt"]
    [entry] = pool(meta)
    assert (entry["phone_number"], entry["verification_code"]) == (NUMBER, CODE)
    assert RegisteredNumber.objects.get().meta_preverified_id == entry["id"]
    [code] = meta.sandbox.calls("request_code")
    assert code["body"] == {"code_method": "SMS", "language": "pt_BR"}
    assert done(meta) == {"add_preverified_number": 1, "request_code": 1}


def test_a_call_instead_of_an_sms_in_english(api: Api, meta: Meta) -> None:
    registered(api, method="voice")

    [code] = meta.sandbox.calls("request_code")
    assert code["body"] == {"code_method": "VOICE", "language": "en_US"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"method": "sms"}, "phoneNumber"),
        ({"phoneNumber": NUMBER}, "method"),
        ({"phoneNumber": NUMBER, "method": "SMS"}, "method"),
        ({"phoneNumber": "12", "method": "sms"}, "phoneNumber"),
        ({"phoneNumber": NUMBER, "method": "sms", "language": "klingon!"}, "language"),
        ({"phoneNumber": NUMBER, "method": "sms", "comment": "x" * 256}, "comment"),
        ({"phoneNumber": NUMBER, "method": "sms", "code": CODE}, "code"),
    ],
)
def test_a_wrong_body_is_refused_by_the_field(api: Api, meta: Meta, body: Any, field: str) -> None:
    answer = api.post("registered-numbers", body)

    assert error_of(answer) == (400, "VALIDATION_ERROR")
    assert [one["field"] for one in answer.json()["error"]["details"]] == [field]
    assert not RegisteredNumber.objects.exists()


def test_a_comment_of_255_characters_fits(api: Api, meta: Meta) -> None:
    assert registered(api, comment="x" * 255)["comment"] == "x" * 255


def test_the_same_number_again_is_the_same_row_and_another_code(api: Api, meta: Meta) -> None:
    first = registered(api, comment="Front desk")

    second = ask(api, method="voice", comment="Back office")

    assert second.status_code == 200
    assert second.json()["data"] | {"codeSentAt": 0} == first | {"comment": "Back office", "codeSentAt": 0}
    assert done(meta) == {"add_preverified_number": 1, "request_code": 2}


def test_the_same_wish_within_a_moment_is_one_code(api: Api, meta: Meta) -> None:
    registered(api)

    assert ask(api).status_code == 200
    assert done(meta)["request_code"] == 1


def test_a_verified_number_and_a_used_one_are_not_registered_again(api: Api, meta: Meta) -> None:
    verified(api)
    rows(number=OTHER_NUMBER, organization=api.organization, status="used")
    before = done(meta)

    assert error_of(ask(api)) == (409, "CONFLICT")
    assert error_of(ask(api, OTHER_NUMBER)) == (409, "CONFLICT")
    assert done(meta) == before


def test_500_numbers_wait_and_no_501st(api: Api, stranger: Api, meta: Meta) -> None:
    now = timezone.now()
    states: list[dict[str, Any]] = [
        {"status": "unverified"},
        {"status": "verified", "verified_at": now, "expires_at": now},
    ]
    RegisteredNumber.objects.bulk_create(
        RegisteredNumber(organization=api.organization, phone_number=f"+3461400{n:04}", **states[n % 2])
        for n in range(499)
    )
    RegisteredNumber.objects.bulk_create(
        RegisteredNumber(organization=api.organization, phone_number=f"+3461300{n:04}", status="used")
        for n in range(5)
    )

    last = ask(api)
    beyond = ask(api, OTHER_NUMBER)
    same, elsewhere = ask(api, method="voice"), ask(stranger, OTHER_NUMBER)

    assert (last.status_code, same.status_code, elsewhere.status_code) == (201, 200, 201)
    assert error_of(beyond) == (409, "CONFLICT")
    assert "500" in beyond.json()["error"]["message"]
    assert RegisteredNumber.objects.waiting().filter(organization=api.organization).count() == 500


@on_postgresql
def test_two_at_once_cannot_both_be_the_500th(api: Api, meta: Meta) -> None:
    RegisteredNumber.objects.bulk_create(
        RegisteredNumber(organization=api.organization, phone_number=f"+3461400{n:04}") for n in range(499)
    )

    answers = at_once(lambda: ask(api), lambda: ask(api, OTHER_NUMBER))

    assert sorted(answer.status_code for answer in answers) == [201, 409]


@on_postgresql
def test_the_same_number_twice_at_once_is_one_row_and_one_entry(api: Api, meta: Meta) -> None:
    answers = at_once(*[lambda: ask(api)] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert RegisteredNumber.objects.count() == len(pool(meta)) == 1
    assert done(meta)["request_code"] == 1


# ---- other organizations --------------------------------------------------------------------------------


def test_what_another_organization_only_asked_for_may_be_asked_for(
    api: Api, stranger: Api, meta: Meta
) -> None:
    theirs = registered(stranger)

    ours = registered(api, method="voice")

    assert len(pool(meta)) == 1
    assert len(set(RegisteredNumber.objects.values_list("meta_preverified_id", flat=True))) == 1
    assert enter(api, ours).json()["data"]["status"] == "verified"
    assert error_of(enter(stranger, theirs)) == (409, "CONFLICT")
    assert error_of(ask(stranger)) == (409, "CONFLICT")


def test_what_another_organization_has_verified_is_its_own(api: Api, stranger: Api, meta: Meta) -> None:
    verified(stranger)

    refused = ask(api)

    assert error_of(refused) == (409, "CONFLICT")
    assert "Stranger" not in refused.json()["error"]["message"]
    assert not RegisteredNumber.objects.filter(organization=api.organization).exists()


@pytest.mark.parametrize(("is_connected", "status"), [(True, 409), (False, 201)])
def test_a_number_that_another_organization_used_is_its_own_as_long_as_it_is_connected(
    api: Api, stranger: Api, meta: Meta, is_connected: bool, status: int
) -> None:
    phone = healthy_phone(stranger.organization, disconnected_at=None if is_connected else timezone.now())
    rows(number=phone.phone_number, organization=stranger.organization, status="used")

    assert ask(api, phone.phone_number).status_code == status


# ---- what Meta says -------------------------------------------------------------------------------------


def test_a_number_that_meta_refuses_is_not_kept(api: Api, meta: Meta) -> None:
    meta.sandbox.set_scenario("number_in_use", times=1)

    refused = ask(api)

    assert error_of(refused) == (422, "META_REFUSED")
    assert refused.json()["error"]["meta"]["subcode"] == 2388012
    assert not RegisteredNumber.objects.exists()
    assert ask(api).status_code == 201


def test_a_number_that_is_in_an_account_is_refused_in_metas_words(api: Api, meta: Meta) -> None:
    meta.sandbox.sign_up(phone_number=NUMBER)

    refused = ask(api)

    assert error_of(refused) == (422, "META_REFUSED")
    assert "already in use" in refused.json()["error"]["message"]


def test_an_answer_that_is_lost_is_found_in_the_pool_at_once(api: Api, meta: Meta) -> None:
    meta.sandbox.set_scenario("reset_after_work", call="add_preverified_number", times=1)

    answer = ask(api)

    assert answer.status_code == 201
    assert RegisteredNumber.objects.get().meta_preverified_id == pool(meta)[0]["id"]
    assert done(meta)["add_preverified_number"] == 1


@pytest.mark.parametrize("how", ["json", "reset"])
def test_when_meta_is_down_the_row_stays_and_the_next_call_goes_on(api: Api, meta: Meta, how: str) -> None:
    meta.sandbox.set_scenario("graph_down", how=how)
    lost = ask(api)
    meta.sandbox.clear_scenarios()
    [kept] = api.get("registered-numbers").json()["data"]

    again = ask(api)

    assert error_of(lost) == (502, "META_ERROR")
    assert (kept["status"], kept["codeSentAt"]) == ("unverified", None)
    assert again.status_code == 200
    assert again.json()["data"]["id"] == kept["id"]
    assert again.json()["data"]["codeSentAt"]


def test_metas_limit_is_told_and_the_row_stays(api: Api, meta: Meta) -> None:
    meta.sandbox.set_scenario("rate_limited", times=2, minutes=5)

    limited = ask(api)

    assert error_of(limited) == (429, "RATE_LIMITED")
    assert limited["Retry-After"] == "300"
    assert ask(api).status_code == 200


def test_a_code_that_is_not_sent_leaves_the_number(api: Api, meta: Meta) -> None:
    meta.sandbox.set_scenario("code_not_sent", times=1)

    refused = ask(api)
    [kept] = api.get("registered-numbers").json()["data"]

    assert error_of(refused) == (422, "CODE_NOT_SENT")
    assert (kept["status"], kept["codeSentAt"]) == ("unverified", None)
    assert ask(api).status_code == 200
    assert read(api, kept)["codeSentAt"]


def test_what_somebody_verified_by_hand_in_the_portfolio_is_left_alone(api: Api, meta: Meta) -> None:
    registered(api)
    meta.change(pool(meta)[0]["id"], verified_at=timezone.now().timestamp())
    RegisteredNumber.objects.all().delete()

    refused = ask(api)

    assert error_of(refused) == (409, "CONFLICT")
    assert "operator" in refused.json()["error"]["message"]
    assert pool(meta)[0]["verified_at"]
    assert not RegisteredNumber.objects.exists()


def test_what_somebody_added_by_hand_is_taken_up(api: Api, meta: Meta) -> None:
    with meta.sandbox.state as state:
        entry = state.add(
            "preverified_number", business="100000000000001", phone_number=NUMBER,
            verification_code=None, verified_at=None,
        )  # fmt: skip

    ours = registered(api)

    assert enter(api, ours).status_code == 200
    assert [one["id"] for one in pool(meta)] == [entry["id"]]


@pytest.mark.parametrize("missing", ["META_SYSTEM_USER_TOKEN", "META_BUSINESS_ID"])
def test_without_our_own_account_at_meta_the_operator_is_told(
    api: Api, meta: Meta, settings: Any, missing: str
) -> None:
    kept = registered(api)
    setattr(settings, missing, "")

    refused = [
        ask(api, OTHER_NUMBER),
        enter(api, kept),
        api.post(f"registered-numbers/{kept['id']}/request-code"),
        api.delete(f"registered-numbers/{kept['id']}"),
    ]

    for answer in refused:
        assert error_of(answer) == (503, "SERVICE_UNAVAILABLE")
        assert missing in answer.json()["error"]["message"]
    assert read(api, kept)["status"] == "unverified"
    assert CodeRequest.objects.count() == 1
