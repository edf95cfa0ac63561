"""The one search box: straight to the row, or what was found by kind; and only what the user may see."""

import pytest
from django.contrib.auth.models import Permission

from inbox.models import Contact
from journal.models import GraphCall
from onboarding.models import SharedWaba
from organizations.admin.cells import admin_url
from organizations.services import create_organization
from tests.admin.world import story

SEARCH = "/admin/search/"


@pytest.fixture
def found(staff, told):
    """Searches among two strangers: where it led to, or the rows by kind."""
    for name in ("Stranger Inc", "Another"):
        story(create_organization(name=name))

    def searched(term, client=staff):
        page = client.get(SEARCH, {"q": str(term)})
        if page.status_code == 302:
            return page["Location"]
        return {group.title: [hit.url for hit in group.hits] for group in page.context["groups"]}

    return searched


def test_what_is_of_one_row_only_leads_straight_to_it(found, told):
    terms = {
        told.link: [told.link.pk, told.link.pk.hex, f"https://x.test/signup/{told.link.pk}", told.signup.pk,
                    told.failed.error["meta"]["traceId"], told.failed.session["session_id"],
                    told.signup.request_id, GraphCall.objects.get(link_id=told.link.pk).trace_id],
        told.phone: [told.phone.pk, told.phone.meta_phone_number_id],
        told.waba: [told.waba.pk, told.waba.meta_waba_id, told.waba.owner_business_id],
        told.organization: [told.organization.pk],
        told.webhook: [told.webhook.pk, told.webhook.url],
        told.delivery: [told.delivery.pk],
        told.event: [told.event.pk],
    }  # fmt: skip

    for row, written in terms.items():
        assert {str(term): found(term) for term in written} == {str(term): admin_url(row) for term in written}


@pytest.mark.parametrize("form", ["+54 9 11 5555 {}", "54 (911) 5555-{}", "005491155 55{}"])
def test_a_number_in_any_form_finds_its_links_and_itself(found, told, form):
    assert found(form.format(told.phone.phone_number[-4:])) == {
        "Onboarding links": [admin_url(told.link)], "Phone numbers": [admin_url(told.phone)],
    }  # fmt: skip


def test_a_number_as_it_is_dialled_at_home_is_found(found, told):
    assert admin_url(told.phone) in found(f"0911 5555 {told.phone.phone_number[-4:]}")["Phone numbers"]


@pytest.mark.parametrize("then", ["Step: register_phone", "Error de Meta: 133005", "Étape: x"])
def test_the_block_of_details_leads_to_its_link_whatever_follows_the_id(found, told, then):
    """A box of one line takes the breaks out of what is pasted."""
    assert found(f"Error: ENTER_PINLink: {told.link.pk}{then}") == admin_url(told.link)


def test_an_account_that_waits_for_support_is_found_by_metas_ids_and_a_settled_one_is_not(found, told):
    shared = SharedWaba.objects.get(signup=told.signup)
    assert found(shared.meta_waba_id) == admin_url(told.waba)

    SharedWaba.objects.filter(pk=shared.pk).update(meta_waba_id="777000111222333", outcome="several")

    assert found("777000111222333") == admin_url(shared)


def test_the_customers_own_id_finds_link_and_number(found, told):
    assert found(told.link.external_id) == {
        "Onboarding links": [admin_url(told.link)], "Phone numbers": [admin_url(told.phone)],
    }  # fmt: skip


def test_words_and_parts_are_looked_for_where_nothing_matches_whole(found, told):
    assert admin_url(told.link) in found(told.link.name.lower())["Onboarding links"]
    assert len(found("5555")["Phone numbers"]) == 3
    assert found("nothing at all like this") == {}
    assert found("") == {}


def test_a_person_is_found_by_the_whatsapp_id(found, told):
    contact = Contact.objects.get(phone=told.phone)

    assert found(contact.wa_id) == admin_url(contact)


def test_only_kinds_that_the_user_may_see_are_looked_at(found, told, client, django_user_model):
    looker = django_user_model.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_phonenumber"))
    client.force_login(looker)

    assert found(told.link.pk, client) == {}
    assert found(told.phone.phone_number, client) == admin_url(told.phone)


def test_an_outsider_is_sent_to_the_login(client, db):
    assert client.get(SEARCH, {"q": "x"}).status_code == 302
    assert "/login/" in client.get(SEARCH, {"q": "x"})["Location"]


def test_the_box_stands_on_every_page(staff, told):
    for url in ("/admin/", admin_url(told.link), SEARCH):
        assert 'role="search" id="site-search"' in staff.get(url).content.decode()


def test_what_was_searched_is_escaped(staff, told):
    page = staff.get(SEARCH, {"q": "<script>alert(1)</script>"}).content.decode()

    assert "<script>alert" not in page
