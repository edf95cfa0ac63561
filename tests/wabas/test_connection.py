"""`GET /v1/wabas/{id}/connection`, with Graph over real HTTP."""

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meta_graph import limits
from tests.wabas.test_services import connect
from tests.wabas.world import at_once, on_postgresql
from wabas import examples, lookups
from wabas.models import Waba


def account_of(api, waba):
    answer = api.get(f"wabas/{waba.pk}/connection")
    assert answer.status_code == 200
    return answer.json()["data"]["connectedAccount"]


def test_the_connection_shows_captured_ids_with_what_meta_knows(api, meta):
    phone = meta.connected_phone(api.organization)
    waba = phone.waba

    data = api.get(f"wabas/{waba.pk}/connection").json()["data"]

    account = data["connectedAccount"]
    page_id, dataset_id = waba.page_ids[0], waba.dataset_ids[0]
    business = {"id": waba.owner_business_id, "name": waba.owner_business_name}
    assert account["graphLookupErrors"] == []
    assert account["business"] == business
    assert account["pages"] == [
        {
            "id": page_id,
            "name": meta.sandbox.state.objects[page_id]["name"],
            "isFromOnboarding": True,
            "isSelectedForCapi": True,
        }
    ]
    assert (account["selectedPageId"], account["selectedDatasetId"]) == (page_id, dataset_id)
    assert account["datasetIds"] == [dataset_id]
    assert account["catalogIds"] == waba.catalog_ids
    assert account["instagramAccountIds"] == waba.instagram_account_ids
    assert account["marketingMessagesOnboardingStatus"]["status"]
    assert data["waba"] == {
        "id": str(waba.pk),
        "metaWabaId": waba.meta_waba_id,
        "name": waba.name,
        "currency": waba.currency,
        "ownerBusiness": business,
        "datasetId": dataset_id,
        "pageId": page_id,
    }
    assert [shown["id"] for shown in data["phones"]] == [str(phone.pk)]


def test_the_documented_example_has_the_keys_of_the_answer_in_their_order(api, meta):
    phone = meta.connected_phone(api.organization)

    data = api.get(f"wabas/{phone.waba_id}/connection").json()["data"]

    assert list(data) == list(examples.CONNECTION)
    for part in ("waba", "connectedAccount"):
        assert list(data[part]) == list(examples.CONNECTION[part])
    assert list(data["connectedAccount"]["pages"][0]) == list(examples.CONNECTED_ACCOUNT["pages"][0])


def test_missing_permissions_are_listed_and_the_captured_ids_are_there_all_the_same(api, meta):
    waba = meta.connected_waba(api.organization)
    meta.sandbox.set_scenario("few_permissions", target=waba.meta_waba_id)

    account = account_of(api, waba)

    failed = {row["resource"]: row for row in account["graphLookupErrors"]}
    assert {"datasets", "catalogs", f"page/{waba.page_ids[0]}"} <= set(failed)
    assert all(row["message"] and row["code"] for row in failed.values())
    assert account["pageIds"] == waba.page_ids
    assert account["pages"][0]["name"] is None
    assert account["catalogIds"] == waba.catalog_ids
    assert account["business"]["id"] == waba.owner_business_id


def test_a_later_failure_keeps_what_meta_said_before(api, meta):
    waba = meta.connected_waba(api.organization)
    name = account_of(api, waba)["pages"][0]["name"]
    meta.sandbox.set_scenario("graph_down")

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        account = account_of(api, waba)

    assert len(account["graphLookupErrors"]) == 4
    assert account["pages"][0]["name"] == name


def test_an_answer_is_kept_for_a_minute(api, meta):
    waba = meta.connected_waba(api.organization)
    first = account_of(api, waba)
    calls = len(meta.sandbox.calls())

    with time_machine.travel(timezone.now() + timedelta(seconds=58)):
        assert account_of(api, waba) == first
        assert len(meta.sandbox.calls()) == calls
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        account_of(api, waba)
        assert len(meta.sandbox.calls()) == calls + 4


def test_the_look_ups_run_side_by_side_under_one_deadline(api, meta, monkeypatch):
    waba = meta.connected_waba(api.organization)
    meta.sandbox.set_scenario("slow", ms=400)

    started = time.monotonic()
    assert account_of(api, waba)["graphLookupErrors"] == []
    assert time.monotonic() - started < 1.2

    monkeypatch.setattr(lookups, "SECONDS", 0.1)
    Waba.objects.update(looked_up_at=None, lookup={})
    started = time.monotonic()
    account = account_of(api, waba)
    assert time.monotonic() - started < 0.35
    assert {row["code"] for row in account["graphLookupErrors"]} == {"TIMEOUT"}
    assert account["pageIds"] == waba.page_ids


def test_the_deadline_is_three_seconds():
    assert lookups.SECONDS == 3.0


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"access_token": None}, "TOKEN_MISSING"),
        ({"token_refused_at": timezone.now()}, "TOKEN_INVALID"),
        ({"token_expires_at": timezone.now()}, "TOKEN_EXPIRED"),
    ],
)
def test_without_a_usable_token_nothing_is_called_and_one_row_says_so(api, meta, columns, code):
    waba = meta.connected_waba(api.organization)
    for name, value in columns.items():
        setattr(waba, name, value)
    waba.save()
    calls = len(meta.sandbox.calls())

    account = account_of(api, waba)

    assert [(row["resource"], row["code"]) for row in account["graphLookupErrors"]] == [("waba", code)]
    assert account["pageIds"] == waba.page_ids
    assert len(meta.sandbox.calls()) == calls


def test_a_token_that_meta_refuses_is_noted_and_never_shown(api, meta):
    waba = meta.connected_waba(api.organization)
    meta.sandbox.set_scenario("token_revoked", target=waba.meta_waba_id)

    answer = api.get(f"wabas/{waba.pk}/connection")

    rows = answer.json()["data"]["connectedAccount"]["graphLookupErrors"]
    assert {row["code"] for row in rows} == {"TOKEN_INVALID"}
    assert Waba.objects.get().token_refused_at is not None
    assert (waba.access_token or "").encode() not in answer.content


def test_a_waba_without_captured_ids_has_every_key_and_empty_lists(api):
    waba = connect(api.organization)
    Waba.objects.update(access_token=None, owner_business_id=None, owner_business_name=None)

    account = account_of(api, waba)

    assert list(account) == list(examples.CONNECTED_ACCOUNT)
    assert account["business"] == {"id": None, "name": None}
    assert account["pages"] == account["pageIds"] == account["datasetIds"] == account["catalogIds"] == []
    assert account["selectedPageId"] is account["selectedDatasetId"] is None
    assert account["marketingMessagesOnboardingStatus"] == {"status": None}


def test_nothing_is_written_while_meta_is_asked(api, meta):
    waba = meta.connected_waba(api.organization)

    with CaptureQueriesContext(connection) as queries:
        account_of(api, waba)

    writes = [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]
    claim, result = [sql for sql in writes if "wabas_waba" in sql]
    assert "looked_up_at" in claim
    assert '"lookup"' not in claim
    assert '"lookup"' in result


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_callers_at_once_one_asks_meta_and_the_others_answer_from_what_is_stored(api, meta):
    waba = meta.connected_waba(api.organization)
    meta.sandbox.set_scenario("slow", ms=300)
    calls = len(meta.sandbox.calls())

    accounts = at_once(*[lambda: account_of(api, waba)] * 5)

    assert len(meta.sandbox.calls()) == calls + 4
    codes = sorted([row["code"] for row in account["graphLookupErrors"]] for account in accounts)
    assert codes == [[], *[["UNDER_WAY"]] * 4]
    assert all(account["pageIds"] == waba.page_ids for account in accounts)


def test_who_comes_while_another_asks_gets_the_last_answer(api, meta):
    waba = meta.connected_waba(api.organization)
    first = account_of(api, waba)
    late = Waba.objects.get()
    calls = len(meta.sandbox.calls())

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        Waba.objects.update(looked_up_at=timezone.now())
        lookups.look_up(waba=late)

    assert late.lookup["errors"] == first["graphLookupErrors"] == []
    assert late.lookup["page_names"]
    assert len(meta.sandbox.calls()) == calls


def test_meta_is_left_alone_while_its_limit_lasts_and_the_answer_says_so(api, meta):
    waba = meta.connected_waba(api.organization)
    name = account_of(api, waba)["pages"][0]["name"]
    calls, now = len(meta.sandbox.calls()), timezone.now()
    usage = {waba.meta_waba_id: [{"estimated_time_to_regain_access": 5}]}
    limits.note("read_waba", {"x-business-use-case-usage": json.dumps(usage)})

    with time_machine.travel(now + timedelta(seconds=30)):
        assert account_of(api, waba)["graphLookupErrors"] == []
    with time_machine.travel(now + timedelta(seconds=61)):
        account = account_of(api, waba)
    assert len(meta.sandbox.calls()) == calls
    (row,) = account["graphLookupErrors"]
    assert (row["resource"], row["code"]) == ("waba", "RATE_LIMITED")
    assert "asked again" in row["message"]
    assert account["pages"][0]["name"] == name
    cache.clear()
    with time_machine.travel(now + timedelta(seconds=310)):
        assert account_of(api, waba)["graphLookupErrors"] == []
    assert len(meta.sandbox.calls()) == calls + 4
