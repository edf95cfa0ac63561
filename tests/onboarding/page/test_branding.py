"""Claims about a company's own logo and words on the page."""

from playwright.sync_api import Browser, Route, expect

from tests.onboarding.page import states
from tests.onboarding.page.world import OURS, World, picture

BOX = "element => [element.offsetWidth, element.offsetHeight]"


def test_the_companys_logo_and_words_stand_beside_our_facts(world: World, wrong: list[str]):
    hosts: set[str] = set()
    world.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    states.brand(world)

    page = world.open()

    logo = page.get_by_role("img", name="Acme Chat")
    expect(logo).to_have_js_property("naturalWidth", 400)
    expect(page.get_by_text("Welcome to Río Azul!")).to_be_visible()
    expect(page.get_by_role("button", name="Connect my number")).to_be_enabled()
    expect(page.get_by_text("Acme Chat asks you to connect")).to_be_visible()
    expect(page.get_by_text("A Facebook window opens.")).to_be_visible()
    world.sees("Connect +54 9 11 5555-1234")
    assert hosts == {"connect.test", "www.facebook.test"}
    assert wrong == []


def test_the_logos_place_is_kept_until_it_comes(world: World):
    states.brand(world)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    world.context.route(f"{OURS}/logos/**", hold)
    page = world.open()
    heading = page.get_by_role("heading", level=1)
    before = heading.bounding_box()

    held[0].fulfill(body=picture(), content_type="image/png")
    expect(page.locator(".logo img")).to_have_js_property("complete", True)

    assert page.locator(".logo img").evaluate(BOX) == [200, 60]
    assert heading.bounding_box() == before


def test_in_the_dark_the_logo_stands_on_white(world: World):
    states.brand(world)
    page = world.open()
    ground = "element => getComputedStyle(element).backgroundColor"

    page.emulate_media(color_scheme="dark")

    assert page.locator(".logo").evaluate(ground) == "rgb(255, 255, 255)"


def test_success_and_failure_say_the_companys_words_too(world: World):
    states.brand(world)

    states.success(world)
    expect(world.page.get_by_text("Ana calls you tomorrow")).to_be_visible()
    expect(world.page.get_by_text("can now receive the messages")).to_be_visible()

    states.FAILURES["failed_wrong_number"](world)
    expect(world.page.get_by_text("Write to help@rio-azul.example")).to_be_visible()
    expect(world.page.get_by_text("choose the number you were asked to connect")).to_be_visible()


def test_the_end_of_the_link_is_told_in_the_readers_own_time(browser: Browser):
    context = browser.new_context(timezone_id="America/Argentina/Buenos_Aires", locale="en-US")
    world = World(context, context.new_page())
    world.start()
    states.brand(world)

    page = world.open()

    expect(page.get_by_text("This link works until")).to_contain_text("Nov 23, 2099, 7:30")
    context.close()
