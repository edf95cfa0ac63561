"""Whatever somebody has in hand finds the row: our ids, Meta's, a number in any form, words."""

import uuid

import pytest

from journal.models import GraphCall
from organizations.admin.search import digits_of, our_id_of
from organizations.services import create_organization, issue_key
from tests.admin.test_pages import address
from tests.admin.world import story


@pytest.fixture
def search(staff, told):
    """Finds in the list of a row's model, among two strangers; answers the ids of what was found."""
    for name in ("Stranger Inc", "Another"):
        story(create_organization(name=name))

    def searched(row, term):
        page = staff.get(address(type(row), "changelist"), {"q": term})
        assert page.status_code == 200
        return [found.pk for found in page.context["cl"].result_list]

    return searched


def test_a_link_is_found_by_every_id_that_somebody_may_have(search, told):
    signup, phone, waba = told.signup, told.phone, told.waba
    terms = [
        told.link.pk, told.link.pk.hex, str(told.link.pk).upper(), f"  {told.link.pk} ",
        f"http://localhost:8000/signup/{told.link.pk}", signup.pk, told.failed.pk.hex, phone.pk, waba.pk,
        told.webhook.pk, waba.meta_waba_id, phone.meta_phone_number_id, told.failed.session["waba_id"],
        told.failed.session["session_id"], told.failed.error["meta"]["traceId"], signup.request_id,
        told.link.external_id, told.link.name, phone.phone_number,
        GraphCall.objects.get(link_id=told.link.pk).trace_id,
    ]  # fmt: skip

    assert {str(term): search(told.link, str(term)) for term in terms} == {
        str(term): [told.link.pk] for term in terms
    }


@pytest.mark.parametrize(
    "written",
    [
        "+54 9 11 5555 {}",
        "54 (911) 5555-{}",
        "005491155 55{}",
        "5555{}",
        "+54\u00a0911\u202f5555\u2011{}",
        "549115555{}",
    ],
)
def test_a_number_is_found_in_any_form(search, told, written):
    term = written.format(told.phone.phone_number[-4:])

    assert search(told.phone, term) == [told.phone.pk]
    assert search(told.link, term) == [told.link.pk]
    assert search(told.waba, term) == [told.waba.pk]


def test_the_number_of_a_signup_that_goes_on_finds_its_link(search, told):
    told.link.phone, told.link.status = None, "processing"
    told.link.save()

    assert search(told.link, told.phone.phone_number) == [told.link.pk]


def test_a_phone_is_found_by_our_id_and_by_metas_and_through_its_waba(search, told):
    for term in (told.phone.pk.hex, told.phone.meta_phone_number_id, told.waba.meta_waba_id, told.waba.pk):
        assert search(told.phone, str(term)) == [told.phone.pk]


def test_events_and_deliveries_are_found_by_the_events_id(search, told):
    for row in (told.event, told.delivery):
        assert search(row, told.event.pk) == [row.pk]
        assert search(row, str(told.delivery.pk)) == [row.pk]
        assert search(row, told.waba.meta_waba_id) == [row.pk]


def test_a_webhook_is_found_by_its_address_and_by_the_link_that_made_it(search, told):
    assert search(told.webhook, told.webhook.url) == [told.webhook.pk]
    assert search(told.webhook, str(told.link.pk)) == [told.webhook.pk]


def test_a_key_is_found_by_its_beginning_also_when_all_of_it_was_pasted(search, told):
    issued = issue_key(organization=told.organization, name="pasted", scopes=["read"])

    assert search(told.key, told.key.prefix) == [told.key.pk]
    assert search(told.key, issued.secret) == [issued.api_key.pk]


def test_an_external_id_of_digits_or_a_uuid_is_found_like_any_other(search, told):
    for external_id in ("20260115", str(uuid.uuid4()), "Shop 12 / (north)"):
        told.link.external_id = external_id
        told.link.save()
        assert search(told.link, external_id) == [told.link.pk]


def test_what_nobody_has_finds_nothing(search, told):
    for term in (str(uuid.uuid4()), "99999999999999", "evt_nothing", "%", "\\", "_", "x" * 500, "٣٤"):
        assert search(told.link, term) == []


def test_a_search_has_no_row_twice(search, told):
    assert search(told.link, "Caf") == list(dict.fromkeys(search(told.link, "Caf")))
    assert len(search(told.link, "Caf")) == 3


@pytest.mark.parametrize(
    ("term", "digits"),
    [
        ("+54 9 11", "54911"),
        ("00 49 30", "4930"),
        ("12a", None),
        ("", None),
        ("+", None),
        ("00", None),
        ("٣٤", None),
    ],
)
def test_digits_are_those_of_a_number_and_of_nothing_else(term, digits):
    assert digits_of(term) == digits


@pytest.mark.parametrize("term", ["", "1234", "g" * 32, "0" * 33, "12345678-1234-1234-1234-1234567890"])
def test_what_is_no_uuid_is_not_taken_for_one(term):
    assert our_id_of(term) is None


@pytest.mark.parametrize(
    "path",
    [
        "/admin/search/?q=a%00b",
        "/admin/onboarding/onboardinglink/?failure=save_waba~a%00b~-~-",
        "/admin/onboarding/onboardinglink/?last_error_code=a%00b",
        "/admin/webhooks/event/?q=a%00b",
    ],
)
def test_a_null_character_is_left_out(staff, path):
    assert staff.get(path, follow=True).status_code == 200
