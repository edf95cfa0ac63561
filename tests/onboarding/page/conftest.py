"""A browser, and a world for the signup page in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.onboarding.page.world import World


@pytest.fixture
def world(context: BrowserContext, page: Page) -> World:
    world = World(context, page)
    world.start()
    return world


@pytest.fixture
def in_whatsapp(browser: Browser) -> Iterator[World]:
    """The page in the browser that WhatsApp has built in."""
    context = browser.new_context(
        user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile WhatsApp/2.24"
    )
    world = World(context, context.new_page())
    world.start()
    yield world
    context.close()
