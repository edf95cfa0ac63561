"""Claims about who can use the page: with a keyboard, a small screen, another direction, no script."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from tests.onboarding.page.states import STATES
from tests.onboarding.page.test_pin import asking
from tests.onboarding.page.world import World


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

    STATES["steps"](world)

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
