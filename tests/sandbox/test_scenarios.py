"""Scenarios: by name, for everything or one object, so many times."""

import json

import pytest
import requests

from tests.sandbox.conftest import error_of


def set_over_http(sandbox, **options) -> requests.Response:
    return requests.post(f"{sandbox.url}/_sandbox/scenarios", json=options, timeout=10)


def test_times_counts_the_calls(graph, sandbox, system_token):
    set_over_http(sandbox, name="graph_down", times=2)

    answers = [graph.get("/me", system_token) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["error"]["is_transient"] is True


def test_a_target_concerns_its_own_family_alone(graph, sandbox):
    troubled, other = sandbox.sign_up(), sandbox.sign_up()
    tokens = {one["wabaId"]: graph.token_of(one) for one in (troubled, other)}
    set_over_http(sandbox, name="error", code=131000, target=troubled["wabaId"])

    phone = graph.get(f"/{troubled['phoneNumberId']}", tokens[troubled["wabaId"]])
    untouched = graph.get(f"/{other['phoneNumberId']}", tokens[other["wabaId"]])

    assert (phone.status_code, error_of(phone)[0]) == (500, 131000)
    assert untouched.status_code == 200


def test_a_call_can_be_named(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    set_over_http(sandbox, name="error", code=131031, subcode=7, call="register", times=1)

    assert graph.get(f"/{signup['phoneNumberId']}", token).status_code == 200
    assert error_of(graph.register(signup, token)) == (131031, 7)
    assert graph.register(signup, token).status_code == 200


def test_cleared_scenarios_are_over(graph, sandbox, system_token):
    set_over_http(sandbox, name="graph_down")
    assert graph.get("/me", system_token).status_code == 503

    requests.delete(f"{sandbox.url}/_sandbox/scenarios", timeout=10)

    assert graph.get("/me", system_token).status_code == 200
    assert requests.get(f"{sandbox.url}/_sandbox/scenarios", timeout=10).json()["active"] == []


def test_an_unknown_scenario_is_refused(sandbox):
    assert set_over_http(sandbox, name="nonsense").status_code == 400


@pytest.mark.parametrize(("name", "subcode"), [("code_expired", 36007), ("code_used", 36009)])
def test_a_codes_trouble_passes_with_the_next_signup(graph, sandbox, name, subcode):
    first = sandbox.sign_up(scenario=name)

    refused = graph.exchange(first["code"])
    again = sandbox.sign_up(phone_number=first["phoneNumber"])

    assert error_of(refused) == (100, subcode)
    assert again["wabaId"] == first["wabaId"]
    assert graph.exchange(again["code"]).status_code == 200


def test_pin_mismatch_is_a_number_with_a_pin_already(graph, sandbox):
    signup = sandbox.sign_up(scenario="pin_mismatch")
    token = graph.token_of(signup)

    seen = graph.get(f"/{signup['phoneNumberId']}", token, fields="is_pin_enabled").json()

    assert seen["is_pin_enabled"] is True
    assert error_of(graph.register(signup, token, pin="111111"))[0] == 133005
    assert graph.register(signup, token, pin="123456").status_code == 200


def test_pin_mismatch_for_everything_reaches_later_signups(graph, sandbox):
    set_over_http(sandbox, name="pin_mismatch", pin="987654")
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    assert error_of(graph.register(signup, token, pin="111111"))[0] == 133005
    assert graph.register(signup, token, pin="987654").status_code == 200


def test_permission_missing_shows_in_the_token_and_as_200(graph, sandbox, app_token):
    signup = sandbox.sign_up(scenario="permission_missing")
    token = graph.token_of(signup)

    scopes = graph.get("/debug_token", app_token, input_token=token).json()["data"]["scopes"]
    refused = graph.get(f"/{signup['wabaId']}", token)

    assert "whatsapp_business_management" not in scopes
    assert "whatsapp_business_messaging" in scopes
    assert (refused.status_code, error_of(refused)[0]) == (403, 200)


def test_a_revoked_token_is_190(graph, sandbox, app_token):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    set_over_http(sandbox, name="token_revoked", target=signup["wabaId"])

    assert error_of(graph.get(f"/{signup['wabaId']}", token)) == (190, 460)
    assert graph.get("/debug_token", app_token, input_token=token).json()["data"]["is_valid"] is False


def test_rate_limited_is_a_400_that_says_how_long(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    set_over_http(sandbox, name="rate_limited", target=signup["wabaId"], minutes=7, times=1)

    refused = graph.get(f"/{signup['wabaId']}", token)

    usage = json.loads(refused.headers["X-Business-Use-Case-Usage"])[signup["wabaId"]][0]
    assert (refused.status_code, error_of(refused)[0]) == (400, 80007)
    assert usage["estimated_time_to_regain_access"] == 7


def test_too_many_attempts_is_133016(graph, sandbox):
    signup = sandbox.sign_up(scenario="too_many_attempts")

    assert error_of(graph.register(signup, graph.token_of(signup)))[0] == 133016


def test_slow_makes_a_call_take_longer(graph, sandbox, system_token):
    set_over_http(sandbox, name="slow", ms=200, times=1)

    assert graph.get("/me", system_token).elapsed.total_seconds() >= 0.2
    assert graph.get("/me", system_token).elapsed.total_seconds() < 0.2


def test_the_connection_can_be_reset_before_the_work(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    set_over_http(sandbox, name="graph_down", how="reset", call="register", times=1)

    with pytest.raises(requests.ConnectionError):
        graph.register(signup, token)

    assert sandbox.state.objects[signup["phoneNumberId"]]["status"] == "PENDING"


def test_the_connection_can_be_reset_after_the_work(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    set_over_http(sandbox, name="reset_after_work", call="register", times=1)

    with pytest.raises(requests.ConnectionError):
        graph.register(signup, token)

    assert sandbox.state.objects[signup["phoneNumberId"]]["status"] == "CONNECTED"
    assert [call["status"] for call in sandbox.calls("register")] == [0]


def test_no_payment_method_blocks_sending(graph, sandbox):
    signup = sandbox.sign_up(scenario="no_payment_method")

    health = graph.get(f"/{signup['wabaId']}", graph.token_of(signup), fields="health_status").json()

    assert health["health_status"]["can_send_message"] == "BLOCKED"
    assert health["health_status"]["entities"][0]["errors"][0]["error_code"] == 141006
