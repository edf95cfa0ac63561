"""Meta's answers become dataclasses: ids are text, gaps are None, other shapes are a GraphError."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from meta_graph import businesses, oauth, phone_numbers, wabas
from meta_graph.answers import Named
from meta_graph.errors import Action, Broken, Cause, GraphError
from meta_graph.wabas import SubscribedApp
from tests.meta_graph.conftest import BASE, recorded


def test_a_token_says_when_it_ends(graph):
    graph.get(BASE + "/oauth/access_token", json={"access_token": "EAAnew", "expires_in": 5_184_000})

    token = oauth.exchange_code(code="c")

    assert token.value == "EAAnew"
    assert token.expires_at is not None
    assert abs(token.expires_at - datetime.now(UTC) - timedelta(days=60)) < timedelta(minutes=1)


def test_a_token_without_an_end_has_none(graph):
    graph.get(BASE + "/oauth/access_token", json={"access_token": "EAAnew", "token_type": "bearer"})

    assert oauth.exchange_code(code="c").expires_at is None


def test_what_a_token_may_do(graph):
    graph.get(BASE + "/debug_token", json=recorded("debug_token"))

    info = oauth.debug_token(token_value="EAAcustomer0token")

    assert (info.app_id, info.type, info.is_valid) == ("670000000000001", "SYSTEM_USER", True)
    assert {"whatsapp_business_management", "whatsapp_business_messaging"} <= info.scopes
    assert info.granular["whatsapp_business_management"] == ("102000000000002", "102000000000001")
    assert info.granular["public_profile"] is None
    assert info.expires_at is None
    assert info.data_access_expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert info.user_id == "222000000000002"


def test_an_invalid_token_is_an_answer(graph):
    refused = {"data": {"is_valid": False, "error": {"code": 190, "subcode": 460, "message": "changed"}}}
    graph.get(BASE + "/debug_token", json=refused)

    info = oauth.debug_token(token_value="EAAcustomer0token")

    assert (info.is_valid, info.scopes, info.granular, info.app_id) == (False, frozenset(), {}, None)


def test_a_waba_in_full(graph, token):
    graph.get(BASE + "/102000000000001", json=recorded("waba"))

    waba = wabas.read_waba(waba_id="102000000000001", token=token)

    assert (waba.id, waba.name) == ("102000000000001", "Rosa's Flowers")
    assert (waba.currency, waba.country, waba.timezone_id) == ("EUR", "ES", "58")
    assert (waba.account_review_status, waba.business_verification_status) == ("APPROVED", "not_verified")
    assert (waba.owner_business_id, waba.owner_business_name) == ("405000000000005", "Rosa Group")
    assert waba.marketing_messages_onboarding_status == "ELIGIBLE"
    assert waba.health is not None
    assert waba.health["can_send_message"] == "LIMITED"


def test_a_phone_number_in_full(graph, token):
    graph.get(BASE + "/106000000000006", json=recorded("phone_number"))

    phone = phone_numbers.read_phone_number(phone_number_id="106000000000006", token=token)

    assert (phone.id, phone.phone_number) == ("106000000000006", "+16315555555")
    assert (phone.display_phone_number, phone.throughput_level) == ("+1 631-555-5555", "STANDARD")
    assert (phone.status, phone.platform_type, phone.code_verification_status) == (
        "CONNECTED",
        "CLOUD_API",
        "VERIFIED",
    )
    assert (phone.is_on_biz_app, phone.is_pin_enabled) == (False, True)


@pytest.mark.parametrize("shown", ["+1 631-555-5555", "16315555555", "+16315555555", "1 (631) 555 5555"])
def test_a_phone_number_is_written_in_one_way(graph, token, shown):
    graph.get(BASE + "/1", json={"id": "1", "display_phone_number": shown})

    assert phone_numbers.read_phone_number(phone_number_id="1", token=token).phone_number == "+16315555555"


def test_everything_but_the_id_may_be_missing(graph, token):
    graph.get(BASE + "/1", json={"id": "1"})

    found = (
        wabas.read_waba(waba_id="1", token=token),
        phone_numbers.read_phone_number(phone_number_id="1", token=token),
        businesses.read_business(business_id="1", token=token),
        businesses.read_page(page_id="1", token=token),
        businesses.read_instagram_account(instagram_account_id="1", token=token),
    )

    for node in found:
        fields = vars(node).copy()
        assert fields.pop("id") == "1"
        assert set(fields.values()) == {None}


def test_a_marketing_status_is_read_from_both_of_its_shapes(graph, token):
    as_object = {"id": "1", "marketing_messages_onboarding_status": {"status": "REQUEST_SENT", "time": 1}}
    graph.get(BASE + "/1", json=as_object)

    assert (
        businesses.read_business(business_id="1", token=token).marketing_messages_onboarding_status
        == wabas.read_waba(waba_id="1", token=token).marketing_messages_onboarding_status
        == "REQUEST_SENT"
    )


def test_subscribed_apps_are_read_nested_and_flat(graph, token):
    graph.get(BASE + "/1/subscribed_apps", json=recorded("subscribed_apps"))

    assert wabas.list_subscribed_apps(waba_id="1", token=token) == (
        SubscribedApp("670000000000001", "Gangway", "https://gangway.example.com/webhook/phone/1"),
        SubscribedApp("670000000000002", "Another", None),
    )


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"id": "9", "name": "Shop"}, (Named("9", "Shop"),)),
        ({"data": [{"id": 9, "name": "Shop"}]}, (Named("9", "Shop"),)),
        ({"data": []}, ()),
        ({}, ()),
    ],
)
def test_datasets_come_alone_or_in_a_list(graph, token, answer, found):
    graph.get(BASE + "/1/dataset", json=answer)

    assert wabas.list_datasets(waba_id="1", token=token) == found


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"id": None},
        {"id": ""},
        {"id": True},
        {"id": ["1"]},
        {"id": "1", "name": {}},
        {"id": "1", "health_status": []},
    ],
)
def test_another_shape_is_a_failure_that_is_tried_again(graph, token, answer):
    graph.get(BASE + "/1", json=answer)

    with pytest.raises(GraphError) as caught:
        wabas.read_waba(waba_id="1", token=token)

    error = caught.value
    assert (error.call, error.code, error.broken) == ("read_waba", None, Broken.MALFORMED)
    assert (error.action, error.cause) == (Action.RETRY, Cause.UNKNOWN)


@pytest.mark.parametrize("answer", [{"data": None}, {"data": []}, {}, {"data": {"scopes": 1}}])
def test_another_shape_of_a_token_is_a_failure(graph, answer):
    graph.get(BASE + "/debug_token", json=answer)

    with pytest.raises(GraphError):
        oauth.debug_token(token_value="EAAcustomer0token")


@pytest.mark.parametrize(
    "answer", [{}, {"access_token": ""}, {"access_token": None}, {"business_token": "EAA"}]
)
def test_an_exchange_that_brings_no_token_has_burnt_its_code(graph, answer):
    graph.get(BASE + "/oauth/access_token", json=answer)

    with pytest.raises(GraphError) as caught:
        oauth.exchange_code(code="c")

    assert (caught.value.action, caught.value.cause) == (Action.LOGIN, Cause.UNKNOWN_OUTCOME)


def test_a_success_that_is_none_is_a_failure(graph, token):
    graph.post(BASE + "/1/register", json={"success": False})

    with pytest.raises(GraphError):
        phone_numbers.register(phone_number_id="1", pin="482913", token=token)


def test_a_list_is_read_to_its_last_page(graph, token):
    rows = [recorded("phone_number") | {"id": str(number)} for number in range(5)]
    cursor = {"paging": {"cursors": {"after": "c1"}, "next": "https://graph.example.com/x?access_token=EAA"}}
    graph.get(BASE + "/1/phone_numbers", json={"data": rows[:3]} | cursor)
    graph.get(BASE + "/1/phone_numbers", json={"data": rows[3:], "paging": {"cursors": {"after": "c2"}}})

    found = wabas.list_phone_numbers(waba_id="1", token=token)

    assert [phone.id for phone in found] == ["0", "1", "2", "3", "4"]
    assert "after=c1" in (graph.calls[1].request.url or "")
    assert len(graph.calls) == 2


def test_what_meta_made_is_known_by_its_id(graph, token):
    graph.post(BASE + "/1/phone_numbers", json={"id": 22})
    graph.post(BASE + "/22/smb_app_data", json={"messaging_product": "whatsapp", "request_id": "r1"})

    number = {"country_code": "54", "phone_number": "91151234567", "verified_name": "Café Río"}
    assert wabas.add_phone_number(waba_id="1", token=token, **number) == "22"
    assert phone_numbers.request_sync(phone_number_id="22", sync_type="history", token=token) == "r1"
