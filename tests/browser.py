"""The browser of every test that has one: the machine's Chromium, what it complains of, and axe-core."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.services import chromium, npm

AXE = Path(__file__).parent / "onboarding" / "page"


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


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    return (npm.install(AXE) / "axe-core" / "axe.min.js").read_text()
