"""A product with a connected number, once for all tests of the page, and a browser."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from config.settings import BASE_DIR
from tests.e2e.product import Product
from tests.services import chromium, npm
from tests.shared_inbox.page.world import Desk, Inbox, connected


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = os.environ.get("CHROMIUM") or chromium.program()
    if program is None:
        pytest.skip("no Chromium")
    return {**browser_type_launch_args, "executable_path": program}


@pytest.fixture(scope="session")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """The one process of `make run`. Tests open more pages than a person does."""
    many = {"SHARED_INBOX_OPENINGS": "10000", "SHARED_INBOX_RATE_LIMIT": "10000"}
    product = Product(tmp_path_factory.mktemp("inbox"), embedded=True, settings=many)
    try:
        product.start()
        yield connected(product)
    finally:
        product.stop()


@pytest.fixture
def wrong(page: Page) -> list[str]:
    """What the browser's console says against the page."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    return said


@pytest.fixture
def desk(page: Page, inbox: Inbox) -> Desk:
    return Desk(page, inbox)


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    folder = BASE_DIR / "tests" / "onboarding" / "page"
    return (npm.install(folder) / "axe-core" / "axe.min.js").read_text()
