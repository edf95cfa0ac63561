"""A browser, and a world for the signup page in it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.onboarding.page.world import World
from tests.services import chromium, npm


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = os.environ.get("CHROMIUM") or chromium.program()
    if program is None:
        pytest.skip("no Chromium")
    return {**browser_type_launch_args, "executable_path": program}


@pytest.fixture
def wrong(page: Page) -> list[str]:
    """What the browser's console says against the page."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    return said


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


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    return (npm.install(Path(__file__).parent) / "axe-core" / "axe.min.js").read_text()
