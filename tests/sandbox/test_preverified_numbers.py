"""The fake Meta's pool of pre-verified numbers: added, proven for 90 days, claimed by a signup."""

import pytest

from tests.sandbox.conftest import APP, error_of

POOL = f"/{APP['business_id']}/preverified_numbers"
ADD = f"/{APP['business_id']}/add_phone_numbers"
NUMBER, CODE, DAY = "+54 9 11 5555-1234", "246810", 86400


def added(graph, token: str, number: str = NUMBER) -> str:
    return str(graph.post(ADD, token, phone_number=number).json()["id"])


def verified(graph, token: str, number: str = NUMBER) -> str:
    entry = added(graph, token, number)
    assert graph.post(f"/{entry}/request_code", token, code_method="SMS", language="en_US").ok
    assert graph.post(f"/{entry}/verify_code", token, code=CODE).json() == {"success": True}
    return entry


def status(graph, token: str, entry: str) -> str:
    return str(graph.get(f"/{entry}", token).json()["code_verification_status"])


def test_a_number_is_added_unverified_and_listed(graph, system_token):
    entry = added(graph, system_token)

    assert graph.get(POOL, system_token).json()["data"] == [
        {"id": entry, "phone_number": "+5491155551234", "code_verification_status": "NOT_VERIFIED"}
    ]


def test_a_number_is_in_the_pool_once_and_in_no_account(graph, sandbox, system_token):
    added(graph, system_token)
    connected = sandbox.sign_up(phone_number="+34612000111")

    assert error_of(graph.post(ADD, system_token, phone_number="5491155551234")) == (136021, 2388012)
    assert error_of(graph.post(ADD, system_token, phone_number=connected["phoneNumber"]))[0] == 136021
    assert error_of(graph.post(ADD, system_token, phone_number="12"))[0] == 100


def test_a_code_proves_a_number_for_90_days(graph, system_token, clock):
    entry = verified(graph, system_token)
    proven = graph.get(f"/{entry}", system_token, fields="code_verification_status,verification_expiry_time")

    clock.now += 90 * DAY - 1
    still = status(graph, system_token, entry)
    clock.now += 1

    assert proven.json()["verification_expiry_time"] == "2027-02-16T11:06:40+0000"
    assert (still, status(graph, system_token, entry)) == ("VERIFIED", "EXPIRED")


def test_a_wrong_code_and_a_code_that_nobody_asked_for_are_refused(graph, system_token):
    entry = added(graph, system_token)

    assert error_of(graph.post(f"/{entry}/verify_code", system_token, code=CODE))[0] == 100
    graph.post(f"/{entry}/request_code", system_token, code_method="VOICE", language="es")
    assert error_of(graph.post(f"/{entry}/verify_code", system_token, code="111111"))[0] == 100
    assert status(graph, system_token, entry) == "NOT_VERIFIED"


def test_a_proven_number_gets_no_code_before_its_time_is_over(graph, system_token, clock):
    entry = verified(graph, system_token)
    asked = {"code_method": "SMS", "language": "en_US"}

    refused = graph.post(f"/{entry}/request_code", system_token, **asked)
    clock.now += 90 * DAY

    assert error_of(refused)[0] == 100
    assert graph.post(f"/{entry}/request_code", system_token, **asked).ok


@pytest.mark.parametrize("body", [{"code_method": "FAX", "language": "en_US"}, {"code_method": "SMS"}])
def test_a_code_needs_its_method_and_language(graph, system_token, body):
    entry = added(graph, system_token)

    assert error_of(graph.post(f"/{entry}/request_code", system_token, **body))[0] == 100


def test_a_deleted_entry_is_gone(graph, system_token):
    entry = added(graph, system_token)

    assert graph.call("DELETE", f"/{entry}", system_token).json() == {"success": True}
    assert error_of(graph.call("DELETE", f"/{entry}", system_token)) == (100, 33)
    assert graph.get(POOL, system_token).json() == {"data": []}


def test_the_pool_is_our_system_users_alone(graph, sandbox, system_token):
    entry = added(graph, system_token)
    signup = sandbox.sign_up()
    customer = graph.token_of(signup)

    assert error_of(graph.get(POOL, customer))[0] == 100
    assert error_of(graph.get(f"/{entry}", customer))[0] == 100
    assert (
        error_of(graph.post(f"/{signup['businessId']}/add_phone_numbers", customer, phone_number=NUMBER))[0]
        == 10
    )
    assert error_of(graph.get(f"/{signup['businessId']}/preverified_numbers", system_token)) == (100, 33)


def test_a_signup_claims_the_number_that_it_was_offered(graph, sandbox, system_token):
    entry = verified(graph, system_token)

    signup = sandbox.sign_up(preverified_id=entry)

    phone = graph.get(
        f"/{signup['phoneNumberId']}",
        graph.token_of(signup),
        fields="display_phone_number,code_verification_status,is_preverified_number",
    ).json()
    assert phone == {
        "id": signup["phoneNumberId"],
        "display_phone_number": "+5491155551234",
        "code_verification_status": "VERIFIED",
        "is_preverified_number": True,
    }
    assert signup["phoneNumberId"] != entry
    assert graph.get(POOL, system_token).json() == {"data": []}


def test_another_number_leaves_the_offered_one_where_it_is(graph, sandbox, system_token):
    entry = verified(graph, system_token)

    signup = sandbox.sign_up("another_number", preverified_id=entry)

    assert signup["phoneNumber"] != "+5491155551234"
    assert status(graph, system_token, entry) == "VERIFIED"


def test_a_number_that_somebody_connects_by_hand_leaves_the_pool(graph, sandbox, system_token):
    added(graph, system_token)

    signup = sandbox.sign_up(phone_number=NUMBER)

    node = sandbox.state.objects[signup["phoneNumberId"]]
    assert node["is_preverified_number"] is False
    assert graph.get(POOL, system_token).json() == {"data": []}


def test_the_front_page_shows_the_pool_and_its_codes(graph, sandbox, system_token):
    entry = added(graph, system_token)
    graph.post(f"/{entry}/request_code", system_token, code_method="SMS", language="en_US")

    page = graph.session.get(f"{sandbox.url}/", timeout=10).text

    assert "+5491155551234" in page
    assert f"entry {entry}, code {CODE}" in page
    assert "NOT_VERIFIED" in page


def test_the_dialog_shows_the_offered_number(graph, sandbox, system_token):
    entry = verified(graph, system_token)
    asked = {
        "app_id": APP["app_id"],
        "config_id": APP["config_id"],
        "extras": f'{{"setup": {{"preVerifiedPhone": {{"ids": ["{entry}"]}}}}}}',
    }

    page = graph.session.get(f"{sandbox.url}/dialog", params=asked, timeout=10).text

    assert f'name="preverifiedId" value="{entry}"' in page
    assert 'name="phoneNumber" value="+5491155551234"' in page


@pytest.mark.parametrize("setup", ['"x"', '{"preVerifiedPhone": 1}', '{"preVerifiedPhone": {"ids": ["1"]}}'])
def test_the_dialog_offers_what_is_in_the_pool_alone(graph, sandbox, setup):
    asked = {"app_id": APP["app_id"], "config_id": APP["config_id"], "extras": f'{{"setup": {setup}}}'}

    page = graph.session.get(f"{sandbox.url}/dialog", params=asked, timeout=10)

    assert page.ok
    assert 'name="preverifiedId" value=""' in page.text
