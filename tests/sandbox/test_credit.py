"""The credit line: shared, attached, shared twice, taken back."""

import pytest

from tests.sandbox.conftest import APP, error_of

CREDENTIAL = "receiving_credential{id}"


@pytest.fixture
def signup(graph, sandbox, credit):
    made = sandbox.sign_up()
    assert graph.assign_us(made).status_code == 200
    return made | {"token": graph.token_of(made)}


@pytest.fixture
def share(graph, credit, system_token):
    """Meta's method in one call."""

    def shared(signup, currency="USD"):
        query = {"waba_id": signup["wabaId"], "waba_currency": currency}
        return graph.call("POST", f"/{credit}/whatsapp_credit_sharing_and_attach", system_token, params=query)

    return shared


@pytest.fixture
def allocations(graph, credit, system_token):
    def listed(signup):
        answer = graph.get(
            f"/{credit}/owning_credit_allocation_configs",
            system_token,
            receiving_business_id=signup["businessId"],
            fields="id,receiving_business",
        )
        return answer.json()["data"]

    return listed


def funding_of(graph, signup):
    answer = graph.get(f"/{signup['wabaId']}", signup["token"], fields="primary_funding_id")
    return answer.json().get("primary_funding_id")


def credential_of(graph, allocation_id):
    answer = graph.get(f"/{allocation_id}", APP["system_user_token"], fields=CREDENTIAL)
    return answer.json()["receiving_credential"]["id"]


def test_the_partners_credit_lines_are_listed(graph, credit, system_token):
    lines = graph.get(
        f"/{APP['business_id']}/extendedcredits", system_token, fields="id,legal_entity_name"
    ).json()["data"]

    assert lines == [{"id": credit, "legal_entity_name": "Gangway Ltd"}]


def test_a_partner_without_a_credit_line_has_none_and_sees_no_funding(graph, sandbox, system_token):
    signup = sandbox.sign_up()

    lines = graph.get(f"/{APP['business_id']}/extendedcredits", system_token).json()
    refused = graph.get(f"/{signup['wabaId']}", graph.token_of(signup), fields="primary_funding_id")

    assert lines == {"data": []}
    assert error_of(refused)[0] == 10


def test_a_shared_credit_line_pays_for_the_account(graph, share, signup, allocations):
    before = (allocations(signup), funding_of(graph, signup))

    shared = share(signup, "EUR").json()

    assert before == ([], None)
    assert shared["waba_id"] == signup["wabaId"]
    assert [one["id"] for one in allocations(signup)] == [shared["allocation_config_id"]]
    assert allocations(signup)[0]["receiving_business"]["id"] == signup["businessId"]
    assert funding_of(graph, signup) == credential_of(graph, shared["allocation_config_id"])


def test_a_credit_line_shared_twice_is_two_allocations_of_which_the_first_pays(
    graph, sandbox, share, signup, allocations
):
    first, second = (share(signup).json()["allocation_config_id"] for _ in range(2))

    assert [one["id"] for one in allocations(signup)] == [first, second]
    assert funding_of(graph, signup) == credential_of(graph, first) != credential_of(graph, second)
    assert sandbox.counts(signup["wabaId"])["share_and_attach"] == {"calls": 2, "done": 2}


@pytest.mark.parametrize("currency", ["BRL", "usd", ""])
def test_only_six_currencies_have_credit(share, signup, allocations, currency):
    assert error_of(share(signup, currency))[0] == 100
    assert allocations(signup) == []


def test_the_currency_stays_once_there_is_credit(share, signup):
    share(signup, "USD")

    assert error_of(share(signup, "EUR"))[0] == 100


def test_credit_is_not_shared_before_the_system_user_is_on_the_account(sandbox, share, allocations):
    bare = sandbox.sign_up()

    assert error_of(share(bare))[0] == 200
    assert allocations(bare) == []


def test_credit_is_not_shared_with_an_account_out_of_reach(sandbox, share, signup):
    sandbox.account_update("PARTNER_REMOVED", signup["wabaId"])

    assert error_of(share(signup)) == (100, 33)


def test_the_newer_method_shares_with_our_token_and_attaches_with_the_customers(
    graph, credit, sandbox, signup, system_token
):
    attach = f"/{credit}/whatsapp_credit_attach"
    query = {"waba_id": signup["wabaId"], "waba_currency": "GBP"}

    too_early = graph.call("POST", attach, signup["token"], params=query)
    shared = graph.call(
        "POST",
        f"/{credit}/whatsapp_credit_sharing",
        system_token,
        params={"receiving_business_id": signup["businessId"]},
    ).json()
    ours = graph.call("POST", attach, system_token, params=query)
    attached = graph.call("POST", attach, signup["token"], params=query).json()
    again = graph.call("POST", attach, signup["token"], params=query).json()

    assert error_of(too_early)[0] == 100
    assert error_of(ours)[0] == 200
    assert shared == {"success": True, "allocation_config_id": attached["allocation_config_id"]}
    assert attached == again == {**shared, "waba_id": signup["wabaId"]}
    assert funding_of(graph, signup) == credential_of(graph, shared["allocation_config_id"])


def test_the_credit_line_is_ours_to_look_at(graph, credit, signup):
    token = signup["token"]

    assert error_of(graph.get(f"/{credit}/owning_credit_allocation_configs", token))[0] == 10
    assert error_of(graph.call("POST", f"/{credit}/whatsapp_credit_sharing_and_attach", token))[0] == 10


def test_a_revoked_allocation_pays_for_no_account_of_the_customer(
    graph, sandbox, share, signup, allocations, system_token
):
    allocation_id = share(signup).json()["allocation_config_id"]

    revoked = graph.call("DELETE", f"/{allocation_id}", system_token).json()

    after = graph.get(f"/{allocation_id}", system_token, fields="receiving_business,request_status").json()
    assert revoked == {"success": True}
    assert sandbox.counts(signup["wabaId"])["revoke_credit"] == {"calls": 1, "done": 1}
    assert (after["request_status"], after["receiving_business"]["id"]) == ("DELETED", signup["businessId"])
    assert (allocations(signup), funding_of(graph, signup)) == ([], None)
    assert error_of(graph.call("DELETE", f"/{allocation_id}", signup["token"])) == (100, 33)


def test_allocations_can_be_counted_over_the_control_api(graph, sandbox, share, signup):
    for _ in range(2):
        share(signup)

    answer = graph.session.get(
        f"{sandbox.url}/_sandbox/objects", params={"kind": "allocation", "business": signup["businessId"]}
    )

    assert len(answer.json()["data"]) == 2
