"""The library against a whole fake Meta over real HTTP: state, tokens, scopes and failures are its own."""

from __future__ import annotations

import pytest

from meta_graph import businesses, oauth, phone_numbers, wabas
from meta_graph.client import business_token
from meta_graph.errors import Action, Cause, GraphError


@pytest.fixture
def customer(signup):
    return business_token(oauth.exchange_code(code=signup["code"]).value)


def test_a_code_becomes_a_token_that_covers_the_waba(signup, customer, settings):
    info = oauth.debug_token(token_value=customer.value)

    assert info.is_valid
    assert info.app_id == settings.META_APP_ID
    assert signup["wabaId"] in (info.granular["whatsapp_business_management"] or ())


def test_a_code_works_once(signup, customer):
    with pytest.raises(GraphError) as caught:
        oauth.exchange_code(code=signup["code"])

    assert (caught.value.action, caught.value.cause) == (Action.LOGIN, Cause.CODE_USED)


def test_a_waba_and_all_that_it_holds(signup, customer):
    waba = wabas.read_waba(waba_id=signup["wabaId"], token=customer)
    phones = wabas.list_phone_numbers(waba_id=signup["wabaId"], token=customer)

    assert waba.id == signup["wabaId"]
    assert waba.owner_business_id
    assert signup["phoneNumberId"] in [phone.id for phone in phones]
    assert wabas.list_datasets(waba_id=waba.id, token=customer)
    assert wabas.list_product_catalogs(waba_id=waba.id, token=customer)
    assert businesses.read_business(business_id=waba.owner_business_id, token=customer).name


def test_a_subscription_can_be_made_seen_and_ended(signup, customer, settings):
    def subscribed() -> list[str]:
        return [app.id for app in wabas.list_subscribed_apps(waba_id=signup["wabaId"], token=customer)]

    before = subscribed()
    wabas.subscribe_app(waba_id=signup["wabaId"], token=customer)
    between = subscribed()
    wabas.unsubscribe_app(waba_id=signup["wabaId"], token=customer)

    assert (before, between, subscribed()) == ([], [settings.META_APP_ID], [])


def test_a_number_is_registered_and_its_pin_then_has_to_match(signup, customer):
    number = {"phone_number_id": signup["phoneNumberId"], "token": customer}
    before = phone_numbers.read_phone_number(**number)

    phone_numbers.register(pin="482913", **number)

    after = phone_numbers.read_phone_number(**number)
    with pytest.raises(GraphError) as caught:
        phone_numbers.register(pin="111111", **number)
    assert before.platform_type == "NOT_APPLICABLE"
    assert (after.platform_type, after.status, after.is_pin_enabled) == ("CLOUD_API", "CONNECTED", True)
    assert caught.value.cause is Cause.PIN_MISMATCH


def test_a_new_pin_replaces_the_old_one(signup, customer):
    number = {"phone_number_id": signup["phoneNumberId"], "token": customer}
    phone_numbers.register(pin="482913", **number)

    phone_numbers.set_pin(pin="111111", **number)
    phone_numbers.deregister(**number)
    phone_numbers.register(pin="111111", **number)

    assert phone_numbers.read_phone_number(**number).platform_type == "CLOUD_API"


@pytest.mark.parametrize(
    ("scenario", "options", "action", "cause"),
    [
        ("token_revoked", {}, Action.LOGIN, Cause.TOKEN_INVALID),
        ("permission_missing", {}, Action.LOGIN, Cause.PERMISSION_MISSING),
        ("graph_down", {}, Action.RETRY, Cause.TEMPORARY),
        ("graph_down", {"how": "html"}, Action.RETRY, Cause.TEMPORARY),
        ("graph_down", {"how": "error"}, Action.RETRY, Cause.TEMPORARY),
        ("graph_down", {"how": "reset"}, Action.RETRY, Cause.UNREACHABLE),
        ("error", {"code": 131031}, Action.ASK, Cause.ACCOUNT_LOCKED),
    ],
)
def test_a_scenario_of_the_sandbox_has_its_meaning(
    sandbox, signup, customer, scenario, options, action, cause
):
    sandbox.set_scenario(scenario, **options)

    with pytest.raises(GraphError) as caught:
        wabas.read_waba(waba_id=signup["wabaId"], token=customer)

    assert (caught.value.action, caught.value.cause) == (action, cause)


def test_a_limit_is_waited_for_as_long_as_its_header_says(sandbox, signup, customer):
    sandbox.set_scenario("rate_limited", minutes=7)

    with pytest.raises(GraphError) as caught:
        wabas.read_waba(waba_id=signup["wabaId"], token=customer)

    assert (caught.value.cause, caught.value.retry_after) == (Cause.RATE_LIMITED, 420)


def test_a_slow_graph_is_left_at_the_deadline(sandbox, signup, customer, settings):
    settings.META_REQUEST_TIMEOUT = 0.4
    sandbox.set_scenario("slow", ms=20_000)

    with pytest.raises(GraphError) as caught:
        wabas.read_waba(waba_id=signup["wabaId"], token=customer)

    assert (caught.value.action, caught.value.cause) == (Action.RETRY, Cause.TIMEOUT)


def test_a_number_that_is_not_verified_is_asked_about(sandbox, signup, customer):
    sandbox.set_scenario("not_verified", target=signup["phoneNumberId"])

    with pytest.raises(GraphError) as caught:
        phone_numbers.register(phone_number_id=signup["phoneNumberId"], pin="482913", token=customer)

    assert (caught.value.action, caught.value.cause) == (Action.ASK, Cause.NUMBER_NOT_VERIFIED)
