"""The partner's own side of Meta: system users, accounts shared with it, its app."""

import hashlib
import hmac

import pytest
import requests

from tests.sandbox.conftest import APP, VERIFY_TOKEN, error_of

OURS = f"/{APP['business_id']}"


def test_the_portfolio_has_an_admin_system_user(graph, system_token):
    users = graph.get(f"{OURS}/system_users", system_token).json()["data"]

    assert users == [{"id": APP["system_user_id"], "name": "Gangway signups", "role": "ADMIN"}]


@pytest.mark.parametrize("tasks", ['["MANAGE", "MESSAGING"]', "['MANAGE', 'MESSAGING']"])
def test_an_assigned_user_is_in_the_accounts_list(graph, sandbox, system_token, tasks):
    signup = sandbox.sign_up()
    path = f"/{signup['wabaId']}/assigned_users"

    before = graph.get(path, system_token, business=APP["business_id"]).json()
    assigned = graph.call(
        "POST", path, system_token, params={"user": APP["system_user_id"], "tasks": tasks}
    ).json()
    after = graph.get(path, system_token, business=APP["business_id"]).json()["data"]

    assert before == {"data": []}
    assert assigned == {"success": True}
    assert after == [
        {"id": APP["system_user_id"], "name": "Gangway signups", "tasks": ["MANAGE", "MESSAGING"]}
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"user": APP["system_user_id"], "tasks": "[]"}, 100),
        ({"user": APP["system_user_id"], "tasks": '["NONSENSE"]'}, 100),
        ({"user": APP["system_user_id"], "tasks": "MANAGE"}, 100),
        ({"user": "1", "tasks": '["MANAGE"]'}, 100),
    ],
)
def test_only_system_users_of_ours_can_be_assigned_to_known_tasks(graph, sandbox, system_token, query, code):
    path = f"/{sandbox.sign_up()['wabaId']}/assigned_users"

    assert error_of(graph.call("POST", path, system_token, params=query))[0] == code


def test_users_are_assigned_by_an_admin_alone(graph, sandbox):
    signup = sandbox.sign_up()
    with sandbox.state as state:
        state.objects[APP["system_user_id"]]["role"] = "EMPLOYEE"

    assert error_of(graph.assign_us(signup))[0] == 200
    assert error_of(graph.post(f"/{signup['wabaId']}/assigned_users", graph.token_of(signup)))[0] == 10


def test_shared_accounts_are_listed_with_their_owner_until_they_are_taken_back(graph, sandbox, system_token):
    signup = sandbox.sign_up()
    fields = "id,owner_business_info{id}"

    shared = graph.get(f"{OURS}/client_whatsapp_business_accounts", system_token, fields=fields).json()
    owned = graph.get(f"{OURS}/owned_whatsapp_business_accounts", system_token, fields=fields).json()
    sandbox.account_update("PARTNER_REMOVED", signup["wabaId"])
    after = graph.get(f"{OURS}/client_whatsapp_business_accounts", system_token, fields=fields).json()

    owner = {"id": signup["businessId"]}
    assert shared["data"] == [{"id": signup["wabaId"], "owner_business_info": owner}]
    assert (owned, after) == ({"data": []}, {"data": []})


def test_a_token_is_fetched_again_with_the_proof_in_a_form(graph, sandbox, system_token):
    signup = sandbox.sign_up("lost")
    path = f"/{signup['businessId']}/system_user_access_tokens"

    fetched = graph.call("POST", path, system_token, data={"fetch_only": "true", "appsecret_proof": proof()})
    without = graph.call("POST", path, system_token, data={"fetch_only": "true"})

    token = fetched.json()["access_token"]
    assert graph.get(f"/{signup['wabaId']}", token).status_code == 200
    assert error_of(without)[0] == 100


def proof() -> str:
    key, message = APP["app_secret"].encode(), APP["system_user_token"].encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def test_the_app_is_known_by_its_name(graph, sandbox, app_token, system_token):
    for token in (app_token, system_token, graph.token_of(sandbox.sign_up())):
        assert graph.get(f"/{APP['app_id']}", token, fields="id,name").json() == {
            "id": APP["app_id"],
            "name": "Gangway",
        }


def test_the_app_is_not_subscribed_until_it_has_a_callback(graph, sandbox, callback, app_token, system_token):
    path = f"/{APP['app_id']}/subscriptions"
    before = graph.get(path, app_token).json()

    sandbox.configure(callback_url=callback.url, verify_token=VERIFY_TOKEN, fields=["account_update"])

    (row,) = graph.get(path, app_token).json()["data"]
    assert before == {"data": []}
    assert row == {
        "object": "whatsapp_business_account",
        "callback_url": callback.url,
        "active": True,
        "fields": [{"name": "account_update", "version": "v25.0"}],
    }
    assert error_of(graph.get(path, system_token))[0] == 15


def test_a_callback_is_verified_before_it_is_kept(sandbox, callback):
    def saved(verify_token: str) -> requests.Response:
        body = {"callbackUrl": callback.url, "verifyToken": verify_token}
        return requests.post(f"{sandbox.url}/_sandbox/app", json=body, timeout=10)

    wrong = saved("something else")
    between = requests.get(f"{sandbox.url}/_sandbox/app", timeout=10).json()
    right = saved(VERIFY_TOKEN)

    assert (wrong.status_code, between["callback_url"]) == (400, None)
    assert (right.status_code, right.json()["callback_url"]) == (200, callback.url)


def test_a_setting_that_the_app_does_not_have_is_refused(sandbox):
    answer = requests.post(f"{sandbox.url}/_sandbox/app", json={"callBackUrl": "x"}, timeout=10)

    assert answer.status_code == 400
