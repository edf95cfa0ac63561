"""What a partner asks of Meta in its own name: its portfolio, its app, its credit line, a lost token."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from urllib.parse import parse_qsl, urlsplit

import pytest

from meta_graph import apps, businesses, credit_lines, oauth, wabas
from meta_graph.client import app_token, system_token
from meta_graph.errors import Broken, Cause, GraphError
from tests.meta_graph.conftest import APP_SECRET, BASE, SYSTEM_TOKEN

PAGE = {"limit": "100"}
SHARED_FIELDS = {"fields": "id,name,owner_business_info{id}"}
LINE = {"id": "77", "legal_entity_name": "Gangway Ltd"}
ALLOCATED = {"success": True, "allocation_config_id": 88}

REQUESTS = [
    (
        lambda t: businesses.list_system_users(business_id="33", token=t),
        "GET",
        "/33/system_users",
        PAGE | {"fields": "id,name,role"},
        {"data": [{"id": 5, "name": "Signups", "role": "ADMIN"}]},
        (businesses.SystemUser("5", "Signups", "ADMIN"),),
    ),
    (
        lambda t: businesses.list_client_wabas(business_id="33", token=t),
        "GET",
        "/33/client_whatsapp_business_accounts",
        PAGE | SHARED_FIELDS,
        {"data": [{"id": 11, "name": "Café", "owner_business_info": {"id": "44"}}, {"id": "12"}]},
        (businesses.SharedWaba("11", "Café", "44"), businesses.SharedWaba("12", None, None)),
    ),
    (
        lambda t: businesses.list_owned_wabas(business_id="33", token=t),
        "GET",
        "/33/owned_whatsapp_business_accounts",
        PAGE | SHARED_FIELDS,
        {"data": []},
        (),
    ),
    (
        lambda t: wabas.list_assigned_users(waba_id="11", business_id="33", token=t),
        "GET",
        "/11/assigned_users",
        PAGE | {"business": "33", "fields": "id,name,tasks"},
        {"data": [{"id": "5", "name": "Signups", "tasks": ["MANAGE", "MESSAGING"]}, {"id": "6"}]},
        (
            wabas.AssignedUser("5", "Signups", ("MANAGE", "MESSAGING")),
            wabas.AssignedUser("6", None, ()),
        ),
    ),
    (
        lambda t: wabas.assign_user(waba_id="11", user_id="5", tasks=["MANAGE", "MESSAGING"], token=t),
        "POST",
        "/11/assigned_users",
        {"user": "5", "tasks": '["MANAGE", "MESSAGING"]'},
        {"success": True},
        None,
    ),
    (
        lambda t: wabas.read_primary_funding_id(waba_id="11", token=t),
        "GET",
        "/11",
        {"fields": "primary_funding_id"},
        {"id": "11", "primary_funding_id": 99},
        "99",
    ),
    (
        lambda t: wabas.read_primary_funding_id(waba_id="11", token=t),
        "GET",
        "/11",
        {"fields": "primary_funding_id"},
        {"id": "11"},
        None,
    ),
    (
        lambda t: credit_lines.list_credit_lines(business_id="33", token=t),
        "GET",
        "/33/extendedcredits",
        PAGE | {"fields": "id,legal_entity_name"},
        {"data": [LINE]},
        (credit_lines.CreditLine("77", "Gangway Ltd"),),
    ),
    (
        lambda t: credit_lines.list_allocations(credit_line_id="77", receiving_business_id="44", token=t),
        "GET",
        "/77/owning_credit_allocation_configs",
        PAGE | {"receiving_business_id": "44", "fields": "id,receiving_business"},
        {"data": [{"id": 88, "receiving_business": {"id": "44", "name": "Café"}}, {"id": "89"}]},
        (credit_lines.Allocation("88", "44"), credit_lines.Allocation("89", None)),
    ),
    (
        lambda t: credit_lines.share_and_attach(credit_line_id="77", waba_id="11", currency="EUR", token=t),
        "POST",
        "/77/whatsapp_credit_sharing_and_attach",
        {"waba_id": "11", "waba_currency": "EUR"},
        {"allocation_config_id": "88", "waba_id": "11"},
        "88",
    ),
    (
        lambda t: credit_lines.share(credit_line_id="77", receiving_business_id="44", token=t),
        "POST",
        "/77/whatsapp_credit_sharing",
        {"receiving_business_id": "44"},
        ALLOCATED,
        "88",
    ),
    (
        lambda t: credit_lines.attach(credit_line_id="77", waba_id="11", currency="EUR", token=t),
        "POST",
        "/77/whatsapp_credit_attach",
        {"waba_id": "11", "waba_currency": "EUR"},
        ALLOCATED | {"waba_id": "11"},
        "88",
    ),
    (
        lambda t: credit_lines.read_allocation(allocation_id="88", token=t),
        "GET",
        "/88",
        {"fields": "id,receiving_credential{id},receiving_business,request_status"},
        {
            "id": "88",
            "receiving_credential": {"id": "99"},
            "receiving_business": {"id": "44", "name": "Café"},
            "request_status": "APPROVED",
        },
        credit_lines.AllocationInfo("88", "99", "44", "APPROVED"),
    ),
    (
        lambda t: credit_lines.read_allocation(allocation_id="88", token=t),
        "GET",
        "/88",
        {"fields": "id,receiving_credential{id},receiving_business,request_status"},
        {"id": "88", "request_status": "DELETED"},
        credit_lines.AllocationInfo("88", None, None, "DELETED"),
    ),
    (
        lambda t: credit_lines.revoke(allocation_id="88", token=t),
        "DELETE",
        "/88",
        {},
        {"success": True},
        None,
    ),
    (
        lambda t: apps.read_app(app_id="67", token=t),
        "GET",
        "/67",
        {"fields": "id,name"},
        {"id": "67", "name": "Gangway"},
        apps.AppInfo("67", "Gangway"),
    ),
]


def sent_query(request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query))


def proof_of(token_value: str) -> str:
    return hmac.new(APP_SECRET.encode(), token_value.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("ask", "method", "path", "query", "answer", "expected"), REQUESTS)
def test_a_function_sends_and_reads_what_meta_documents(graph, ask, method, path, query, answer, expected):
    graph.add(method, BASE + path, json=answer)

    found = ask(system_token())

    request = graph.calls[0].request
    assert sent_query(request) == query | {"appsecret_proof": proof_of(SYSTEM_TOKEN)}
    assert request.body is None
    assert request.headers["Authorization"] == f"Bearer {SYSTEM_TOKEN}"
    assert found == expected


def test_the_apps_subscriptions_are_read_with_its_own_token(graph):
    row = {
        "object": "whatsapp_business_account",
        "callback_url": "https://us.example.com/webhook/meta",
        "active": True,
        "fields": [{"name": "account_update", "version": "v25.0"}, {"name": "history", "version": "v25.0"}],
    }
    other = {"object": "page", "active": False, "fields": ["feed"]}
    graph.get(BASE + "/670000000000001/subscriptions", json={"data": [row, other]})

    found = apps.list_subscriptions(app_id="670000000000001", token=app_token())

    assert found == (
        apps.AppSubscription(
            "whatsapp_business_account",
            "https://us.example.com/webhook/meta",
            True,
            ("account_update", "history"),
        ),
        apps.AppSubscription("page", None, False, ("feed",)),
    )
    assert "appsecret_proof" not in sent_query(graph.calls[0].request)


def test_a_lost_token_is_fetched_with_the_proof_in_the_form(graph):
    graph.post(BASE + "/44/system_user_access_tokens", json={"access_token": "EAAfetched0again"})

    token = oauth.fetch_customer_token(business_id="44")

    request = graph.calls[0].request
    assert dict(parse_qsl(request.body)) == {
        "fetch_only": "true",
        "appsecret_proof": proof_of(SYSTEM_TOKEN),
    }
    assert sent_query(request) == {}
    assert request.headers["Authorization"] == f"Bearer {SYSTEM_TOKEN}"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (token.value, token.expires_at) == ("EAAfetched0again", None)
    assert "EAAfetched" not in repr(token)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (
            400,
            {"error": {"code": 100, "message": f"{SYSTEM_TOKEN} {proof_of(SYSTEM_TOKEN)} EAAfetched0again"}},
        ),
        (200, {"access_token": {"value": "EAAfetched0again"}}),
        (200, {"access_token": "EAAfetched0again", "expires_in": "soon"}),
    ],
)
def test_a_lost_token_that_cannot_be_read_is_nowhere_shown(graph, caplog, status, answer):
    caplog.set_level("DEBUG")
    graph.post(BASE + "/44/system_user_access_tokens", status=status, json=answer)

    with pytest.raises(GraphError) as caught:
        oauth.fetch_customer_token(business_id="44")

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "fetch_customer_token" in shown
    for secret in (SYSTEM_TOKEN, proof_of(SYSTEM_TOKEN), "EAAfetched"):
        assert secret not in shown


@pytest.mark.parametrize(
    "answer",
    [{"success": True}, {"success": True, "allocation_config_id": ""}, {"allocation_config_id": True}],
)
def test_a_share_that_names_no_allocation_is_no_share(graph, answer):
    graph.post(BASE + "/77/whatsapp_credit_sharing_and_attach", json=answer)

    with pytest.raises(GraphError) as caught:
        credit_lines.share_and_attach(credit_line_id="77", waba_id="11", currency="EUR", token=system_token())

    assert (caught.value.call, caught.value.broken) == ("share_and_attach", Broken.MALFORMED)
    assert caught.value.cause is Cause.UNKNOWN


def test_a_list_that_does_not_end_is_a_failure_and_not_a_part(graph, monkeypatch):
    monkeypatch.setattr("meta_graph.client.MAX_PAGES", 3)
    more = {"paging": {"cursors": {"after": "c1"}, "next": "https://graph.example.com/x"}}
    graph.get(BASE + "/33/client_whatsapp_business_accounts", json={"data": [{"id": "1"}]} | more)

    with pytest.raises(GraphError) as caught:
        businesses.list_client_wabas(business_id="33", token=system_token())

    assert caught.value.broken is Broken.MALFORMED
    assert len(graph.calls) == 3
