"""A number of the WhatsApp Business app: each sync once, in time, and what follows by webhook."""

import pytest

from meta_graph.sandbox.graph.coexistence import SYNC_TYPES
from tests.sandbox.conftest import error_of

DAY = 24 * 3600


@pytest.fixture
def signup(graph, sandbox):
    made = sandbox.sign_up("coexistence", partner_added="never")
    token = graph.token_of(made)
    graph.post(f"/{made['wabaId']}/subscribed_apps", token)
    return made | {"token": token}


@pytest.fixture
def sync(graph):
    def requested(signup, sync_type, product="whatsapp"):
        path = f"/{signup['phoneNumberId']}/smb_app_data"
        return graph.post(path, signup["token"], messaging_product=product, sync_type=sync_type)

    return requested


@pytest.mark.parametrize("sync_type", SYNC_TYPES)
def test_each_sync_is_accepted_once(signup, sync, sync_type):
    first, second = sync(signup, sync_type), sync(signup, sync_type)

    assert first.json()["messaging_product"] == "whatsapp"
    assert first.json()["request_id"]
    assert error_of(second)[0] == 2593107


def test_a_day_after_the_onboarding_it_is_too_late(signup, sync, clock):
    clock.now += DAY
    assert sync(signup, "history").status_code == 200

    clock.now += 1
    assert error_of(sync(signup, "smb_app_state_sync"))[0] == 2593108


def test_signing_up_again_opens_the_window_again(graph, sandbox, signup, sync, clock):
    sync(signup, "history")
    clock.now += 3 * DAY

    again = sandbox.sign_up("coexistence", phone_number=signup["phoneNumber"])

    assert again["phoneNumberId"] == signup["phoneNumberId"]
    assert sync(signup | {"token": graph.token_of(again)}, "history").status_code == 200


@pytest.mark.parametrize(("sync_type", "product"), [("contacts", "whatsapp"), ("history", "instagram")])
def test_only_the_two_syncs_of_whatsapp_are_known(signup, sync, sync_type, product):
    assert error_of(sync(signup, sync_type, product))[0] == 100


def test_a_number_that_is_not_on_the_app_has_nothing_to_sync(graph, sandbox, sync):
    made = sandbox.sign_up()
    token = graph.token_of(made)
    graph.post(f"/{made['wabaId']}/subscribed_apps", token)

    assert error_of(sync(made | {"token": token}, "history"))[0] == 100


def test_there_is_no_sync_before_the_subscription(graph, sandbox, sync):
    made = sandbox.sign_up("coexistence")

    assert error_of(sync(made | {"token": graph.token_of(made)}, "history"))[0] == 100


def test_contacts_and_chats_come_by_webhook(signup, sync, told):
    sync(signup, "smb_app_state_sync")
    (contacts,) = told.wait_for(1)
    sync(signup, "history")
    (_, chats) = told.wait_for(2)

    (change,) = contacts["entry"][0]["changes"]
    assert (contacts["entry"][0]["id"], change["field"]) == (signup["wabaId"], "smb_app_state_sync")
    assert change["value"]["state_sync"][0]["action"] == "add"
    assert change["value"]["metadata"]["phone_number_id"] == signup["phoneNumberId"]
    assert chats["entry"][0]["changes"][0]["value"]["history"][0]["threads"]


def test_chats_go_to_the_override_of_the_account(graph, sandbox, signup, sync, callback):
    path = f"/{signup['wabaId']}/subscribed_apps"
    graph.post(path, signup["token"], override_callback_uri=callback.url, verify_token="a-verify-token")

    sync(signup, "history")

    assert callback.values(1)[0]["history"]


def test_a_declined_history_is_said_by_webhook(sandbox, signup, sync, told):
    sandbox.set_scenario("history_declined", target=signup["phoneNumberId"])

    accepted = sync(signup, "history")

    assert accepted.status_code == 200
    ((refusal,),) = [value["history"][0]["errors"] for value in told.values(1)]
    assert refusal["code"] == 2593109
