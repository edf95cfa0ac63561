"""Which link has a registered number: one open one at most, and in the end the one that connected it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from onboarding.models import OnboardingLink, RegisteredNumber, Signup
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.onboarding.registered.world import (
    NUMBER,
    ask,
    enter,
    error_of,
    pool,
    read,
    registered,
    verified,
)
from tests.wabas.world import Meta, at_once, on_postgresql
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


def link_for(api: Api, number: dict[str, Any], **body: Any) -> Any:
    return api.post("onboarding-links", {"name": "Acme Corp", "registeredNumberId": number["id"], **body})


def made(api: Api, number: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = link_for(api, number, **body)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json()["data"])


def signed_up(circle: Circle, link: dict[str, Any], **options: Any) -> EndUser:
    user = EndUser(link["id"])
    user.bring(circle.meta.sandbox.sign_up(**options))
    return user


def test_a_verified_number_is_taken_by_one_link(api: Api, meta: Meta) -> None:
    number = verified(api)

    link = made(api, number)
    second = link_for(api, number)

    assert link["registeredNumberId"] == number["id"]
    assert read(api, number)["onboardingLinkId"] == link["id"]
    assert error_of(second) == (409, "CONFLICT")
    assert link["id"] in second.json()["error"]["message"]
    assert OnboardingLink.objects.count() == 1


@on_postgresql
def test_of_two_links_at_once_one_has_it(api: Api, meta: Meta) -> None:
    number = verified(api)

    answers = at_once(*[lambda: link_for(api, number)] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "unverified"}, "not verified"),
        ({"status": "verified", "expires_at": timezone.now()}, "expired"),
        ({"status": "used"}, "used"),
    ],
)
def test_a_number_that_is_not_ready_is_not_taken(api: Api, columns: Any, words: str) -> None:
    row = RegisteredNumber.objects.create(organization=api.organization, phone_number=NUMBER, **columns)

    answer = link_for(api, {"id": str(row.pk)})

    assert error_of(answer) == (409, "CONFLICT")
    assert words in answer.json()["error"]["message"]
    assert not OnboardingLink.objects.exists()


def test_a_number_is_taken_until_its_last_moment(api: Api, meta: Meta) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        number = verified(api)

    with time_machine.travel(now + timedelta(days=90), tick=False):
        over = link_for(api, number)
    with time_machine.travel(now + timedelta(days=89, hours=23), tick=False):
        taken = link_for(api, number)

    assert (over.status_code, taken.status_code) == (409, 201)


def test_another_organizations_number_is_none(api: Api, stranger: Api, meta: Meta) -> None:
    theirs = verified(stranger)

    for given in (theirs["id"], "99999999-0000-4000-8000-000000000000"):
        answer = link_for(api, {"id": given})

        assert error_of(answer) == (400, "VALIDATION_ERROR")
        assert [one["field"] for one in answer.json()["error"]["details"]] == ["registeredNumberId"]


def test_a_deleted_link_frees_its_number(api: Api, meta: Meta) -> None:
    number = verified(api)
    link = made(api, number)

    assert api.delete(f"onboarding-links/{link['id']}").status_code == 204

    assert read(api, number)["onboardingLinkId"] is None
    assert link_for(api, number).status_code == 201


def test_an_expired_link_gives_its_number_up(api: Api, meta: Meta) -> None:
    number, now = verified(api), timezone.now()
    first = made(api, number, expiresAt=(now + timedelta(hours=1)).isoformat())

    with time_machine.travel(now + timedelta(minutes=59), tick=False):
        assert link_for(api, number).status_code == 409
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert read(api, number)["onboardingLinkId"] is None
        second = made(api, number)

        assert read(api, number)["onboardingLinkId"] == second["id"]
        assert api.get(f"onboarding-links/{first['id']}").json()["data"]["registeredNumberId"] is None


def test_a_link_that_expires_under_an_open_window_keeps_its_number_for_half_an_hour(
    api: Api, circle: Circle
) -> None:
    number = verified(api)
    user = EndUser(made(api, number, expiresAt=(timezone.now() + timedelta(hours=1)).isoformat())["id"])
    user.call("opened")
    user.call("start")
    OnboardingLink.objects.update(expires_at=timezone.now())
    started_at = Signup.objects.get().started_at
    assert started_at

    with time_machine.travel(started_at + timedelta(minutes=29), tick=False):
        kept = link_for(api, number)
    with time_machine.travel(started_at + timedelta(minutes=30), tick=False):
        given = link_for(api, number)

    assert (kept.status_code, given.status_code) == (409, 201)


def test_a_number_in_an_open_link_is_not_deleted(api: Api, circle: Circle) -> None:
    number = verified(api)
    link = made(api, number, expiresAt=(timezone.now() + timedelta(hours=1)).isoformat())
    waiting = api.delete(f"registered-numbers/{number['id']}")
    OnboardingLink.objects.update(status="processing")
    processing = api.delete(f"registered-numbers/{number['id']}")
    OnboardingLink.objects.update(status="pending", expires_at=timezone.now())

    assert error_of(waiting) == error_of(processing) == (409, "CONFLICT")
    assert link["id"] in waiting.json()["error"]["message"]
    assert len(pool(circle.meta)) == 1
    assert api.delete(f"registered-numbers/{number['id']}").status_code == 204
    assert OnboardingLink.objects.get().registered_number is None


# ---- completion -----------------------------------------------------------------------------------------


def test_the_link_that_connects_the_number_uses_it(circle: Circle) -> None:
    number = verified(circle.api)
    link = made(circle.api, number)

    user = signed_up(circle, link, preverified_id=pool(circle.meta)[0]["id"])
    under_way = read(circle.api, number)
    run_due()

    used = read(circle.api, number)
    assert (under_way["status"], under_way["onboardingLinkId"]) == ("verified", link["id"])
    assert (used["status"], used["onboardingLinkId"]) == ("used", link["id"])
    completed = circle.read(user.link_id)
    assert (completed["status"], completed["phoneNumber"]) == ("completed", NUMBER)
    assert completed["registeredNumberId"] == number["id"]
    assert RegisteredNumber.objects.get().used_at is not None
    assert pool(circle.meta) == []
    assert circle.api.delete(f"onboarding-links/{link['id']}").status_code == 409
    assert error_of(link_for(circle.api, number)) == (409, "CONFLICT")


def test_a_link_that_completes_with_another_number_gives_its_own_back(circle: Circle) -> None:
    number = verified(circle.api)
    link = made(circle.api, number)

    signed_up(circle, link, choice="another_number", preverified_id=pool(circle.meta)[0]["id"])
    run_due()

    assert circle.read(link["id"])["status"] == "completed"
    assert circle.read(link["id"])["registeredNumberId"] is None
    left = read(circle.api, number)
    assert (left["status"], left["onboardingLinkId"]) == ("verified", None)
    assert link_for(circle.api, number).status_code == 201


@pytest.mark.parametrize("is_verified", [True, False])
def test_whatever_link_connects_it_it_is_used(circle: Circle, is_verified: bool) -> None:
    number = verified(circle.api) if is_verified else registered(circle.api)
    link = circle.make_link()

    signed_up(circle, link, phone_number=NUMBER)
    run_due()

    used = read(circle.api, number)
    assert (used["status"], used["onboardingLinkId"]) == ("used", link["id"])


def test_the_link_that_was_made_for_it_holds_it_no_longer(circle: Circle) -> None:
    number = verified(circle.api)
    holder, link = made(circle.api, number), circle.make_link()

    signed_up(circle, link, preverified_id=pool(circle.meta)[0]["id"])
    run_due()

    assert read(circle.api, number)["onboardingLinkId"] == link["id"]
    assert circle.read(link["id"])["registeredNumberId"] == number["id"]
    assert circle.read(holder["id"])["registeredNumberId"] is None
    assert circle.api.delete(f"registered-numbers/{number['id']}").status_code == 204


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_used_number_is_of_the_link_that_connected_it_whatever_else_names_it(
    circle: Circle, status: str
) -> None:
    number = verified(circle.api)
    link = made(circle.api, number)
    signed_up(circle, link, preverified_id=pool(circle.meta)[0]["id"])
    run_due()
    other = circle.make_link()
    OnboardingLink.objects.filter(pk=other["id"]).update(registered_number=number["id"], status=status)

    assert read(circle.api, number)["onboardingLinkId"] == link["id"]
    assert circle.api.delete(f"registered-numbers/{number['id']}").status_code == 204


def test_a_key_of_a_link_that_was_refused_its_number_may_be_used_again(api: Api, meta: Meta) -> None:
    number = verified(api)
    holder, key = made(api, number), {"idempotency-key": "k-1"}
    body = {"name": "Acme Corp", "registeredNumberId": number["id"]}

    refused = api.post("onboarding-links", body, **key)
    api.delete(f"onboarding-links/{holder['id']}")
    linked, repeated = [api.post("onboarding-links", body, **key) for _ in range(2)]

    assert [refused.status_code, linked.status_code, repeated.status_code] == [409, 201, 201]
    assert linked.json() == repeated.json()
    assert OnboardingLink.objects.count() == 1


def test_what_another_organization_has_verified_connects_no_link_without_a_code(
    circle: Circle, stranger: Api
) -> None:
    theirs = verified(stranger)
    made(stranger, theirs)
    link = circle.make_link()

    signed_up(circle, link, preverified_id=pool(circle.meta)[0]["id"])
    run_due()

    shown = circle.read(link["id"])
    assert (shown["status"], shown["lastError"]["code"]) == ("pending", "ALREADY_CONNECTED")
    assert (Waba.objects.count(), PhoneNumber.objects.count()) == (0, 0)
    assert read(stranger, theirs)["status"] == "verified"


def test_nor_what_it_may_have_verified(circle: Circle, stranger: Api) -> None:
    theirs, ours = registered(stranger), registered(circle.api, method="voice")
    circle.meta.sandbox.set_scenario("reset_after_work", call="verify_code", times=1)
    enter(stranger, theirs)
    link = circle.make_link()

    signed_up(circle, link, preverified_id=pool(circle.meta)[0]["id"])
    run_due()

    assert circle.read(link["id"])["lastError"]["code"] == "ALREADY_CONNECTED"
    assert read(circle.api, ours)["status"] == "unverified"


@pytest.mark.parametrize("is_verified", [True, False])
def test_who_proves_it_in_the_popup_has_it(circle: Circle, stranger: Api, is_verified: bool) -> None:
    theirs = verified(stranger) if is_verified else registered(stranger)
    link = circle.make_link()

    signed_up(circle, link, phone_number=NUMBER)
    run_due()

    assert circle.read(link["id"])["status"] == "completed"
    left = read(stranger, theirs)
    assert (left["status"], left["verifiedAt"], left["expiresAt"]) == ("unverified", None, None)
    assert RegisteredNumber.objects.get().meta_preverified_id is None
    assert error_of(ask(stranger, method="voice")) == (422, "META_REFUSED")


def test_a_failed_signup_leaves_the_number_in_its_link(circle: Circle) -> None:
    number = verified(circle.api)
    link = made(circle.api, number)

    signed_up(circle, link, choice="cancel")
    run_due()

    assert read(circle.api, number)["onboardingLinkId"] == link["id"]
    assert read(circle.api, number)["status"] == "verified"
