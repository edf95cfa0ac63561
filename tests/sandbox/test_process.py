"""The sandbox as a program: what survives a restart, signups over HTTP, its command."""

import json
import os
import signal
import subprocess
import sys
import threading
from http.client import HTTPConnection

import pytest
import requests

from meta_graph.sandbox.later import Later
from meta_graph.sandbox.server import Sandbox, SandboxConfig
from meta_graph.sandbox.signups import CHOICES
from tests.sandbox.conftest import APP, VERIFY_TOKEN, Graph, error_of
from tests.sandbox.messaging import connected


def test_a_restart_forgets_nothing(tmp_path, clock):
    config = SandboxConfig(**APP, clock=clock, state_path=tmp_path / "data" / "sandbox.json")
    with Sandbox(config) as first:
        graph = Graph(first)
        signup = first.sign_up()
        token = graph.token_of(signup)
        graph.register(signup, token, pin="111111")
        requests.post(f"{first.url}/receiver/demo", data="{}", timeout=10)
        first.set_scenario("graph_down", call="subscribe")
        graph.session.close()

    with Sandbox(config) as second:
        graph = Graph(second)
        used = graph.exchange(signup["code"])
        wrong_pin = graph.register(signup, token, pin="222222")
        down = graph.post(f"/{signup['wabaId']}/subscribed_apps", token)
        kept = requests.get(f"{second.url}/_sandbox/receivers/demo/deliveries", timeout=10).json()["data"]
        graph.session.close()

    assert error_of(used) == (100, 36009)
    assert error_of(wrong_pin)[0] == 133005
    assert down.status_code == 503
    assert len(kept) == 1


def test_the_app_is_as_the_dashboard_was_left_but_for_what_the_start_says(tmp_path, callback):
    state_path = tmp_path / "sandbox.json"
    with Sandbox(SandboxConfig(**APP, state_path=state_path)) as first:
        first.configure(callback_url=callback.url, verify_token=VERIFY_TOKEN, fields=["security"])
    with Sandbox(SandboxConfig(**APP, state_path=state_path)) as second:
        kept = requests.get(f"{second.url}/_sandbox/app", timeout=10).json()
    elsewhere = SandboxConfig(**APP, state_path=state_path, callback_url="http://127.0.0.1:9/elsewhere")
    with Sandbox(elsewhere) as third:
        told = requests.get(f"{third.url}/_sandbox/app", timeout=10).json()

    assert (kept["callback_url"], kept["fields"]) == (callback.url, ["security"])
    assert (told["callback_url"], told["fields"]) == ("http://127.0.0.1:9/elsewhere", ["security"])


def test_a_stopped_sandbox_answers_nobody_on_kept_connections(clock):
    sandbox = Sandbox(SandboxConfig(**APP, clock=clock)).start()
    graph = Graph(sandbox)
    assert graph.get("/me", APP["system_user_token"]).status_code == 200

    sandbox.stop()

    with pytest.raises(requests.ConnectionError):
        graph.get("/me", APP["system_user_token"])


def test_connections_are_kept(sandbox, system_token):
    connection = HTTPConnection(sandbox.url.removeprefix("http://"), timeout=10)
    sockets = []

    for _ in range(2):
        connection.request("GET", "/v25.0/me", headers={"Authorization": f"Bearer {system_token}"})
        assert connection.getresponse().read().startswith(b'{"id"')
        sockets.append(connection.sock)
    connection.close()

    assert sockets[0] is not None
    assert sockets[0] is sockets[1]


def test_a_body_in_chunks_is_read_whole(sandbox):
    with requests.Session() as session:
        for _ in range(2):
            session.post(f"{sandbox.url}/receiver/demo", data=iter([b"{}", b" " * 20]), timeout=10)

    received = requests.get(f"{sandbox.url}/_sandbox/receivers/demo/deliveries", timeout=10).json()["data"]
    assert [delivery["body"] for delivery in received] == ["{}" + " " * 20] * 2


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_can_be_made_without_a_browser(sandbox, choice):
    signup = requests.post(f"{sandbox.url}/_sandbox/signups", json={"choice": choice}, timeout=10).json()

    assert bool(signup["code"]) is CHOICES[choice].has_code
    assert (signup["session"] or {"event": ""})["event"] == CHOICES[choice].event


def test_the_same_number_is_the_same_account_and_another_number_is_not(sandbox):
    first = sandbox.sign_up(phone_number="+54 9 11 5123-4567", business_name="Café Río")

    again = sandbox.sign_up(phone_number="5491151234567")
    another = sandbox.sign_up("another_number", phone_number="5491151234567", business_name="Café Río")

    same = ("wabaId", "phoneNumberId", "businessId")
    assert {name: again[name] for name in same} == {name: first[name] for name in same}
    assert another["businessId"] == first["businessId"]
    assert another["phoneNumberId"] != first["phoneNumberId"]
    assert again["code"] != first["code"]


def test_a_stored_object_can_be_changed(graph, sandbox):
    signup = sandbox.sign_up()
    path = f"{sandbox.url}/_sandbox/objects/{signup['phoneNumberId']}"

    requests.post(path, json={"status": "RESTRICTED"}, timeout=10)

    phone = graph.get(f"/{signup['phoneNumberId']}", graph.token_of(signup), fields="status").json()
    assert phone["status"] == "RESTRICTED"


def test_the_command_says_where_it_listens_tells_the_callback_and_saves_on_its_way_out(tmp_path, callback):
    state = tmp_path / "sandbox.json"
    command = [sys.executable, "-m", "meta_graph.sandbox", "--port", "0", "--state", str(state)]
    command += ["--callback-url", callback.url]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."}
    )
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        signup = requests.post(f"{url}/_sandbox/signups", json={}, timeout=10).json()
        told = {"wabaId": signup["wabaId"], "event": "ACCOUNT_OFFBOARDED"}
        requests.post(f"{url}/_sandbox/account-updates", json=told, timeout=20).raise_for_status()
        front = requests.get(url, timeout=10).text
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()

    assert process.wait(10) == 0
    assert signup["phoneNumber"] in front
    assert "ACCOUNT_OFFBOARDED" in front
    assert "ACCOUNT_OFFBOARDED" in str(callback.received)
    assert signup["phoneNumberId"] in json.loads(state.read_text())["objects"]


def test_people_settings_and_templates_survive_a_restart(clock, tmp_path):
    config = SandboxConfig(**APP, clock=clock, state_path=tmp_path / "sandbox.json")
    body = [{"type": "BODY", "text": "Hello"}]
    made = {"name": "hello", "language": "es", "category": "UTILITY", "components": body}
    with Sandbox(config) as first:
        number = connected(first, Graph(first))
        before = first.write(number.id, sender="5491155551234", username="ana")
        first.messaging(window="refuse", review_ms=None)
        number.graph.post(f"/{number.waba}/message_templates", number.token, **made)
        number.graph.session.close()
    with Sandbox(config) as second:
        after = second.write(number.id, sender=before["userId"])
        kept = [template["name"] for template in second.state.of_kind("template")]

        assert (after["waId"], second.messaging()["window"], kept) == ("5491155551234", "refuse", ["hello"])
        assert after["value"]["contacts"][0]["profile"]["username"] == "ana"


def test_what_fails_later_is_logged_and_stops_nothing_else(caplog):
    later, done = Later(), threading.Event()

    def fail() -> None:
        raise LookupError("nothing")

    later.run(fail)
    later.run(done.set, after=0.05)

    assert done.wait(5)
    later.stop()
    assert "to happen later failed" in caplog.text
