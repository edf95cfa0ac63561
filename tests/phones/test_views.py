"""`/v1/phones` as a client sees it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from phones import examples
from phones.models import PhoneNumber
from phones.sync import sync_phone
from tests.phones.test_services import CONNECTED, numbers, save
from tests.wabas.test_services import connect
from wabas.models import Waba

ABLE = {"can_send_message": "AVAILABLE", "entities": []}


@pytest.fixture
def phone(api):
    waba = connect(api.organization, captured={"page_ids": ["789"]})
    return save(waba, CONNECTED, metadata='{"Store":"01","n":1.50}', external_id="customer-1")


@time_machine.travel(datetime(2026, 1, 15, 10, 34, 57, 12_000, tzinfo=UTC), tick=False)
def test_a_phone_is_shown_with_every_key_in_the_documented_order(api, meta):
    phone = save(connect(api.organization), CONNECTED, metadata='{"Store":"01","n":1.50}', external_id="c-1")

    answer = api.get(f"phones/{phone.pk}")

    shown = answer.json()["data"]
    account = shown.pop("connectedAccount")
    assert shown == {
        "id": str(phone.pk),
        "phoneNumberId": "106540352242922",
        "phoneNumber": "+5491155551234",
        "displayName": "Acme",
        "verifiedName": "Acme",
        "isRegistered": True,
        "isCoexistence": False,
        "status": "CONNECTED",
        "qualityRating": "UNKNOWN",
        "codeVerificationStatus": "VERIFIED",
        "nameStatus": "APPROVED",
        "platformType": "CLOUD_API",
        "throughputLevel": "STANDARD",
        "externalId": "c-1",
        "metadata": {"Store": "01", "n": 1.5},
        "capabilities": {"canReceiveMessages": False, "canSendMessages": False, "canSendTemplates": False},
        "wabaId": str(phone.waba_id),
        "metaWabaId": "123456789012345",
        "createdAt": "2026-01-15T10:34:57.012Z",
    }
    assert b'{"Store":"01","n":1.50}' in answer.content
    assert list(account) == list(examples.PHONE_DETAIL["connectedAccount"])
    assert meta.sandbox.calls() == []


def test_the_documented_examples_have_the_keys_of_the_answers(api, phone):
    assert list(api.get(f"phones/{phone.pk}").json()["data"]) == list(examples.PHONE_DETAIL)
    assert list(api.get("phones").json()["data"][0]) == list(examples.PHONE)
    health = api.get(f"phones/{phone.pk}/health").json()["data"]
    assert list(health) == list(examples.HEALTH)
    assert list(health["issues"][0]) == list(examples.HEALTH["issues"][0])


def test_metas_id_finds_the_phone_too(api, phone):
    for path in ("phones/106540352242922", "phones/106540352242922/health"):
        assert api.get(path).status_code == 200


@pytest.mark.parametrize("path", ["phones/{}", "phones/{}/health"])
def test_another_organizations_phone_is_not_found(stranger, phone, path):
    for named in (phone.pk, phone.meta_phone_number_id):
        assert stranger.get(path.format(named)).status_code == 404
    assert stranger.patch(f"phones/{phone.pk}", {"externalId": "x"}).status_code == 404
    assert stranger.get("phones").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("externalId=customer-1", 1),
        ("externalId=nobody", 0),
        ("phoneNumber=%2B54 9 11 5555-1234", 1),
        ("phoneNumber=(54)9115555-1234", 1),
        ("phoneNumber=+5491155551234", 1),
        ("isRegistered=true", 1),
        ("isRegistered=false", 1),
        ("isRegistered=true&externalId=customer-1", 1),
        ("isRegistered=false&externalId=customer-1", 0),
        ("wabaId=123456789012345", 1),
        ("wabaId=2", 1),
        ("wabaId=3", 0),
        ("wabaId=660e8400-e29b-41d4-a716-446655440001", 0),
    ],
)
def test_filters_narrow_the_list(api, phone, query, found):
    other = Waba.objects.create(organization=api.organization, meta_waba_id="2")
    PhoneNumber.objects.create(
        organization=api.organization, waba=other, meta_phone_number_id="2", phone_number="+15550001111"
    )

    answer = api.get(f"phones?{query}").json()

    assert answer["meta"]["pagination"]["total"] == len(answer["data"]) == found


def test_our_own_id_of_a_waba_filters_too(api, phone):
    assert len(api.get(f"phones?wabaId={phone.waba_id}").json()["data"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("isRegistered=yes", "isRegistered"),
        ("isRegistered=True", "isRegistered"),
        ("phoneNumber=abc", "phoneNumber"),
        ("wabaId=abc", "wabaId"),
        ("waba=1", "waba"),
        ("limit=101", "limit"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused_by_name(api, query, field):
    answer = api.get(f"phones?{query}")

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]


def test_a_patch_replaces_metadata_as_it_was_written(api, phone):
    answer = api.patch(f"phones/{phone.pk}", '{"metadata":{"b":1.0,"A":[]},"externalId":"new"}')

    assert answer.status_code == 200
    assert b'"metadata":{"b":1.0,"A":[]}' in answer.content
    row = PhoneNumber.objects.get()
    assert (row.metadata, row.external_id) == ('{"b":1.0,"A":[]}', "new")


def test_a_patch_touches_only_what_it_names_and_null_clears(api, phone):
    api.patch(f"phones/{phone.pk}", {"metadata": None})
    row = PhoneNumber.objects.get()
    assert (row.metadata, row.external_id) == (None, "customer-1")

    answer = api.patch(f"phones/{phone.pk}", {"externalId": None})

    assert answer.json()["data"]["externalId"] is None
    assert PhoneNumber.objects.get().external_id is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"displayName": "x"}, "displayName"),
        ({"isRegistered": True}, "isRegistered"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"externalId": 7}, "externalId"),
        ({"externalId": "x" * 256}, "externalId"),
        ({"externalId": "a\x00b"}, "externalId"),
    ],
)
def test_a_patch_of_anything_else_is_refused_by_name(api, phone, body, field):
    answer = api.patch(f"phones/{phone.pk}", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == field
    assert PhoneNumber.objects.get().external_id == "customer-1"


def test_a_key_that_only_reads_may_not_patch(api_for, phone):
    reader = api_for("Reader", scopes=("read",))

    assert reader.patch(f"phones/{phone.pk}", {"externalId": "x"}).status_code == 403


def test_the_list_takes_the_same_queries_however_many_rows_and_wabas_it_has(api, phone):
    with CaptureQueriesContext(connection) as few:
        api.get("phones")
    numbers(phone.waba, 4)
    for number in range(10, 14):
        waba = Waba.objects.create(organization=api.organization, meta_waba_id=str(number), access_token="t")
        PhoneNumber.objects.create(
            organization=api.organization, waba=waba, meta_phone_number_id=str(number), pin="1"
        )

    with CaptureQueriesContext(connection) as many:
        assert len(api.get("phones").json()["data"]) == 9

    assert len(many) <= len(few)
    selected = " ".join(query["sql"].split(" FROM ")[0] for query in many)
    assert '"pin"' not in selected
    assert '"access_token",' not in selected


def test_a_number_that_was_never_checked_can_do_nothing_and_says_so(api, phone):
    answer = api.get(f"phones/{phone.pk}/health").json()["data"]

    assert answer["capabilities"] == dict.fromkeys(
        ("canReceiveMessages", "canSendMessages", "canSendTemplates"), False
    )
    assert {issue["capability"] for issue in answer["issues"]} == set(answer["capabilities"])
    assert {issue["code"] for issue in answer["issues"]} == {"NOT_CHECKED"}
    assert (answer["syncedAt"], answer["syncStatus"]) == (None, "syncing")
    assert answer["nextAction"]["actor"] == "platform"


def test_the_read_after_the_check_shows_it(api, meta):
    phone = meta.registered_phone(api.organization)
    assert api.get(f"phones/{phone.pk}/health").json()["data"]["syncStatus"] == "syncing"

    sync_phone(phone.pk)

    answer = api.get(f"phones/{phone.pk}/health").json()["data"]
    assert answer["phoneId"] == str(phone.pk)
    assert answer["isRegistered"] is True
    assert set(answer["capabilities"].values()) == {True}
    assert answer["issues"] == []
    assert answer["subscription"] == {"isSubscribed": True}
    assert (answer["tokenStatus"], answer["syncStatus"], answer["nextAction"]) == ("valid", "fresh", None)
    assert answer["syncedAt"].endswith("Z")


def test_health_never_calls_meta_and_queues_one_check(api, meta):
    phone = meta.registered_phone(api.organization)
    before = len(meta.sandbox.calls())

    api.get(f"phones/{phone.pk}/health")
    requested = PhoneNumber.objects.get().sync_requested_at
    api.get(f"phones/{phone.pk}/health")

    assert requested is not None
    assert PhoneNumber.objects.get().sync_requested_at == requested
    assert len(meta.sandbox.calls()) == before


def test_a_missing_payment_method_stops_sending_and_not_what_comes_in(api, meta):
    phone = meta.registered_phone(api.organization)
    meta.sandbox.set_scenario("no_payment_method", target=phone.waba.meta_waba_id)
    sync_phone(phone.pk)

    answer = api.get(f"phones/{phone.pk}/health").json()["data"]

    assert answer["capabilities"] == {
        "canReceiveMessages": True,
        "canSendMessages": False,
        "canSendTemplates": False,
    }
    assert {issue["code"] for issue in answer["issues"]} == {"141006"}
    assert "solution" in answer["issues"][0]


def test_a_number_that_is_not_registered_says_so_with_metas_own_reason(api, meta):
    phone = meta.connected_phone(api.organization)
    sync_phone(phone.pk)

    answer = api.get(f"phones/{phone.pk}/health").json()["data"]

    codes = {issue["code"] for issue in answer["issues"]}
    assert {"NOT_REGISTERED", "PHONE_NOT_CONNECTED", "141000"} <= codes
    assert answer["nextAction"]["code"] == "NOT_REGISTERED"


def test_after_a_failed_check_the_last_state_is_shown_and_grows_stale(api, meta):
    phone = meta.registered_phone(api.organization)
    sync_phone(phone.pk)
    meta.sandbox.set_scenario("token_revoked", target=phone.waba.meta_waba_id)

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert api.get(f"phones/{phone.pk}/health").json()["data"]["syncStatus"] == "syncing"
        sync_phone(phone.pk)
        answer = api.get(f"phones/{phone.pk}/health").json()["data"]

    assert answer["syncStatus"] == "stale"
    assert answer["tokenStatus"] == "invalid"
    assert answer["capabilities"]["canReceiveMessages"] is True
    assert answer["capabilities"]["canSendMessages"] is False


def test_the_detail_and_the_list_agree_about_a_tokenless_waba(api, phone):
    PhoneNumber.objects.update(synced_at=timezone.now(), health=ABLE)
    Waba.objects.update(is_subscribed=True, access_token=None)

    able = {"canReceiveMessages": True, "canSendMessages": False, "canSendTemplates": False}
    assert api.get("phones").json()["data"][0]["capabilities"] == able
    assert api.get(f"phones/{phone.pk}").json()["data"]["capabilities"] == able
    health = api.get(f"phones/{phone.pk}/health").json()["data"]
    assert (health["capabilities"], health["tokenStatus"]) == (able, "missing")
