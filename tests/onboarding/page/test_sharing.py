"""Claims about the way out for who cannot connect the number: the same link for somebody else."""

import re

import pytest
from playwright.sync_api import expect

from tests.onboarding.page.world import LINK, OURS, World

ADDRESS = f"{OURS}/signup/{LINK}"
QR = "QR code of this link"


def test_who_is_not_the_admin_finds_the_link_to_copy_and_to_share(world: World):
    world.page.add_init_script("navigator.share = async given => { window.shared = given; throw 'closed'; }")
    page = world.open()
    box = page.locator(".not-admin")
    expect(box.get_by_text(ADDRESS)).to_be_hidden()

    page.get_by_text("I am not the admin").click()
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Share the link").click()

    expect(page.get_by_text("full control of your business at Facebook. They")).to_be_visible()
    expect(box.get_by_text(ADDRESS)).to_be_visible()
    expect(box.get_by_text("The link is copied.")).to_be_visible()
    shared = page.evaluate("window.shared")
    assert shared["url"] == ADDRESS
    assert shared["title"] == "Connect WhatsApp · Acme Chat"
    assert shared["text"].startswith("Acme Chat asks us to connect our WhatsApp number.")
    assert [name for name, _ in world.posts if name != "opened"] == []


def test_sharing_is_offered_only_where_the_browser_can(world: World):
    world.page.add_init_script("delete Navigator.prototype.share")
    page = world.open()

    page.get_by_text("I am not the admin").click()

    expect(page.get_by_role("button", name="Copy the link")).to_be_visible()
    expect(page.get_by_role("button", name="Share the link")).to_be_hidden()


@pytest.mark.parametrize(("width", "is_shown"), [(1280, True), (320, False)])
def test_a_large_screen_shows_the_qr_code_at_once(world: World, width: int, is_shown: bool):
    world.page.set_viewport_size({"width": width, "height": 800})
    page = world.open()

    page.get_by_text("I am not the admin").click()

    expect(page.get_by_role("img", name=QR)).to_be_visible(visible=is_shown)
    if not is_shown:
        page.locator(".not-admin").get_by_text("Show a QR code").click()
        expect(page.get_by_role("img", name=QR)).to_be_visible()


def test_the_keyboard_finds_the_way_out(world: World):
    page = world.open()
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_text("I am not the admin")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("button", name=re.compile("Copy the link"))).to_be_focused()
