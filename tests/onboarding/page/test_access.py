"""Claims about who can use the page: with a keyboard, a small screen, another direction, no script."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from tests.onboarding.page.test_pin import asking
from tests.onboarding.page.world import BACK, ONWARD, World, error, progress

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def start(world: World) -> None:
    world.open()
    world.sees("Connect your WhatsApp number")


def blocked(world: World) -> None:
    world.sdk = None
    world.open()
    world.sees("Facebook could not be loaded")


def window(world: World) -> None:
    world.open()
    world.click()
    world.sees("Go on in the Facebook window")


def steps(world: World) -> None:
    world.status = progress(running="save_phone")
    world.open("processing")
    expect(world.page.get_by_role("listitem")).to_have_count(6)


def pin(world: World) -> None:
    world.status = asking()
    world.open("processing")
    world.sees("Enter the PIN of your number")


def failed(world: World) -> None:
    problem = error("CONFIGURATION", canRetry=False, backUrl=BACK)
    world.status = progress("pending", error=problem)
    world.open("processing")
    world.sees("Title of CONFIGURATION")
    world.page.locator('[data-view="failed"]').get_by_text("Details for support").click()


def success(world: World) -> None:
    world.page.clock.install()
    world.status = progress("completed", redirectUrl=ONWARD)
    world.open("processing")
    world.sees("Your number is connected")


def expired(world: World) -> None:
    world.open("expired")


VIEWS = [start, blocked, window, steps, pin, failed, success, expired]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_view_fits_a_screen_of_320_pixels(
    world: World, wrong: list[str], view: Callable[[World], None], language: str
):
    world.page.set_viewport_size({"width": 320, "height": 640})
    world.language, world.name, world.organization_name = language, LONG, LONG

    view(world)

    assert world.page.evaluate("document.dir || document.documentElement.dir") == (
        "rtl" if language == "ar" else "ltr"
    )
    assert world.page.evaluate("document.documentElement.scrollWidth") == 320
    assert [line for line in wrong if "Content Security" in line] == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_one_heading_and_names_its_controls(world: World, view: Callable[[World], None]):
    view(world)

    expect(world.page.get_by_role("heading", level=1)).to_have_count(1)
    # All at one moment: a view with a countdown changes while one after the other is looked at.
    controls = world.page.locator("button:visible, a:visible, input:visible, summary:visible").evaluate_all(
        "all => all.map(one => [(one.labels?.[0] ?? one).textContent.trim(), one.tabIndex])"
    )
    assert all(name and tab_index == 0 for name, tab_index in controls), controls


def test_a_new_view_has_the_focus_on_its_heading(world: World):
    world.open()
    window = world.click()
    heading = world.page.get_by_role("heading", level=1)
    expect(heading).to_be_focused()

    world.status = asking()
    world.login("the-code")

    expect(heading).to_have_text("Enter the PIN of your number")
    expect(heading).to_be_focused()
    assert window.is_closed()


def test_the_keyboard_is_enough(world: World):
    page = world.open()
    button = page.get_by_role("button", name="Continue with Facebook")
    expect(button).to_be_enabled()
    page.keyboard.press("Tab")

    expect(button).to_be_focused()
    assert button.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    with page.expect_popup():
        page.keyboard.press("Enter")

    assert world.wait_for("start")


def test_nothing_moves_for_those_who_asked_for_that(world: World):
    world.page.emulate_media(reduced_motion="reduce")

    steps(world)

    spinner = world.page.locator(".step .spinner")
    assert spinner.evaluate("element => getComputedStyle(element).animationName") == "none"


def test_without_javascript_the_page_says_what_is_missing(browser: Browser):
    context = browser.new_context(java_script_enabled=False)
    world = World(context, context.new_page())
    world.start()

    world.open()

    world.sees("JavaScript is turned off")
    expect(world.page.get_by_role("button", name="Continue with Facebook")).to_be_disabled()
    context.close()


def test_over_http_the_page_makes_uuids_all_the_same(world: World):
    world.page.add_init_script("delete Crypto.prototype.randomUUID")

    world.open()

    signup_id = world.wait_for("opened")["signupId"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", signup_id)


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_told_in_words():
    answer = Client().get("/signup/nothing")

    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()
