"""A failure can be put exactly where a test wants it: one call, before or after its work, so many times."""

import time
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import error_of


@pytest.fixture
def signup(graph, sandbox):
    made = sandbox.sign_up(partner_added="never")
    return made | {"token": graph.token_of(made)}


FAILURES: dict[str, dict[str, Any]] = {
    "reset": {"name": "graph_down", "how": "reset"},
    "html": {"name": "graph_down", "how": "html"},
    "500": {"name": "graph_down", "how": "error"},
    "code 1": {"name": "error", "code": 1},
    "code 2": {"name": "error", "code": 2},
    "limit": {"name": "rate_limited", "minutes": 0.05},
    "190": {"name": "error", "code": 190, "subcode": 460},
    "200": {"name": "error", "code": 200},
    "unknown": {"name": "unknown_code"},
}
EXPECTED = {"code 1": 1, "code 2": 2, "limit": 80007, "190": 190, "200": 200, "unknown": 987654}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_can_be_put_before_or_after_the_work_of_one_call(graph, sandbox, signup, failure, when):
    options = FAILURES[failure]
    answer = requests.post(
        f"{sandbox.url}/_sandbox/scenarios",
        json={**options, "call": "register", "when": when, "times": 1},
        timeout=10,
    )
    assert answer.status_code == 201

    assert graph.get(f"/{signup['phoneNumberId']}", signup["token"]).status_code == 200
    outcome = attempt(graph, signup)
    status = sandbox.state.objects[signup["phoneNumberId"]]["status"]
    again = graph.register(signup, signup["token"])

    assert outcome == EXPECTED.get(failure, failure)
    assert status == ("CONNECTED" if when == "after" else "PENDING")
    assert again.status_code == 200
    done = 2 if when == "after" else 1
    assert sandbox.counts(signup["phoneNumberId"])["register"] == {"calls": 2, "done": done}


def attempt(graph, signup) -> object:
    """The code of the refusal, or what there was instead of one."""
    try:
        answer = graph.register(signup, signup["token"])
    except requests.ConnectionError:
        return "reset"
    if "html" in answer.headers["Content-Type"]:
        return "html"
    return "500" if answer.status_code == 500 else error_of(answer)[0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_can_hang_before_or_after_its_work(graph, sandbox, signup, when):
    sandbox.set_scenario("slow", ms=1500, call="register", when=when, times=1)

    with pytest.raises(requests.ReadTimeout):
        graph.session.post(
            f"{sandbox.url}/v25.0/{signup['phoneNumberId']}/register",
            headers={"Authorization": f"Bearer {signup['token']}"},
            json={"messaging_product": "whatsapp", "pin": "111111"},
            timeout=0.5,
        )

    at_the_timeout = sandbox.state.objects[signup["phoneNumberId"]]["status"]
    until = time.monotonic() + 5
    while not sandbox.calls("register") and time.monotonic() < until:
        time.sleep(0.02)
    assert at_the_timeout == ("CONNECTED" if when == "after" else "PENDING")
    assert sandbox.state.objects[signup["phoneNumberId"]]["status"] == "CONNECTED"


def test_one_of_two_calls_of_an_endpoint_can_be_named_by_its_parameters(graph, sandbox):
    made = sandbox.sign_up("coexistence")
    token = graph.token_of(made)
    graph.post(f"/{made['wabaId']}/subscribed_apps", token)
    sandbox.set_scenario("error", code=2, call="smb_app_data", match={"sync_type": "history"})
    path = f"/{made['phoneNumberId']}/smb_app_data"

    answers = [
        graph.post(path, token, messaging_product="whatsapp", sync_type=one).status_code
        for one in ("smb_app_state_sync", "history")
    ]

    assert answers == [200, 503]


def test_a_call_of_ours_about_an_account_is_of_that_accounts_family(graph, sandbox, signup, credit):
    other = sandbox.sign_up(partner_added="never")
    for made in (signup, other):
        graph.assign_us(made)
    sandbox.set_scenario("credit_refused", target=signup["wabaId"])

    answers = {
        made["wabaId"]: graph.call(
            "POST",
            f"/{credit}/whatsapp_credit_sharing_and_attach",
            "a-system-user-token",
            params={"waba_id": made["wabaId"], "waba_currency": "USD"},
        )
        for made in (signup, other)
    }

    assert error_of(answers[signup["wabaId"]])[0] == 131042
    assert answers[other["wabaId"]].status_code == 200
    assert sandbox.counts(signup["businessId"])["share_and_attach"] == {"calls": 1, "done": 0}
    assert sandbox.counts(other["wabaId"])["share_and_attach"] == {"calls": 1, "done": 1}


def test_calls_are_counted_over_the_control_api(graph, sandbox, signup):
    graph.register(signup, signup["token"], pin="1")
    graph.register(signup, signup["token"])

    counts = graph.session.get(
        f"{sandbox.url}/_sandbox/counts", params={"target": signup["wabaId"]}, timeout=10
    ).json()

    assert counts == {
        "access_token": {"calls": 1, "done": 1},
        "register": {"calls": 2, "done": 1},
    }


def test_the_script_of_the_sdk_can_be_blocked_and_nothing_else_blocks_it(sandbox):
    sandbox.set_scenario("graph_down")
    assert requests.get(f"{sandbox.url}/en_US/sdk.js", timeout=10).status_code == 200

    sandbox.set_scenario("sdk_blocked")

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/en_US/sdk.js", timeout=10)
