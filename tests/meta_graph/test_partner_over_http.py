"""The library against the fake Meta, in a partner's name: lost tokens, credit, the Business app, our app."""

from __future__ import annotations

import pytest

from meta_graph import apps, businesses, credit_lines, limits, oauth, phone_numbers, wabas
from meta_graph.client import app_token, business_token, system_token
from meta_graph.errors import Action, Cause, GraphError
from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from tests.meta_graph.conftest import BUSINESS, CREDIT_LINE, SYSTEM_USER


@pytest.fixture
def assigned(sandbox):
    """A signup whose account our system user is on."""
    signup = sandbox.sign_up()
    wabas.assign_user(waba_id=signup["wabaId"], user_id=SYSTEM_USER, tasks=["MANAGE"], token=system_token())
    return signup


def customer_of(signup):
    return business_token(oauth.fetch_customer_token(business_id=signup["businessId"]).value)


def cause_of(caught) -> tuple[Action, Cause]:
    return caught.value.action, caught.value.cause


def test_a_lost_browsers_token_is_had_again(sandbox, settings):
    signup = sandbox.sign_up("lost")

    info = oauth.debug_token(token_value=oauth.fetch_customer_token(business_id=signup["businessId"]).value)

    assert (info.is_valid, info.app_id) == (True, settings.META_APP_ID)
    assert info.granular["whatsapp_business_management"] == (signup["wabaId"],)


def test_a_customer_who_took_the_token_back_has_to_sign_in_again(sandbox):
    signup = sandbox.sign_up("lost")
    sandbox.deauthorize(signup["businessId"])

    with pytest.raises(GraphError) as caught:
        oauth.fetch_customer_token(business_id=signup["businessId"])

    assert cause_of(caught) == (Action.LOGIN, Cause.TOKEN_INVALID)


def test_what_is_shared_with_us_is_listed_with_its_owner(sandbox):
    signups = [sandbox.sign_up() for _ in range(3)]

    shared = businesses.list_client_wabas(business_id=BUSINESS, token=system_token())

    assert {(waba.id, waba.owner_business_id) for waba in shared} == {
        (signup["wabaId"], signup["businessId"]) for signup in signups
    }
    assert businesses.list_owned_wabas(business_id=BUSINESS, token=system_token()) == ()


def test_our_system_user_is_put_on_the_account(assigned):
    users = businesses.list_system_users(business_id=BUSINESS, token=system_token())
    on_it = wabas.list_assigned_users(waba_id=assigned["wabaId"], business_id=BUSINESS, token=system_token())

    assert [(user.id, user.role) for user in users] == [(SYSTEM_USER, "ADMIN")]
    assert [(user.id, user.tasks) for user in on_it] == [(SYSTEM_USER, ("MANAGE",))]


def allocations_of(signup):
    return credit_lines.list_allocations(
        credit_line_id=CREDIT_LINE, receiving_business_id=signup["businessId"], token=system_token()
    )


def test_credit_is_shared_checked_and_taken_back(assigned):
    (line,) = credit_lines.list_credit_lines(business_id=BUSINESS, token=system_token())
    waba_id, customer = assigned["wabaId"], customer_of(assigned)
    assert wabas.read_primary_funding_id(waba_id=waba_id, token=customer) is None

    allocation_id = credit_lines.share_and_attach(
        credit_line_id=line.id, waba_id=waba_id, currency="EUR", token=system_token()
    )

    shared = credit_lines.read_allocation(allocation_id=allocation_id, token=system_token())
    assert [one.id for one in allocations_of(assigned)] == [allocation_id]
    assert shared.receiving_business_id == assigned["businessId"]
    assert shared.receiving_credential_id == wabas.read_primary_funding_id(waba_id=waba_id, token=customer)
    credit_lines.revoke(allocation_id=allocation_id, token=system_token())
    revoked = credit_lines.read_allocation(allocation_id=allocation_id, token=system_token())
    assert (revoked.request_status, allocations_of(assigned)) == ("DELETED", ())


def test_credit_is_shared_in_two_calls_too(assigned):
    allocation_id = credit_lines.share(
        credit_line_id=CREDIT_LINE, receiving_business_id=assigned["businessId"], token=system_token()
    )
    attached = credit_lines.attach(
        credit_line_id=CREDIT_LINE, waba_id=assigned["wabaId"], currency="INR", token=customer_of(assigned)
    )

    assert attached == allocation_id
    assert wabas.read_primary_funding_id(waba_id=assigned["wabaId"], token=customer_of(assigned))


@pytest.mark.parametrize("code", [131042, 200])
def test_refused_credit_is_for_operators(sandbox, assigned, code):
    sandbox.set_scenario("credit_refused", target=assigned["wabaId"], code=code)

    with pytest.raises(GraphError) as caught:
        credit_lines.share_and_attach(
            credit_line_id=CREDIT_LINE, waba_id=assigned["wabaId"], currency="EUR", token=system_token()
        )

    assert caught.value.action is Action.OPS


def test_a_credit_line_that_is_not_there_is_for_operators(sandbox):
    with pytest.raises(GraphError) as caught:
        credit_lines.list_allocations(credit_line_id="999", receiving_business_id="1", token=system_token())

    assert cause_of(caught) == (Action.OPS, Cause.OBJECT_GONE)


def test_a_number_is_added_and_verified(sandbox):
    signup = sandbox.sign_up("only_waba")
    customer = customer_of(signup)
    number = {"country_code": "54", "phone_number": "91151234567", "verified_name": "Café Río"}

    phone_id = wabas.add_phone_number(waba_id=signup["wabaId"], token=customer, **number)
    with pytest.raises(GraphError) as taken:
        wabas.add_phone_number(waba_id=signup["wabaId"], token=customer, **number)
    phone_numbers.request_code(phone_number_id=phone_id, method="SMS", language="es_AR", token=customer)
    with pytest.raises(GraphError) as wrong:
        phone_numbers.verify_code(phone_number_id=phone_id, code="000000", token=customer)
    phone_numbers.verify_code(phone_number_id=phone_id, code=VERIFICATION_CODE, token=customer)

    found = phone_numbers.read_phone_number(phone_number_id=phone_id, token=customer)
    assert cause_of(taken) == (Action.ASK, Cause.NUMBER_IN_USE)
    assert cause_of(wrong) == (Action.ASK, Cause.WRONG_CODE)
    assert (found.phone_number, found.code_verification_status) == ("+5491151234567", "VERIFIED")


def test_a_code_that_is_not_sent_is_asked_for_later(sandbox):
    signup = sandbox.sign_up("unverified_number")
    sandbox.set_scenario("code_not_sent")

    with pytest.raises(GraphError) as caught:
        phone_numbers.request_code(
            phone_number_id=signup["phoneNumberId"],
            method="VOICE",
            language="en_US",
            token=customer_of(signup),
        )

    assert cause_of(caught) == (Action.ASK, Cause.CODE_NOT_SENT)


def test_contacts_and_chats_are_asked_for_once(sandbox):
    signup = sandbox.sign_up("coexistence")
    number = {"phone_number_id": signup["phoneNumberId"], "token": customer_of(signup)}
    wabas.subscribe_app(waba_id=signup["wabaId"], token=number["token"])

    ids = {phone_numbers.request_sync(sync_type=one, **number) for one in ("smb_app_state_sync", "history")}
    with pytest.raises(GraphError) as caught:
        phone_numbers.request_sync(sync_type="history", **number)

    assert len(ids) == 2
    assert cause_of(caught) == (Action.SKIP, Cause.ALREADY_DONE)


def test_a_sync_after_its_window_asks_for_another_signup(sandbox):
    signup = sandbox.sign_up("coexistence", scenario="sync_window_over")
    customer = customer_of(signup)
    wabas.subscribe_app(waba_id=signup["wabaId"], token=customer)

    with pytest.raises(GraphError) as caught:
        phone_numbers.request_sync(
            phone_number_id=signup["phoneNumberId"], sync_type="history", token=customer
        )

    assert cause_of(caught) == (Action.ASK, Cause.WINDOW_OVER)


def test_our_app_says_where_its_webhooks_go(sandbox, settings):
    with sandbox.state as state:
        state.objects[settings.META_APP_ID] |= {
            "callback_url": "https://us.example.com/webhook/meta",
            "fields": ["account_update"],
        }

    found = apps.list_subscriptions(app_id=settings.META_APP_ID, token=app_token())

    assert apps.read_app(app_id=settings.META_APP_ID, token=app_token()).name == "Gangway"
    assert [(one.callback_url, one.fields, one.is_active) for one in found] == [
        ("https://us.example.com/webhook/meta", ("account_update",), True)
    ]


def test_a_limit_silences_everybody_about_that_account_alone(sandbox):
    limited, other = sandbox.sign_up(), sandbox.sign_up()
    sandbox.set_scenario("rate_limited", minutes=7, target=limited["wabaId"])

    with pytest.raises(GraphError):
        wabas.read_waba(waba_id=limited["wabaId"], token=customer_of(limited))

    assert limits.pause_until(limited["wabaId"]) is not None
    assert limits.pause_until(other["wabaId"]) is None
