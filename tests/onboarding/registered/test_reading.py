"""Registered numbers are listed, found and deleted, each by its own organization alone."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from onboarding.models import RegisteredNumber
from tests.conftest import Api
from tests.onboarding.registered.world import (
    NUMBER,
    OTHER_NUMBER,
    ask,
    done,
    enter,
    error_of,
    pool,
    registered,
    verified,
)
from tests.wabas.world import Meta

pytestmark = pytest.mark.django_db(transaction=True)


def listed(api: Api, query: str = "") -> list[str]:
    return [row["phoneNumber"] for row in api.get(f"registered-numbers{query}").json()["data"]]


def test_numbers_are_listed_by_status_and_number(api: Api, stranger: Api) -> None:
    now = timezone.now()
    of: dict[str, dict[str, Any]] = {
        "+34612000001": {"status": "unverified"},
        "+34612000002": {"status": "verified", "expires_at": now + timedelta(minutes=1)},
        "+34612000003": {"status": "verified", "expires_at": now - timedelta(seconds=1)},
        "+34612000004": {"status": "used"},
    }
    for place, (phone_number, columns) in enumerate(of.items()):
        RegisteredNumber.objects.create(
            organization=api.organization, phone_number=phone_number,
            created_at=now + timedelta(seconds=place), **columns,
        )  # fmt: skip
    RegisteredNumber.objects.create(organization=stranger.organization, phone_number="+34612000001")

    assert listed(api) == list(reversed(of))
    for status, phone_number in zip(("unverified", "verified", "expired", "used"), of, strict=True):
        assert listed(api, f"?status={status}") == [phone_number]
    assert listed(api, "?phoneNumber=34 612-000-003") == ["+34612000003"]
    assert listed(api, "?phoneNumber=%2B34612000003&status=used") == []
    assert error_of(api.get("registered-numbers?status=new")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("call", ["get", "delete", "verify", "request-code"])
def test_another_organizations_number_is_not_found(api: Api, stranger: Api, meta: Meta, call: str) -> None:
    path = f"registered-numbers/{registered(stranger)['id']}"
    before = done(meta)

    answer = {
        "get": lambda: api.get(path),
        "delete": lambda: api.delete(path),
        "verify": lambda: api.post(f"{path}/verify", {"code": "246810"}),
        "request-code": lambda: api.post(f"{path}/request-code"),
    }[call]()

    assert error_of(answer) == (404, "NOT_FOUND")
    assert done(meta) == before


def test_a_deleted_number_is_gone_at_meta_too(api: Api, meta: Meta) -> None:
    number = verified(api)

    answer = api.delete(f"registered-numbers/{number['id']}")

    assert answer.status_code == 204
    assert (listed(api), pool(meta)) == ([], [])
    assert api.get(f"registered-numbers/{number['id']}").status_code == 404
    assert ask(api).status_code == 201


def test_gone_at_meta_already_is_as_good(api: Api, meta: Meta) -> None:
    number = registered(api)
    with meta.sandbox.state as state:
        del state.objects[pool(meta)[0]["id"]]

    assert api.delete(f"registered-numbers/{number['id']}").status_code == 204


def test_of_a_used_number_our_row_alone_is_deleted(api: Api, meta: Meta, settings: Any) -> None:
    settings.META_SYSTEM_USER_TOKEN = ""
    row = RegisteredNumber.objects.create(
        organization=api.organization, phone_number=NUMBER, status="used", meta_preverified_id="1"
    )

    assert api.delete(f"registered-numbers/{row.pk}").status_code == 204
    assert meta.sandbox.calls() == []


def test_an_entry_that_another_organization_waits_for_stays(api: Api, stranger: Api, meta: Meta) -> None:
    theirs, ours = registered(stranger), registered(api, method="voice")

    assert api.delete(f"registered-numbers/{ours['id']}").status_code == 204
    assert enter(stranger, theirs).status_code == 200


@pytest.mark.parametrize("status", ["unverified", "verified"])
def test_when_meta_is_down_the_number_stays_and_no_link_takes_it(api: Api, meta: Meta, status: str) -> None:
    number = verified(api) if status == "verified" else registered(api)
    meta.sandbox.set_scenario("graph_down", times=1)

    failed = api.delete(f"registered-numbers/{number['id']}")

    assert error_of(failed) == (502, "META_ERROR")
    [kept] = api.get("registered-numbers").json()["data"]
    assert (kept["id"], kept["status"]) == (number["id"], "unverified")
    assert api.delete(f"registered-numbers/{number['id']}").status_code == 204
    assert pool(meta) == []


def test_expired_numbers_stay_listed(api: Api, meta: Meta) -> None:
    verified(api, OTHER_NUMBER)

    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert listed(api, "?status=expired") == [OTHER_NUMBER]
