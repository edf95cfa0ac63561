"""What the popup is filled in with: Meta's documented fields, from what the client gave, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from onboarding.models import OnboardingLink, RegisteredNumber
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due
from tests.onboarding.prefill import (
    BUSINESS,
    DOCUMENTED,
    SETUP,
    extras_on_page,
    paths,
    registered,
    undocumented,
)

pytestmark = pytest.mark.django_db
MakeLink = Callable[..., dict[str, Any]]
EMPTY = {"setup": {}, "sessionInfoVersion": "3", "version": "v4"}


def setup_with(make_link: MakeLink, **body: Any) -> dict[str, Any]:
    setup: dict[str, Any] = extras_on_page(make_link(**body))["setup"]
    return setup


def test_everything_a_client_gives_reaches_the_popup_under_metas_names(make_link: MakeLink) -> None:
    setup = setup_with(make_link, business=BUSINESS, displayName="Café Río")

    assert setup == SETUP
    assert undocumented(setup) == []


def test_every_documented_field_is_filled_by_something(make_link: MakeLink, api: Api) -> None:
    number = registered(api.organization)

    told = paths(setup_with(make_link, business=BUSINESS, displayName="Café Río")) | paths(
        setup_with(make_link, registeredNumberId=str(number.pk))
    )

    assert told == set(DOCUMENTED)


def test_a_link_that_knows_nothing_fills_in_nothing(make_link: MakeLink) -> None:
    assert extras_on_page(make_link()) == EMPTY


@pytest.mark.parametrize("name", [name for name in BUSINESS if name != "registrationId"])
def test_each_field_goes_alone_too(make_link: MakeLink, name: str) -> None:
    setup = setup_with(make_link, business={name: BUSINESS[name]})

    assert len(setup) == 1
    assert undocumented(setup) == []


def test_the_registration_id_never_reaches_meta(make_link: MakeLink) -> None:
    extras = extras_on_page(make_link(business={"registrationId": "514567890"}))

    assert extras == EMPTY


def test_an_address_of_several_lines_is_one_line_at_meta(make_link: MakeLink) -> None:
    link = make_link(business={"address": "12 Main St\r\nBoston"})

    assert link["business"]["address"] == "12 Main St\nBoston"
    assert extras_on_page(link)["setup"]["business"]["address"] == {"streetAddress1": "12 Main St, Boston"}


@pytest.mark.parametrize(
    ("number", "code", "national"),
    [
        ("+39 06 698 12345", 39, "0669812345"),
        ("+5491155551234", 54, "91155551234"),
        ("+12024561111", 1, "2024561111"),
    ],
)
def test_a_number_is_split_into_its_calling_code_and_the_rest(
    make_link: MakeLink, number: str, code: int, national: str
) -> None:
    setup = setup_with(make_link, business={"phoneNumber": number})

    assert setup == {"business": {"phone": {"code": code, "number": national}}}


def test_the_expected_number_fills_the_number_screen_and_no_other_does(make_link: MakeLink) -> None:
    link = make_link(expectedPhoneNumber="+5491155551234")
    expected = {"business": {"phone": {"code": 54, "number": "91155551234"}}}

    alone = extras_on_page(link)["setup"]
    # As a link may be that was made when two numbers were taken.
    OnboardingLink.objects.update(business={"phoneNumber": "+12024561111"})
    beside = extras_on_page(link)["setup"]

    assert (alone, beside) == (expected, expected)


def test_a_business_number_that_is_not_the_expected_one_is_refused(api: Api) -> None:
    body = {"name": "Acme", "expectedPhoneNumber": "+54 9 11 5555-1234"}

    same = api.post("onboarding-links", body | {"business": {"phoneNumber": "5491155551234"}})
    other = api.post("onboarding-links", body | {"business": {"phoneNumber": "+5491155551235"}})

    assert (same.status_code, other.status_code) == (201, 400)
    assert [one["field"] for one in other.json()["error"]["details"]] == ["business.phoneNumber"]


def test_a_registered_number_goes_by_its_id_and_no_other_number_beside_it(
    make_link: MakeLink, api: Api
) -> None:
    number = registered(api.organization)

    setup = setup_with(
        make_link,
        registeredNumberId=str(number.pk),
        expectedPhoneNumber=number.phone_number,
        business={"phoneNumber": number.phone_number, "name": "Acme"},
    )

    assert setup == {"business": {"name": "Acme"}, "preVerifiedPhone": {"ids": ["106540352242922"]}}


@pytest.mark.parametrize(
    "change", [{"expires_at": timezone.now()}, {"status": "used"}, {"status": "unverified"}]
)
def test_a_number_that_is_no_longer_verified_is_not_offered(
    make_link: MakeLink, api: Api, change: dict[str, Any]
) -> None:
    number = registered(api.organization)
    link = make_link(registeredNumberId=str(number.pk))
    RegisteredNumber.objects.update(**change)

    setup = extras_on_page(link)["setup"]

    assert setup == {"business": {"phone": {"code": 54, "number": "91155551234"}}}


def test_the_deployments_own_setup_stays_where_the_link_says_nothing(
    make_link: MakeLink, settings: Any
) -> None:
    settings.META_SIGNUP_EXTRAS = {
        "setup": {"solutionID": "77", "business": {"id": None, "name": "Ours", "address": {"country": "AR"}}},
        "version": "v4-public-preview",
    }

    extras = extras_on_page(make_link(business={"name": "Acme", "address": "Rd 1"}))

    assert extras["version"] == "v4-public-preview"
    assert extras["setup"] == {
        "solutionID": "77",
        "business": {"id": None, "name": "Acme", "address": {"country": "AR", "streetAddress1": "Rd 1"}},
    }
    assert settings.META_SIGNUP_EXTRAS["setup"]["business"]["name"] == "Ours"
    assert extras_on_page(make_link()) == settings.META_SIGNUP_EXTRAS


def test_coexistence_keeps_its_feature_beside_the_prefill(make_link: MakeLink) -> None:
    extras = extras_on_page(make_link(mode="coexistence", business={"name": "Acme"}))

    assert extras == EMPTY | {
        "setup": {"business": {"name": "Acme"}},
        "featureType": "whatsapp_business_app_onboarding",
    }


@pytest.mark.django_db(transaction=True)
def test_an_end_user_who_changes_everything_in_the_popup_is_connected_all_the_same(circle: Circle) -> None:
    link = circle.make_link(business=BUSINESS, displayName="Café Río")
    user = EndUser(link["id"])

    user.bring(circle.meta.sandbox.sign_up(business_name="Another Ltd", phone_number="+54 9 11 5555-7777"))
    run_due()

    done = circle.read(link["id"])
    assert (done["status"], done["phoneNumber"]) == ("completed", "+5491155557777")
    assert done["business"] == link["business"]


@pytest.mark.django_db(transaction=True)
def test_another_number_than_the_registered_one_is_no_error(circle: Circle) -> None:
    number = registered(circle.api.organization)
    link = circle.make_link(registeredNumberId=str(number.pk))
    user = EndUser(link["id"])

    user.bring(circle.meta.sandbox.sign_up(phone_number="+54 9 11 5555-7777"))
    run_due()

    assert circle.read(link["id"])["status"] == "completed"
    assert RegisteredNumber.objects.get().status == "verified"


def test_an_expired_registered_number_is_refused_for_a_new_link(api: Api) -> None:
    number = registered(api.organization, expires_at=timezone.now() - timedelta(seconds=1))

    answer = api.post("onboarding-links", {"name": "Acme", "registeredNumberId": str(number.pk)})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "expired" in answer.json()["error"]["message"]
