"""The fields of a link that say something of its customer: kept, shown, refused, freed."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import phonenumbers
import pytest
from django.utils import timezone

from onboarding.countries import COUNTRIES
from onboarding.models import OnboardingLink
from tests.conftest import Api
from tests.onboarding.prefill import BUSINESS, FOR_PAGE, registered

pytestmark = pytest.mark.django_db
LINKS = "onboarding-links"
NEW = ["business", "displayName", "branding", "registeredNumberId", "landingPageUrl", "starterTemplates"]
NOTHING: list[Any] = [None, None, None, None, None, []]


def made(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.post(LINKS, {"name": "Acme", **body})
    assert answer.status_code == 201, answer.json()
    link: dict[str, Any] = answer.json()["data"]
    return link


def refused(api: Api, **body: Any) -> tuple[int, str, list[str]]:
    """Status, message, and the fields that are named."""
    answer = api.post(LINKS, {"name": "Acme", **body})
    error = answer.json()["error"]
    assert OnboardingLink.objects.filter(name="Acme").count() <= 1
    return answer.status_code, error["message"], [one["field"] for one in error.get("details", [])]


def test_the_new_fields_stand_between_language_and_expires_at_and_read_null(api: Api) -> None:
    link = made(api)

    names = list(link)
    place = names.index("language") + 1
    assert names[place : place + len(NEW) + 1] == [*NEW, "expiresAt"]
    assert [link[name] for name in NEW] == NOTHING
    assert names[names.index("hostedUrl") + 1] == "previewUrl"
    assert link["previewUrl"].startswith(link["hostedUrl"] + "?preview=")


def test_what_was_given_reads_the_same_in_every_answer(api: Api) -> None:
    branding = {"welcomeMessage": "Hello! Good to see you.", "buttonText": "Go"}
    link = made(
        api, business=BUSINESS, displayName=" Café Río ", branding=branding,
        starterTemplates=["welcome", "start_conversation"],
    )  # fmt: skip

    detail = api.get(f"{LINKS}/{link['id']}").json()["data"]
    listed = api.get(LINKS).json()["data"][0]

    assert link["business"] == BUSINESS | {"phoneNumber": "+390669812345"}
    assert list(link["business"]) == list(BUSINESS)
    assert link["displayName"] == "Café Río"
    assert link["branding"] == {
        "logoUrl": None,
        "welcomeMessage": "Hello! Good to see you.",
        "buttonText": "Go",
        "successMessage": None,
        "failureMessage": None,
    }
    assert [row["template"] for row in link["starterTemplates"]] == ["start_conversation", "welcome"]
    for read in (detail, listed):
        assert {name: read[name] for name in NEW} == {name: link[name] for name in NEW}


def test_an_empty_object_is_nothing(api: Api) -> None:
    link = made(api, business={"name": None}, branding={}, starterTemplates=False, landingPage=False)

    assert [link[name] for name in NEW] == NOTHING


def test_fields_that_were_left_out_read_null(api: Api) -> None:
    business = made(api, business={"city": "Haifa"})["business"]

    assert business == dict.fromkeys(BUSINESS) | {"city": "Haifa"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (True, ["start_conversation", "welcome", "send_file"]),
        (["send_file", "welcome", "send_file"], ["welcome", "send_file"]),
        ([], []),
        (None, []),
    ],
)
def test_starter_templates_are_all_some_or_none(api: Api, given: Any, names: list[str]) -> None:
    rows = made(api, starterTemplates=given)["starterTemplates"]

    untouched = dict.fromkeys(("name", "languageCode", "status", "reason"))
    assert rows == [{"template": name} | untouched for name in names]


def test_a_wrong_field_of_an_object_is_named_with_its_object(api: Api) -> None:
    business = {"country": "Israel", "email": "nobody", "nmae": "x", "city": 7}

    status, _, fields = refused(api, business=business, branding={"buttonText": "x" * 51})

    assert status == 400
    assert sorted(fields) == [
        "branding.buttonText", "business.city", "business.country", "business.email", "business.nmae",
    ]  # fmt: skip


def test_a_key_that_comes_twice_in_an_object_is_named(api: Api) -> None:
    answer = api.post(LINKS, '{"name": "Acme", "business": {"city": "Haifa", "city": "Akko"}}')

    (detail,) = answer.json()["error"]["details"]
    assert (answer.status_code, detail["field"], detail["code"]) == (400, "business.city", "duplicate_key")


def test_countries_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    # Regions with a calling code of their own that ISO has not assigned: Ascension, Tristan da Cunha, Kosovo.
    assert phonenumbers.SUPPORTED_REGIONS - set(COUNTRIES) == {"AC", "TA", "XK"}
    assert all(len(code) == 2 and name for code, name in COUNTRIES.items())


# -- registered numbers ------------------------------------------------------------------------------


def test_a_link_has_its_registered_number(api: Api) -> None:
    number = registered(api.organization)

    link = made(api, registeredNumberId=str(number.pk).upper(), expectedPhoneNumber=number.phone_number)

    assert link["registeredNumberId"] == str(number.pk)


def test_a_number_that_is_unknown_or_somebody_elses_is_named(api: Api, stranger: Api) -> None:
    theirs = registered(stranger.organization)

    for given in (str(theirs.pk), str(uuid4())):
        status, _, fields = refused(api, registeredNumberId=given)
        assert (status, fields) == (400, ["registeredNumberId"])


def test_a_number_is_in_one_open_link_and_free_when_that_is_deleted(api: Api) -> None:
    number = registered(api.organization)
    first = made(api, name="first", registeredNumberId=str(number.pk))

    status, message, _ = refused(api, registeredNumberId=str(number.pk))
    assert (status, first["id"] in message) == (409, True)

    assert api.delete(f"{LINKS}/{first['id']}").status_code == 204
    assert made(api, registeredNumberId=str(number.pk))["registeredNumberId"] == str(number.pk)


def test_an_expired_link_gives_its_number_up(api: Api) -> None:
    number = registered(api.organization)
    first = made(api, name="first", registeredNumberId=str(number.pk))
    OnboardingLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    made(api, registeredNumberId=str(number.pk))

    assert api.get(f"{LINKS}/{first['id']}").json()["data"]["registeredNumberId"] is None


def test_a_registered_number_is_not_for_coexistence_nor_beside_another_expected_one(api: Api) -> None:
    number = registered(api.organization)

    with_app = refused(api, registeredNumberId=str(number.pk), mode="coexistence")
    beside = refused(api, registeredNumberId=str(number.pk), expectedPhoneNumber="+5491155559999")

    assert (with_app[0], with_app[2]) == (400, ["registeredNumberId"])
    assert (beside[0], beside[2]) == (400, ["expectedPhoneNumber"])
    assert OnboardingLink.objects.count() == 0
    assert made(api, registeredNumberId=str(number.pk))["registeredNumberId"]


# -- whether there is a landing page ---------------------------------------------------------------

FULL = {name: BUSINESS[name] for name in FOR_PAGE}


def test_a_landing_page_is_made_by_itself_and_is_the_website(api: Api) -> None:
    link = made(api, business=FULL)

    assert link["landingPageUrl"].startswith("http://localhost:8000/business/cafe-rio-sohne-")
    assert link["business"]["website"] == link["landingPageUrl"]


def test_a_website_of_its_own_stays_beside_the_landing_page(api: Api) -> None:
    link = made(api, business=BUSINESS)

    assert link["landingPageUrl"]
    assert link["business"]["website"] == BUSINESS["website"]


@pytest.mark.parametrize("missing", FOR_PAGE)
def test_without_one_of_the_three_there_is_no_page_and_asking_for_it_is_refused(
    api: Api, missing: str
) -> None:
    business = {name: value for name, value in FULL.items() if name != missing}

    assert made(api, name="other", business=business)["landingPageUrl"] is None
    assert refused(api, business=business, landingPage=True)[::2] == (400, [f"business.{missing}"])
    assert refused(api, business=FULL | {missing: None}, landingPage=True)[::2] == (
        400,
        [f"business.{missing}"],
    )


def test_a_page_of_nothing_is_refused_with_all_that_is_missing(api: Api) -> None:
    assert refused(api, landingPage=True)[::2] == (400, [f"business.{name}" for name in FOR_PAGE])


def test_a_client_can_do_without_or_insist(api: Api) -> None:
    without = made(api, business=FULL, landingPage=False)

    assert (without["landingPageUrl"], without["business"]["website"]) == (None, None)
    assert made(api, business=FULL, landingPage=True)["landingPageUrl"]
    assert made(api, business=FULL, landingPage=None)["landingPageUrl"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Café Río & Söhne", r"cafe-rio-sohne-[a-z0-9]{8}"),
        ("קפה ריו", r"[a-z0-9]{8}"),
        ("Łódź -- 24/7", r"odz-247-[a-z0-9]{8}"),
        ("x" * 100, r"x{71}-[a-z0-9]{8}"),
        ("!!!", r"[a-z0-9]{8}"),
    ],
)
def test_the_address_is_readable_as_far_as_ascii_goes(api: Api, name: str, slug: str) -> None:
    link = made(api, business=FULL | {"name": name})

    assert re.fullmatch(f"http://localhost:8000/business/{slug}", link["landingPageUrl"])
    assert len(OnboardingLink.objects.get().landing_slug or "") <= 80


def test_an_address_that_is_taken_is_not_given_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    letters: Iterator[str] = iter("aaaaaaaa" + "aaaaaaaa" + "bbbbbbbb")
    monkeypatch.setattr("secrets.choice", lambda _: next(letters))

    pages = [made(api, business=FULL)["landingPageUrl"][-8:] for _ in range(2)]

    assert pages == ["aaaaaaaa", "bbbbbbbb"]


# -- no edits ----------------------------------------------------------------------------------------


def test_a_link_cannot_be_edited(api: Api) -> None:
    link = made(api, business=BUSINESS)

    answer = api.patch(f"{LINKS}/{link['id']}", {"displayName": "Another"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert json.dumps(api.get(f"{LINKS}/{link['id']}").json()["data"]["displayName"]) == "null"
