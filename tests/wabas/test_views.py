"""`GET /v1/wabas` and one WABA."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from phones.models import PhoneNumber
from tests.wabas.test_services import INFO, connect
from wabas import examples
from wabas.models import Waba


def phone_in(waba, number=1, **columns):
    return PhoneNumber.objects.create(
        organization=waba.organization,
        waba=waba,
        meta_phone_number_id=f"10654035224292{number}",
        phone_number=f"+549115555123{number}",
        pin="482913",
        **columns,
    )


@time_machine.travel(datetime(2026, 1, 15, 10, 34, 56, 789_000, tzinfo=UTC), tick=False)
def test_a_waba_is_shown_with_its_numbers(api):
    waba = connect(api.organization)
    phone = phone_in(waba, display_name="Acme", external_id="c-1", metadata='{"Branch":"x","n":1.0}')

    answer = api.get(f"wabas/{waba.pk}").json()

    assert answer == {
        "data": {
            "id": str(waba.pk),
            "metaWabaId": "123456789012345",
            "name": "Acme",
            "currency": "USD",
            "timezoneId": "1",
            "ownerBusiness": {"id": "456", "name": "Acme Inc"},
            "accountReviewStatus": "APPROVED",
            "businessVerificationStatus": "verified",
            "creditLine": {"status": None, "allocationConfigId": None, "sharedAt": None},
            "isSubscribed": None,
            "status": "connected",
            "disconnectReason": None,
            "phones": [
                {
                    "id": str(phone.pk),
                    "phoneNumberId": "106540352242921",
                    "phoneNumber": "+5491155551231",
                    "displayName": "Acme",
                    "isRegistered": False,
                    "externalId": "c-1",
                    "metadata": {"Branch": "x", "n": 1.0},
                }
            ],
            "createdAt": "2026-01-15T10:34:56.789Z",
        }
    }


def test_the_list_shows_the_same_newest_first_with_its_page(api):
    older = connect(api.organization)
    newer = Waba.objects.create(organization=api.organization, meta_waba_id="2")

    answer = api.get("wabas?limit=2").json()

    assert [row["id"] for row in answer["data"]] == [str(newer.pk), str(older.pk)]
    assert answer["data"][1] == api.get(f"wabas/{older.pk}").json()["data"]
    assert answer["meta"] == {"pagination": {"page": 1, "limit": 2, "total": 2, "hasMore": False}}


def test_metas_id_finds_the_waba_too(api):
    waba = connect(api.organization)

    assert api.get(f"wabas/{INFO.id}").json()["data"]["id"] == str(waba.pk)


@pytest.mark.parametrize("path", ["wabas/{}", "wabas/{}/connection"])
def test_another_organizations_waba_is_not_found(api, stranger, path):
    waba = connect(api.organization)

    for named in (waba.pk, waba.meta_waba_id):
        assert stranger.get(path.format(named)).status_code == 404
    assert stranger.get("wabas").json()["data"] == []


def test_an_unknown_parameter_is_refused(api):
    answer = api.get("wabas?status=connected")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "status"


def test_the_list_takes_the_same_queries_however_many_rows_it_has(api):
    waba = connect(api.organization)
    phone_in(waba)
    with CaptureQueriesContext(
        connection,
    ) as few:
        api.get("wabas")

    for number in range(2, 8):
        other = Waba.objects.create(organization=api.organization, meta_waba_id=str(number), access_token="t")
        phone_in(other, number)
    with CaptureQueriesContext(connection) as many:
        assert len(api.get("wabas").json()["data"]) == 7

    assert len(many) <= len(few)


def test_no_secret_is_read_for_what_is_only_shown(api):
    phone_in(connect(api.organization))

    with CaptureQueriesContext(connection) as queries:
        api.get("wabas")

    selected = " ".join(query["sql"].split(" FROM ")[0] for query in queries)
    assert '"pin"' not in selected
    assert '"access_token",' not in selected


def test_the_documented_example_has_the_keys_of_the_answer(api):
    waba = connect(api.organization)
    phone_in(waba)

    shown = api.get(f"wabas/{waba.pk}").json()["data"]

    assert list(shown) == list(examples.WABA)
    assert list(shown["phones"][0]) == list(examples.PHONE_IN_WABA)
