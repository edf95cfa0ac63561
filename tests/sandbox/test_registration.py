"""Registration: PIN rules, verification, Meta's limit, coexistence."""

import pytest

from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from tests.sandbox.conftest import error_of

STATE = "status,platform_type,throughput,is_pin_enabled"


def test_registering_connects_the_number_and_sets_the_pin(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    registered = graph.register(signup, token, pin="111111")

    assert registered.json() == {"success": True}
    assert graph.get(f"/{signup['phoneNumberId']}", token, fields=STATE).json() == {
        "id": signup["phoneNumberId"],
        "status": "CONNECTED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "is_pin_enabled": True,
    }


def test_a_pin_once_set_must_match_until_it_is_changed(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    graph.register(signup, token, pin="111111")

    wrong = graph.register(signup, token, pin="222222")
    changed = graph.post(f"/{signup['phoneNumberId']}", token, pin="222222")

    assert error_of(wrong) == (133005, None)
    assert wrong.json()["error"]["error_data"]["messaging_product"] == "whatsapp"
    assert changed.json() == {"success": True}
    assert graph.register(signup, token, pin="222222").status_code == 200


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "\N{ARABIC-INDIC DIGIT ONE}" * 6])
def test_a_pin_is_six_digits(graph, sandbox, pin):
    signup = sandbox.sign_up()

    assert error_of(graph.register(signup, graph.token_of(signup), pin=pin))[0] == 100


def test_an_unverified_number_registers_after_its_code(graph, sandbox):
    signup = sandbox.sign_up(scenario="not_verified")
    token, phone = graph.token_of(signup), f"/{signup['phoneNumberId']}"

    refused = graph.register(signup, token)
    requested = graph.post(f"{phone}/request_code", token, code_method="SMS", language="en_US")
    wrong = graph.post(f"{phone}/verify_code", token, code="000000")
    right = graph.post(f"{phone}/verify_code", token, code=VERIFICATION_CODE)

    assert error_of(refused)[0] == 133006
    assert requested.json() == {"success": True}
    assert error_of(wrong)[0] == 136025
    assert right.json() == {"success": True}
    assert graph.register(signup, token).status_code == 200


def test_the_eleventh_call_in_72_hours_is_refused(graph, sandbox, clock):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    answers = [graph.register(signup, token, pin="1") for _ in range(11)]

    clock.now += 72 * 3600 + 1

    assert [error_of(answer)[0] for answer in answers] == [100] * 10 + [133016]
    assert graph.register(signup, token).status_code == 200


def test_a_deregistered_number_keeps_its_pin(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    graph.register(signup, token, pin="111111")

    graph.post(f"/{signup['phoneNumberId']}/deregister", token)

    after = graph.get(f"/{signup['phoneNumberId']}", token, fields=STATE).json()
    assert (after["platform_type"], after["is_pin_enabled"]) == ("NOT_APPLICABLE", True)
    assert error_of(graph.register(signup, token, pin="222222"))[0] == 133005


def test_a_number_of_the_business_app_is_connected_and_refuses_registration(graph, sandbox):
    signup = sandbox.sign_up("coexistence")
    token = graph.token_of(signup)

    phone = graph.get(f"/{signup['phoneNumberId']}", token, fields="is_on_biz_app,platform_type").json()

    assert signup["session"]["data"] == {"waba_id": signup["wabaId"]}
    assert (phone["is_on_biz_app"], phone["platform_type"]) == (True, "CLOUD_API")
    assert error_of(graph.register(signup, token))[0] == 100
