"""What can go wrong with a signup besides the code: number, subscription, credit, the Business app."""

import pytest

from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from meta_graph.sandbox.scenario_table import SCENARIOS
from tests.sandbox.conftest import error_of


@pytest.fixture
def signed_up(graph, sandbox):
    """A signup with the scenario chosen in the dialog, and its token."""

    def made(scenario, choice="success"):
        signup = sandbox.sign_up(choice, scenario=scenario)
        return signup | {"token": graph.token_of(signup)}

    return made


def subscribe(graph, signup):
    return graph.post(f"/{signup['wabaId']}/subscribed_apps", signup["token"])


def sync(graph, signup, sync_type):
    path = f"/{signup['phoneNumberId']}/smb_app_data"
    return graph.post(path, signup["token"], messaging_product="whatsapp", sync_type=sync_type)


@pytest.mark.parametrize(
    ("scenario", "options", "code", "status", "details"),
    [
        ("pin_tries", {}, 133008, 400, "5 minutes"),
        ("pin_tries", {"code": 133009, "minutes": 20}, 133009, 400, "20 minutes"),
        ("just_deleted", {}, 133015, 400, ""),
        ("too_many_attempts", {}, 133016, 400, ""),
        ("maintenance", {}, 131057, 400, ""),
        ("account_locked", {}, 368, 403, None),
        ("account_locked", {"code": 131031}, 131031, 403, ""),
        ("unknown_code", {}, 987654, 400, None),
    ],
)
def test_a_registration_can_be_refused_and_works_afterwards(
    graph, sandbox, scenario, options, code, status, details
):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    sandbox.set_scenario(scenario, target=signup["wabaId"], times=1, **options)

    refused, again = graph.register(signup, token), graph.register(signup, token)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (status, code)
    assert details is None or details in error["error_data"]["details"]
    assert again.status_code == 200


def test_an_incomplete_deregistration_lasts_until_it_is_completed(graph, signed_up):
    signup = signed_up("deregistration_incomplete")

    refused = [error_of(graph.register(signup, signup["token"]))[0] for _ in range(2)]
    deregistered = graph.post(f"/{signup['phoneNumberId']}/deregister", signup["token"])

    assert refused == [133000, 133000]
    assert deregistered.json() == {"success": True}
    assert graph.register(signup, signup["token"]).status_code == 200


def test_a_lost_subscription_is_accepted_and_then_not_in_the_list(graph, sandbox):
    signup = sandbox.sign_up()
    signup["token"] = graph.token_of(signup)
    sandbox.set_scenario("subscription_lost", target=signup["wabaId"], times=2)

    accepted = subscribe(graph, signup).json()
    lists = [
        graph.get(f"/{signup['wabaId']}/subscribed_apps", signup["token"]).json()["data"] for _ in range(3)
    ]

    assert accepted == {"success": True}
    assert [len(rows) for rows in lists] == [0, 0, 1]


def test_an_account_can_list_its_number_a_moment_later(graph, signed_up):
    signup = signed_up("no_number")

    lists = [
        graph.get(f"/{signup['wabaId']}/phone_numbers", signup["token"]).json()["data"] for _ in range(2)
    ]

    assert [len(rows) for rows in lists] == [0, 1]


def test_a_number_is_added_verified_and_registered_after_a_signup_without_one(graph, sandbox):
    signup = sandbox.sign_up("only_waba")
    token = graph.token_of(signup)
    number = {"cc": "54", "phone_number": "9 11 5123-4567", "verified_name": "Café Río"}
    path = f"/{signup['wabaId']}/phone_numbers"

    before = graph.get(path, token).json()["data"]
    phone_id = graph.post(path, token, **number).json()["id"]
    taken = graph.post(path, token, **number)
    signup["phoneNumberId"] = phone_id
    unverified = graph.register(signup, token)
    graph.post(f"/{phone_id}/request_code", token, code_method="VOICE", language="es_AR")
    verified = graph.post(f"/{phone_id}/verify_code", token, code=VERIFICATION_CODE)

    assert before == []
    assert error_of(taken) == (136021, 2388012)
    assert error_of(unverified)[0] == 133006
    assert verified.json() == {"success": True}
    assert graph.register(signup, token).status_code == 200


def test_a_number_can_be_in_use_and_a_code_not_be_sent(graph, sandbox):
    signup = sandbox.sign_up("unverified_number")
    token = graph.token_of(signup)
    for scenario in ("number_in_use", "code_not_sent"):
        sandbox.set_scenario(scenario, target=signup["wabaId"])

    added = graph.post(
        f"/{signup['wabaId']}/phone_numbers", token, cc="1", phone_number="6315550123", verified_name="X"
    )
    requested = graph.post(
        f"/{signup['phoneNumberId']}/request_code", token, code_method="SMS", language="en_US"
    )

    assert error_of(added) == (136021, 2388012)
    assert error_of(requested) == (136024, 2388091)


def test_a_currency_without_credit_is_one_of_the_account(graph, signed_up):
    signup = signed_up("currency_refused")

    waba = graph.get(f"/{signup['wabaId']}", signup["token"], fields="currency").json()

    assert waba["currency"] == "BRL"


@pytest.mark.parametrize(("options", "code"), [({}, 131042), ({"code": 200}, 200)])
def test_credit_can_be_refused(graph, sandbox, credit, system_token, options, code):
    signup = sandbox.sign_up()
    graph.assign_us(signup)
    sandbox.set_scenario("credit_refused", target=signup["wabaId"], times=1, **options)
    query = {"waba_id": signup["wabaId"], "waba_currency": "USD"}
    path = f"/{credit}/whatsapp_credit_sharing_and_attach"

    refused, again = (graph.call("POST", path, system_token, params=query) for _ in range(2))

    assert error_of(refused)[0] == code
    assert again.status_code == 200


@pytest.mark.parametrize(("scenario", "code"), [("sync_window_over", 2593108), ("sync_done_before", 2593107)])
def test_a_sync_can_come_too_late_or_once_too_often(graph, signed_up, scenario, code):
    signup = signed_up(scenario, "coexistence")
    subscribe(graph, signup)

    answers = [sync(graph, signup, one) for one in ("smb_app_state_sync", "history")]

    assert [error_of(answer)[0] for answer in answers] == [code, code]


def test_a_declined_history_is_accepted_at_first(graph, signed_up):
    signup = signed_up("history_declined", "coexistence")
    subscribe(graph, signup)

    assert sync(graph, signup, "history").status_code == 200


def test_every_scenario_fits_on_one_line_of_the_front_page():
    assert [name for name, scenario in SCENARIOS.items() if len(scenario.sentence) > 60] == []
