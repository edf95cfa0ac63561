"""What Meta says by itself: when it says it, how it signs it, and that it says it again."""

import base64
import hashlib
import hmac
import json
import threading
from urllib.parse import parse_qs

import pytest
import requests

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.server import Sandbox, SandboxConfig
from tests.sandbox.conftest import APP, error_of, is_signed

PARTS = {
    "PARTNER_ADDED": "waba_info",
    "PARTNER_REMOVED": "waba_info",
    "PARTNER_APP_INSTALLED": "waba_info",
    "PARTNER_APP_UNINSTALLED": "waba_info",
    "AD_ACCOUNT_LINKED": "waba_info",
    "MM_LITE_TERMS_SIGNED": "waba_info",
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": "partner_client_certification_info",
    "ACCOUNT_OFFBOARDED": None,
    "ACCOUNT_RECONNECTED": None,
    "ACCOUNT_DELETED": None,
    "ACCOUNT_RESTRICTION": "restriction_info",
    "ACCOUNT_VIOLATION": "violation_info",
    "DISABLED_UPDATE": "ban_info",
    "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": "auth_international_rate_eligibility",
    "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": "country",
    "VOLUME_BASED_PRICING_TIER_UPDATE": "volume_tier_info",
    "VERIFIED_ACCOUNT": "phone_number",
}


def post(sandbox, path, **body) -> requests.Response:
    return requests.post(f"{sandbox.url}/_sandbox/{path}", json=body, timeout=10)


def test_a_finished_signup_is_told_to_the_callback_with_a_signature(clock, callback):
    with Sandbox(SandboxConfig(**APP, clock=clock, callback_url=callback.url)) as sandbox:
        signup = sandbox.sign_up()
        (body,) = callback.wait_for(1)

    assert is_signed(*callback.received[0])
    assert body["object"] == "whatsapp_business_account"
    assert body["entry"][0]["id"] == APP["business_id"]
    (change,) = body["entry"][0]["changes"]
    info = {"waba_id": signup["wabaId"], "owner_business_id": signup["businessId"]}
    assert change == {"field": "account_update", "value": {"event": "PARTNER_ADDED", "waba_info": info}}


def test_partner_added_can_be_there_before_the_browser_has_anything(sandbox, told):
    sandbox.sign_up(partner_added="before")

    assert len(told.received) == 1


def test_partner_added_can_come_afterwards(sandbox, told, monkeypatch):
    monkeypatch.setattr("meta_graph.sandbox.signups.AFTER_SECONDS", 0.2)

    sandbox.sign_up(partner_added="after")

    assert told.received == []
    assert told.values(1)[0]["event"] == "PARTNER_ADDED"


def test_partner_added_may_never_come(sandbox, told):
    sandbox.sign_up(partner_added="never")
    sandbox.sign_up(partner_added="before")

    assert len(told.received) == 1


def test_a_lost_window_brings_nothing_back_and_is_told_all_the_same(sandbox, told):
    signup = sandbox.sign_up("lost", partner_added="before")

    assert (signup["code"], signup["session"]) == (None, None)
    assert told.values(1)[0]["waba_info"]["waba_id"] == signup["wabaId"]


def test_an_unverified_number_is_finished_without_it(graph, sandbox):
    signup = sandbox.sign_up("unverified_number")

    phone = graph.get(
        f"/{signup['phoneNumberId']}", graph.token_of(signup), fields="code_verification_status"
    )

    assert signup["session"]["event"] == "FINISH_ONLY_WABA"
    assert phone.json()["code_verification_status"] == "NOT_VERIFIED"


def test_a_webhook_is_sent_again_until_it_is_taken(sandbox, told, monkeypatch):
    monkeypatch.setattr(webhooks, "PAUSES", (0.01,) * 5)
    told.statuses = [500, 204]

    sandbox.sign_up()

    bodies = told.wait_for(3)
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_stopped_sandbox_says_nothing_more(clock, callback, monkeypatch):
    monkeypatch.setattr(webhooks, "PAUSES", (0.3,) * 5)
    callback.statuses = [500] * 6
    with Sandbox(SandboxConfig(**APP, clock=clock, callback_url=callback.url)) as sandbox:
        sandbox.sign_up()
        callback.wait_for(1)
        sandbox.stop()
        threads = [thread for thread in threading.enumerate() if thread.name == "sandbox-webhook"]
        for thread in threads:
            thread.join(10)

    assert len(callback.received) == 1


@pytest.mark.parametrize(("event", "part"), PARTS.items())
def test_every_form_of_account_update_has_the_part_that_meta_documents(sandbox, told, event, part):
    signup = sandbox.sign_up(partner_added="never")

    answer = post(sandbox, "account-updates", wabaId=signup["wabaId"], event=event).json()

    (body,) = told.wait_for(1)
    value = body["entry"][0]["changes"][0]["value"]
    is_partners = event.startswith("PARTNER_") or event in ("AD_ACCOUNT_LINKED", "MM_LITE_TERMS_SIGNED")
    assert answer == {"statuses": [200], "value": value}
    assert value["event"] == event
    assert set(value) == {"event", part} - {None}
    assert body["entry"][0]["id"] == (APP["business_id"] if is_partners else signup["wabaId"])
    assert is_signed(*told.received[0])


def test_parts_of_an_account_update_can_be_replaced_and_left_out(sandbox, told):
    signup = sandbox.sign_up("coexistence", partner_added="never")
    disconnection = {"reason": "PRIMARY_INACTIVITY", "initiated_by": "SYSTEM"}
    value = {"disconnection_info": disconnection, "waba_info": None, "phone_number": "15550100"}

    post(sandbox, "account-updates", wabaId=signup["wabaId"], event="PARTNER_REMOVED", value=value)

    assert told.values(1) == [
        {"event": "PARTNER_REMOVED", "disconnection_info": disconnection, "phone_number": "15550100"}
    ]


def test_an_unknown_event_can_be_told_too(sandbox, told):
    signup = sandbox.sign_up(partner_added="never")

    post(sandbox, "account-updates", wabaId=signup["wabaId"], event="SOMETHING_NEW", value={"x": 1})

    assert told.values(1) == [{"event": "SOMETHING_NEW", "x": 1}]


def test_the_same_bytes_can_be_told_more_than_once(sandbox, told):
    signup = sandbox.sign_up(partner_added="never")

    post(sandbox, "account-updates", wabaId=signup["wabaId"], event="ACCOUNT_OFFBOARDED", times=3)

    told.wait_for(3)
    assert len(set(told.received)) == 1


@pytest.mark.parametrize(("signature", "is_there"), [("wrong", True), ("none", False)])
def test_a_forged_webhook_can_be_sent(sandbox, told, signature, is_there):
    signup = sandbox.sign_up(partner_added="never")

    sandbox.account_update("PARTNER_REMOVED", signup["wabaId"], signature=signature, changes=False)

    ((given, body),) = told.received
    assert bool(given) is is_there
    assert not is_signed(given, body)


def test_a_removed_partner_reaches_the_account_no_more(graph, sandbox, told, system_token):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    sandbox.account_update("PARTNER_REMOVED", signup["wabaId"])

    for reader in (token, system_token):
        assert error_of(graph.get(f"/{signup['wabaId']}", reader)) == (100, 33)
        assert error_of(graph.get(f"/{signup['phoneNumberId']}", reader)) == (100, 33)


def test_telling_alone_changes_nothing(graph, sandbox, told):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    sandbox.account_update("PARTNER_REMOVED", signup["wabaId"], changes=False)

    assert graph.get(f"/{signup['wabaId']}", token).status_code == 200


def test_an_uninstalled_app_has_no_token(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)

    sandbox.account_update("PARTNER_APP_UNINSTALLED", signup["wabaId"])

    assert error_of(graph.get(f"/{signup['wabaId']}", token)) == (190, 460)


def test_a_disabled_account_sends_nothing_until_it_is_reinstated(graph, sandbox):
    signup = sandbox.sign_up()
    token = graph.token_of(signup)
    graph.register(signup, token)

    def can_send() -> str:
        answer = graph.get(f"/{signup['wabaId']}", token, fields="health_status").json()
        return str(answer["health_status"]["can_send_message"])

    sandbox.account_update("DISABLED_UPDATE", signup["wabaId"])
    disabled = can_send()
    sandbox.account_update(
        "DISABLED_UPDATE", signup["wabaId"], value={"ban_info": {"waba_ban_state": "REINSTATE"}}
    )

    assert (disabled, can_send()) == ("BLOCKED", "AVAILABLE")


def test_a_field_that_is_not_subscribed_is_not_sent(sandbox, told):
    sandbox.configure(fields=["messages"])

    signup = sandbox.sign_up(partner_added="before")
    answer = sandbox.account_update("ACCOUNT_OFFBOARDED", signup["wabaId"])

    assert answer["statuses"] == [None]
    assert told.received == []


def test_any_other_change_can_be_sent(sandbox, told):
    value = {"display_phone_number": "15550100", "event": "PIN_CHANGED"}

    answer = post(sandbox, "webhooks", field="security", value=value, entryId="102")

    assert answer.json()["statuses"] == [200]
    (body,) = told.wait_for(1)
    assert body["entry"][0]["id"] == "102"
    assert body["entry"][0]["changes"] == [{"field": "security", "value": value}]


def test_what_was_sent_is_listed_with_its_answer(sandbox, told):
    told.statuses = [503]
    signup = sandbox.sign_up(partner_added="never")
    post(sandbox, "account-updates", wabaId=signup["wabaId"], event="ACCOUNT_DELETED", times=2)

    def listed(**query) -> list:
        answer = requests.get(f"{sandbox.url}/_sandbox/webhooks", params=query, timeout=10)
        return [(one["event"], one["status"]) for one in answer.json()["data"]]

    assert listed(event="ACCOUNT_DELETED") == [("ACCOUNT_DELETED", 503), ("ACCOUNT_DELETED", 200)]
    assert listed(event="PARTNER_ADDED") == []
    requests.delete(f"{sandbox.url}/_sandbox/webhooks", timeout=10)
    assert listed() == []


def test_nothing_can_be_told_about_an_account_that_is_not_there(sandbox):
    assert post(sandbox, "account-updates", wabaId="1", event="PARTNER_ADDED").status_code == 400
    assert post(sandbox, "deauthorize", target="1").status_code == 400


@pytest.mark.parametrize(
    ("path", "setting"), [("deauthorize", "deauthorize_url"), ("data-deletion", "data_deletion_url")]
)
def test_a_customer_who_leaves_is_told_with_a_signed_request(
    graph, sandbox, callback, app_token, path, setting
):
    sandbox.configure(**{setting: callback.url})
    callback.answer = b'{"url": "https://us.example.com/deletion/1", "confirmation_code": "1"}'
    signup = sandbox.sign_up(partner_added="never")
    token = graph.token_of(signup)
    user_id = graph.get("/debug_token", app_token, input_token=token).json()["data"]["user_id"]

    answer = post(sandbox, path, target=signup["wabaId"]).json()

    ((_, body),) = callback.received
    signature, payload = parse_qs(body.decode())["signed_request"][0].split(".")
    digest = hmac.new(APP["app_secret"].encode(), payload.encode(), hashlib.sha256).digest()
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert base64.urlsafe_b64decode(signature + "=") == digest
    assert (claims["algorithm"], claims["user_id"]) == ("HMAC-SHA256", user_id)
    assert answer == {"status": 200, "answer": json.loads(callback.answer), "userId": user_id}
    assert error_of(graph.get(f"/{signup['wabaId']}", token)) == (190, 460)


def test_a_forged_signed_request_can_be_sent(sandbox, callback):
    sandbox.configure(deauthorize_url=callback.url)
    signup = sandbox.sign_up(partner_added="never")

    sandbox.deauthorize(signup["businessId"], signature="wrong", changes=False)

    ((_, body),) = callback.received
    signature, payload = parse_qs(body.decode())["signed_request"][0].split(".")
    digest = hmac.new(APP["app_secret"].encode(), payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") != digest


def test_without_an_address_nobody_is_told(sandbox):
    signup = sandbox.sign_up()

    assert sandbox.delete_data(signup["businessId"])["status"] is None
