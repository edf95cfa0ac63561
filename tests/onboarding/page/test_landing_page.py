"""The landing page in a browser: no barrier, no script, nothing cut off on a small screen, and on paper."""

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from onboarding.models import OnboardingLink
from onboarding.services import create_link
from organizations.services import create_organization
from tests.onboarding.page.test_barriers import CUT, RUN
from tests.onboarding.prefill import BUSINESS

pytestmark = pytest.mark.django_db(transaction=True)
LONG = {
    "name": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft GmbH",
    "address": "Unterdonaudampfschifffahrtsgesellschaftsplatz 7b, Hinterhof links\nzweites Stockwerk",
    "email": f"{'office' * 10}@{'long' * 15}.example.com",
    "website": "https://www.example.com/" + "schifffahrt/" * 20,
    "description": "Wir fahren seit 1829. " * 20,
}
ARABIC = {
    "name": "مقهى النهر للتجارة العامة",
    "address": "شارع الملك فيصل 12",
    "addressLine2": None,
    "city": "عمّان",
    "state": None,
    "country": "JO",
    "description": "قهوة منذ 1987.",
}
BUSINESSES: dict[str, dict[str, Any]] = {"whole": {}, "long": LONG, "arabic": ARABIC}


def opened(
    browser: Browser, url: str, *, width: int, scheme: Any, language: str, business: dict[str, Any]
) -> Page:
    link: OnboardingLink = create_link(
        organization=create_organization(name="Acme CRM"),
        name="Acme",
        language=language,
        business={name: value for name, value in (BUSINESS | business).items() if value},
    )
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/business/{link.landing_slug}")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(
    ("name", "language"), [("whole", "en"), ("long", "fr"), ("arabic", "ar"), ("whole", "he")]
)
def test_the_landing_page_has_no_barrier(
    browser: Browser, live_server: Any, axe: str, name: str, language: str, width: int, scheme: str
) -> None:
    page = opened(
        browser, live_server.url, width=width, scheme=scheme, language=language, business=BUSINESSES[name]
    )

    if folder := os.environ.get("LANDING_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}_{language}_{width}_{scheme}.png", full_page=True)
    page.evaluate(axe)
    assert page.evaluate(RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT) == []
    assert page.evaluate("getComputedStyle(document.querySelector('main')).borderTopWidth") == "4px"
    page.context.close()


def test_the_landing_page_asks_for_its_style_and_nothing_else(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    link = create_link(
        organization=create_organization(name="Acme CRM"), name="Acme", business=BUSINESS, landing_page=True
    )
    page = context.new_page()

    page.goto(f"{live_server.url}/business/{link.landing_slug}")

    assert [url.removeprefix(live_server.url) for url in asked] == [
        f"/business/{link.landing_slug}", "/static/onboarding/landing.css",
    ]  # fmt: skip
    assert page.get_by_role("heading", level=1).inner_text() == BUSINESS["name"]
    context.close()


def test_the_landing_page_is_one_sheet_of_paper(browser: Browser, live_server: Any) -> None:
    page = opened(browser, live_server.url, width=1280, scheme="dark", language="fr", business=LONG)
    page.emulate_media(media="print")

    colours = page.evaluate("['color', 'backgroundColor'].map(one => getComputedStyle(document.body)[one])")
    pages = page.pdf(path=os.environ.get("LANDING_PDF"), format="A4").count(b"/Type /Page\n")

    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert pages == 1
    page.context.close()
