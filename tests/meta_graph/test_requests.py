"""Each function sends what Meta documents: method, path, query, body, whose token."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from meta_graph import businesses, media, messages, oauth, phone_numbers, templates, wabas
from tests.meta_graph.conftest import BASE

CUSTOMER = "Bearer EAAcustomer0token"
NAME = {"fields": "id,name"}
ANY_FIELDS = {"fields": "..."}
ACCEPTED = {"success": True}
NODE = {"id": "1"}
NOTHING: dict[str, list[str]] = {"data": []}
PAGE = {"limit": "100"}
BODY = {"type": "BODY", "text": "Hello {{1}}"}

REQUESTS = [
    (lambda t: wabas.read_waba(waba_id="11", token=t), "GET", "/11", ANY_FIELDS, None, NODE),
    (
        lambda t: wabas.list_phone_numbers(waba_id="11", token=t),
        "GET",
        "/11/phone_numbers",
        PAGE | ANY_FIELDS,
        None,
        NOTHING,
    ),
    (lambda t: wabas.subscribe_app(waba_id="11", token=t), "POST", "/11/subscribed_apps", {}, None, ACCEPTED),
    (
        lambda t: wabas.subscribe_app(
            waba_id="11", token=t, override_callback_uri="https://us.example.com/x", verify_token="v"
        ),
        "POST",
        "/11/subscribed_apps",
        {},
        {"override_callback_uri": "https://us.example.com/x", "verify_token": "v"},
        NOTHING,
    ),
    (
        lambda t: wabas.list_subscribed_apps(waba_id="11", token=t),
        "GET",
        "/11/subscribed_apps",
        PAGE,
        None,
        NOTHING,
    ),
    (
        lambda t: wabas.unsubscribe_app(waba_id="11", token=t),
        "DELETE",
        "/11/subscribed_apps",
        {},
        None,
        ACCEPTED,
    ),
    (lambda t: wabas.list_datasets(waba_id="11", token=t), "GET", "/11/dataset", NAME, None, NODE),
    (
        lambda t: wabas.list_product_catalogs(waba_id="11", token=t),
        "GET",
        "/11/product_catalogs",
        PAGE | NAME,
        None,
        NOTHING,
    ),
    (
        lambda t: phone_numbers.read_phone_number(phone_number_id="22", token=t),
        "GET",
        "/22",
        ANY_FIELDS,
        None,
        NODE,
    ),
    (
        lambda t: phone_numbers.register(phone_number_id="22", pin="482913", token=t),
        "POST",
        "/22/register",
        {},
        {"messaging_product": "whatsapp", "pin": "482913"},
        ACCEPTED,
    ),
    (
        lambda t: phone_numbers.register(
            phone_number_id="22", pin="482913", token=t, data_localization_region="DE"
        ),
        "POST",
        "/22/register",
        {},
        {"messaging_product": "whatsapp", "pin": "482913", "data_localization_region": "DE"},
        ACCEPTED,
    ),
    (
        lambda t: phone_numbers.set_pin(phone_number_id="22", pin="482913", token=t),
        "POST",
        "/22",
        {},
        {"pin": "482913"},
        ACCEPTED,
    ),
    (
        lambda t: phone_numbers.deregister(phone_number_id="22", token=t),
        "POST",
        "/22/deregister",
        {},
        None,
        ACCEPTED,
    ),
    (
        lambda t: wabas.add_phone_number(
            waba_id="11", country_code="54", phone_number="91151234567", verified_name="Café Río", token=t
        ),
        "POST",
        "/11/phone_numbers",
        {},
        {"cc": "54", "phone_number": "91151234567", "verified_name": "Café Río"},
        NODE,
    ),
    (
        lambda t: phone_numbers.request_code(phone_number_id="22", method="SMS", language="es_AR", token=t),
        "POST",
        "/22/request_code",
        {},
        {"code_method": "SMS", "language": "es_AR"},
        ACCEPTED,
    ),
    (
        lambda t: phone_numbers.verify_code(phone_number_id="22", code="246810", token=t),
        "POST",
        "/22/verify_code",
        {},
        {"code": "246810"},
        ACCEPTED,
    ),
    (
        lambda t: phone_numbers.request_sync(phone_number_id="22", sync_type="history", token=t),
        "POST",
        "/22/smb_app_data",
        {},
        {"messaging_product": "whatsapp", "sync_type": "history"},
        {"messaging_product": "whatsapp", "request_id": "r1"},
    ),
    (
        lambda t: businesses.read_business(business_id="33", token=t),
        "GET",
        "/33",
        {"fields": "id,name,verification_status,marketing_messages_onboarding_status"},
        None,
        NODE,
    ),
    (
        lambda t: messages.send(phone_number_id="22", body={"to": "16315550123", "type": "text"}, token=t),
        "POST",
        "/22/messages",
        {},
        {"messaging_product": "whatsapp", "to": "16315550123", "type": "text"},
        {"messages": [{"id": "wamid.A"}]},
    ),
    (
        lambda t: messages.mark_read(phone_number_id="22", wamid="wamid.A", token=t),
        "POST",
        "/22/messages",
        {},
        {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"},
        ACCEPTED,
    ),
    (
        lambda t: messages.mark_read(phone_number_id="22", wamid="wamid.A", token=t, is_typing=True),
        "POST",
        "/22/messages",
        {},
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.A",
            "typing_indicator": {"type": "text"},
        },
        ACCEPTED,
    ),
    (
        lambda t: media.read(media_id="66", phone_number_id="22", token=t),
        "GET",
        "/66",
        {"phone_number_id": "22"},
        None,
        {"id": "66", "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=66"},
    ),
    (
        lambda t: templates.list_templates(
            waba_id="11", token=t, name="hello", status="APPROVED", language="es"
        ),
        "GET",
        "/11/message_templates",
        PAGE | ANY_FIELDS | {"name": "hello", "status": "APPROVED", "language": "es"},
        None,
        NOTHING,
    ),
    (
        lambda t: templates.create(
            waba_id="11", name="hello", language="es", category="UTILITY", components=[BODY], token=t
        ),
        "POST",
        "/11/message_templates",
        {},
        {"name": "hello", "language": "es", "category": "UTILITY", "components": [BODY]},
        {"id": "1", "status": "PENDING", "category": "UTILITY"},
    ),
    (
        lambda t: templates.delete(waba_id="11", name="hello", token=t),
        "DELETE",
        "/11/message_templates",
        {"name": "hello"},
        None,
        ACCEPTED,
    ),
    (lambda t: businesses.read_page(page_id="44", token=t), "GET", "/44", NAME, None, NODE),
    (
        lambda t: businesses.read_instagram_account(instagram_account_id="55", token=t),
        "GET",
        "/55",
        {"fields": "id,username"},
        None,
        NODE,
    ),
]


def sent_query(request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query))


@pytest.mark.parametrize(("ask", "method", "path", "query", "body", "answer"), REQUESTS)
def test_a_function_sends_what_meta_documents(graph, token, ask, method, path, query, body, answer):
    graph.add(method, BASE + path, json=answer)

    ask(token)

    request = graph.calls[0].request
    sent = sent_query(request)
    proof = hmac.new(b"app-secret", token.value.encode(), hashlib.sha256).hexdigest()
    assert sent.pop("appsecret_proof") == proof
    assert sent == query | ({"fields": sent["fields"]} if query.get("fields") == "..." else {})
    assert (json.loads(request.body) if request.body else None) == body
    assert request.headers["Authorization"] == CUSTOMER
    assert token.value not in request.url


def test_the_code_is_exchanged_without_a_token_and_without_a_redirect_uri(graph):
    graph.get(BASE + "/oauth/access_token", json={"access_token": "EAAnew"})

    oauth.exchange_code(code="customer-code")

    request = graph.calls[0].request
    assert sent_query(request) == {
        "client_id": "670000000000001",
        "client_secret": "app-secret",
        "code": "customer-code",
    }
    assert "Authorization" not in request.headers


def test_a_token_is_looked_at_with_the_token_of_the_app(graph):
    graph.get(BASE + "/debug_token", json={"data": {"is_valid": False}})

    oauth.debug_token(token_value="EAAcustomer0token")

    request = graph.calls[0].request
    assert sent_query(request) == {"input_token": "EAAcustomer0token"}
    assert request.headers["Authorization"] == "Bearer 670000000000001|app-secret"


@pytest.mark.parametrize("waba_id", ["", "..", "1/../2", "1?x=y", "1#", "a b", "%2e%2e", "1\n"])
def test_what_is_not_an_id_reaches_no_path(token, waba_id):
    with pytest.raises(ValueError, match="not an id"):
        wabas.read_waba(waba_id=waba_id, token=token)
