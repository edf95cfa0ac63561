"""The pages in a browser, under the site's own Content-Security-Policy."""

import pytest
from playwright.sync_api import Page, expect

from onboarding.models import OnboardingLink
from tests.admin.test_pages import OURS, address


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser says against a page: scripts that fail, and what the policy forbids."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("console", lambda line: said.append(f"{page.url}: {line.text}") if line.type == "error" else None)
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    return said


@pytest.fixture
def signed_in(page: Page, live_server, staff_user) -> Page:
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("sandra")
    page.get_by_label("Password").fill("opensesame")
    page.get_by_role("button", name="Log in").click()
    return page


def addresses():
    yield from ("/admin/", "/admin/organizations/apikey/add/", "/admin/onboarding/onboardinglink/add/")
    for model in OURS:
        yield address(model, "changelist")
        row = model._default_manager.all()[0]
        yield address(model, "change", row.pk)
        if model is OnboardingLink:
            yield address(model, "history", row.pk)
            yield address(model, "delete", row.pk)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_breaks_the_policy_or_is_wider_than_its_window(
    signed_in, live_server, told, complaints, width
):
    signed_in.set_viewport_size({"width": width, "height": 900})

    for path in addresses():
        signed_in.goto(live_server.url + path)
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width, path

    assert complaints == []


def test_the_organization_of_a_new_key_is_chosen_by_typing(signed_in, live_server, organization, complaints):
    signed_in.goto(live_server.url + "/admin/organizations/apikey/add/")

    signed_in.get_by_role("combobox").first.click()
    signed_in.get_by_role("searchbox").last.fill("acm")
    signed_in.get_by_role("option", name="Acme CRM").click()
    signed_in.get_by_label("Name:").fill("server")
    signed_in.get_by_label("Reason:").fill("Asked for.")
    signed_in.get_by_role("button", name="Issue the key").click()

    expect(signed_in.get_by_text("never again")).to_be_visible()
    assert complaints == []


def test_an_id_is_copied_by_its_button(signed_in, live_server, told, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    signed_in.goto(live_server.url + address(type(told.phone), "change", told.phone.pk))

    signed_in.locator(".field-our_id").get_by_role("button", name="Copy").click()

    expect(signed_in.get_by_role("button", name="Copied")).to_be_visible()
    assert signed_in.evaluate("navigator.clipboard.readText()") == str(told.phone.pk)
