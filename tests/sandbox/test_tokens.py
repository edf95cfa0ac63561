"""Codes and tokens: what the exchange gives, what each token reaches."""

import hashlib
import hmac

import pytest

from tests.sandbox.conftest import APP, error_of


def test_a_code_works_once(graph, sandbox):
    signup = sandbox.sign_up()

    first, second = graph.exchange(signup["code"]), graph.exchange(signup["code"])

    assert first.json()["token_type"] == "bearer"
    assert first.json()["expires_in"] == 60 * 86400
    assert (second.status_code, error_of(second)) == (400, (100, 36009))


def test_a_code_expires_after_thirty_seconds(graph, sandbox, clock):
    at_the_limit, too_late = sandbox.sign_up(), sandbox.sign_up()

    clock.now += 30
    assert graph.exchange(at_the_limit["code"]).status_code == 200

    clock.now += 1
    assert error_of(graph.exchange(too_late["code"])) == (100, 36007)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": "1"}, (101, None)),
        ({"client_secret": "wrong"}, (1, None)),
        ({"code": "AQ-nonsense"}, (100, 36004)),
    ],
)
def test_the_exchange_refuses_wrong_credentials_and_spends_no_code(graph, sandbox, changes, expected):
    code = sandbox.sign_up()["code"]

    refused = graph.exchange(code, **changes)

    assert error_of(refused) == expected
    assert graph.exchange(code).status_code == 200


def test_debug_token_shows_the_granted_accounts_newest_first(graph, sandbox, app_token):
    signup = sandbox.sign_up("several_wabas")
    token = graph.token_of(signup)

    data = graph.get("/debug_token", app_token, input_token=token).json()["data"]

    granted = {one["scope"]: one.get("target_ids") for one in data["granular_scopes"]}
    assert data["app_id"] == APP["app_id"]
    assert data["is_valid"] is True
    assert granted["whatsapp_business_management"] == signup["session"]["data"]["waba_ids"]
    assert granted["whatsapp_business_management"][0] == signup["wabaId"]


def test_debug_token_is_refused_to_customers(graph, sandbox):
    token = graph.token_of(sandbox.sign_up())

    assert error_of(graph.get("/debug_token", token, input_token=token))[0] == 100


def test_an_expired_token_is_190_and_no_longer_valid(graph, sandbox, clock, app_token):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    clock.now += 60 * 86400 + 1

    refused = graph.get(f"/{signup['wabaId']}", token)
    inspected = graph.get("/debug_token", app_token, input_token=token).json()["data"]
    assert (refused.status_code, error_of(refused)) == (401, (190, 463))
    assert inspected["is_valid"] is False
    assert inspected["error"]["subcode"] == 463


def test_an_unknown_token_and_none_are_refused(graph, sandbox):
    waba = sandbox.sign_up()["wabaId"]

    assert error_of(graph.get(f"/{waba}", "EAA-nonsense")) == (190, None)
    assert error_of(graph.get(f"/{waba}"))[0] == 104


def test_a_customers_token_reaches_only_its_own_objects(graph, sandbox, system_token):
    own, foreign = sandbox.sign_up(), sandbox.sign_up()
    token = graph.token_of(own)

    answers = {
        name: graph.get(f"/{foreign[name]}", token) for name in ("wabaId", "phoneNumberId", "businessId")
    }

    assert {error_of(answer) for answer in answers.values()} == {(100, 33)}
    assert error_of(graph.register(foreign, token)) == (100, 33)
    assert graph.get(f"/{own['phoneNumberId']}", token).status_code == 200
    assert graph.get(f"/{foreign['wabaId']}", system_token).status_code == 200


def test_a_wrong_appsecret_proof_is_refused(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    proof = hmac.new(APP["app_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()

    assert graph.get(f"/{signup['wabaId']}", token, appsecret_proof=proof).status_code == 200
    assert error_of(graph.get(f"/{signup['wabaId']}", token, appsecret_proof="00"))[0] == 100


def test_the_system_user_can_fetch_a_customers_token(graph, sandbox, system_token):
    signup = sandbox.sign_up()
    proof = hmac.new(APP["app_secret"].encode(), system_token.encode(), hashlib.sha256).hexdigest()
    path = f"/{signup['businessId']}/system_user_access_tokens"

    fetched = graph.post(path, system_token, appsecret_proof=proof, fetch_only="true")

    assert fetched.json()["access_token"] == graph.token_of(signup)
    assert error_of(graph.post(path, system_token, fetch_only="true"))[0] == 100
    assert error_of(graph.post(path, graph.token_of(sandbox.sign_up()), fetch_only="true")) == (100, 33)
