"""Claims about the preview in a browser: it shows every state, and nothing on it does anything."""

from playwright.sync_api import expect

from tests.onboarding.page import states
from tests.onboarding.page.world import OURS, World

REASON = "Preview: nothing can be started here."
HEADINGS = {
    "In progress": "Connecting your number",
    "Connected": "Your number is connected",
    "Did not work": "Facebook could not finish",
    "Opened again": "This number is already connected",
    "Expired": "This link has expired",
    "Start": "Connect +54 9 11 5555-1234",
}


def test_the_banner_leads_to_every_state_and_no_call_is_made(world: World, wrong: list[str]):
    asked: set[tuple[str, str]] = set()
    world.page.on("request", lambda request: asked.add((request.method, request.url.split("?")[0])))
    states.brand(world)
    page = world.preview()

    for name, heading in HEADINGS.items():
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        world.sees(heading)
        expect(page.get_by_text(REASON)).to_be_visible()
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")

    assert {method for method, _ in asked} == {"GET"}
    assert {url.split("/")[3] for _, url in asked} == {"signup", "static", "logos"}
    assert all(url.startswith(OURS) for _, url in asked)
    assert (world.posts, world.asked, wrong) == ([], [], [])


def test_a_button_says_why_it_does_nothing(world: World):
    states.brand(world)
    page = world.preview()
    button = page.get_by_role("button", name="Connect my number")

    expect(button).to_have_accessible_description(REASON)
    button.click(force=True)

    expect(page.get_by_role("region", name=REASON)).to_be_focused()
    assert len(page.context.pages) == 1
    page.get_by_text("I am not the admin").click()
    page.get_by_role("button", name="Copy the link").click(force=True)
    expect(page.get_by_text("The link is copied.").filter(visible=True)).to_have_count(0)
    assert world.posts == []


def test_the_ways_back_to_the_shop_lead_nowhere(world: World):
    world.columns = {"redirect_url": "https://shop.test/whatsapp"}

    for show in ("success", "failed"):
        page = world.preview(show)
        page.get_by_role("link", name="Back to Café Río").click()
        page.wait_for_timeout(100)
        assert page.url.startswith(f"{OURS}/signup/")


def test_what_was_not_given_is_shown_in_our_words(world: World):
    page = world.preview()

    world.sees("Connect your WhatsApp number")
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_visible()
    expect(page.locator(".own-words")).to_have_count(0)
    expect(page.locator(".marks")).to_be_visible()
