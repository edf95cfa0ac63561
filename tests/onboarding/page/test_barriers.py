"""Every state of the page: no barrier that axe-core finds, and nothing wider than a small screen."""

from typing import Any

import pytest

from tests.onboarding.page import states
from tests.onboarding.page.states import BRANDING, STATES
from tests.onboarding.page.world import World

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# Elements whose words are wider than their box.
CUT = """() => [...document.querySelectorAll('button, a, summary, label, p, h1, h2, li, dd')]
    .filter(one => one.checkVisibility() && !one.closest('.unseen') && one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).display !== 'inline')
    .map(one => one.outerHTML.slice(0, 200))"""
# What axe cannot decide by itself it lists as incomplete; violations are certain.
RUN = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


def every_third(language: str) -> list[Any]:
    """Each state in that language. `make test` leaves two states of three to `make test-long`."""
    return [
        pytest.param(name, language, marks=[] if place % 3 == 0 else pytest.mark.long)
        for place, name in enumerate(STATES)
    ]


def violations(world: World, axe: str) -> list[str]:
    # Evaluated from outside: the page's own policy lets no foreign script in.
    world.page.evaluate(axe)
    found: list[dict[str, Any]] = world.page.evaluate(RUN)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


@pytest.mark.parametrize(("name", "language"), [*((name, "en") for name in STATES), *every_third("ar")])
def test_a_state_has_no_barrier(world: World, wrong: list[str], axe: str, name: str, language: str):
    on_a_small_screen(world, name, language)

    assert violations(world, axe) == []
    assert world.page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert world.page.locator("h1:visible").count() == 1
    assert [line for line in wrong if "Content Security" in line] == []


@pytest.mark.parametrize(
    "name",
    ["start", "pin_wrong", "number_in_use", "verify_too_often", "waiting", "preview_failed"],
)
def test_axe_finds_no_violation_in_the_dark(world: World, axe: str, name: str):
    world.page.emulate_media(color_scheme="dark")

    STATES[name](world)

    assert violations(world, axe) == []


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("name", ["branded", "preview"])
def test_a_companys_branding_makes_no_barrier_by_day_or_night(
    world: World, axe: str, name: str, language: str
):
    world.language = language
    STATES[name](world)

    for scheme in ("light", "dark"):
        world.page.emulate_media(color_scheme=scheme)
        assert violations(world, axe) == []


def test_axe_would_find_one(world: World, axe: str):
    STATES["pin"](world)
    world.page.evaluate("document.querySelector('label[for=pin]').remove()")

    assert any(one.startswith("label:") for one in violations(world, axe))


@pytest.mark.parametrize(("name", "language"), every_third("fr"))
def test_a_state_fits_a_small_screen_in_the_longest_language(world: World, name: str, language: str):
    on_a_small_screen(world, name, language)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "words", ["W" * 200, f"{LONG} " * 2, "شركة الأمل للتجارة والتوزيع " * 7, "Río Azul & hijos, 1234. " * 8]
)
def test_the_longest_words_of_a_company_fit_a_small_screen(world: World, language: str, words: str):
    """In a script of the other direction too."""
    world.page.set_viewport_size({"width": 320, "height": 640})
    states.brand(world)
    world.language, world.name, world.organization_name = language, words, words
    world.branding = {name: words[: 50 if name == "buttonText" else 200] for name in BRANDING}

    for show in ("start", "success", "failed"):
        world.preview(show)
        fits(world)


def on_a_small_screen(world: World, name: str, language: str) -> None:
    world.page.set_viewport_size({"width": 320, "height": 640})
    world.language, world.name, world.organization_name = language, LONG, LONG
    STATES[name](world)
    fits(world)


def fits(world: World) -> None:
    assert world.page.evaluate("document.documentElement.scrollWidth") == 320
    assert world.page.evaluate(CUT) == []
