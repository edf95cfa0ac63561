"""Who can use the page: no barrier that axe-core finds, with a keyboard, on a small screen, to the left."""

from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.shared_inbox.page.world import NEWS, Desk, Inbox, picture

NAME = "Maximiliane Donaudampfschifffahrtsgesellschaftskapitän"
LONG_WORD = "https://example.com/" + "donaudampfschifffahrtsgesellschaft" * 6
# Evaluated from outside: the page's own policy lets no foreign script in.
RUN = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
WIDER = """() => [...document.querySelectorAll('button, a, p, h1, h2, h3, li, label, dd, .bubble')]
    .filter(one => one.checkVisibility() && !one.closest('.unseen, [popover], .menu')
      && (one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1))
    .map(one => one.outerHTML.slice(0, 160))"""
STATES = ("list", "thread", "menu", "attach", "files", "template", "location", "contact", "details",
          "picture", "closed", "failed", "ended")  # fmt: skip


@pytest.fixture(scope="module")
def filled(inbox: Inbox) -> Inbox:
    """Conversations with one of each kind, and one whose window is over."""
    number = inbox.number()
    for kind in ("image", "video", "voice", "document", "sticker", "location", "contacts", "flow_reply",
                 "order", "ad", "unsupported", "request_welcome", "hologram"):  # fmt: skip
        content = {"file": picture(), "mimeType": "image/png"} if kind == "image" else {}
        inbox.write(number, kind, name=NAME, **content)
    told = inbox.write(number, text=f"Look: {LONG_WORD}")["wamids"][0]
    inbox.write(number, text="That one", replyTo=told)
    inbox.write(number, "reaction", of=told, emoji="👍")
    inbox.write(f"1{number[-3:]}1131026", name="Failing", text="Hello")
    inbox.write(inbox.number(), name="Late", text="Hello", timestamp=1_700_000_000)
    return inbox


def reach(desk: Desk, state: str) -> None:
    """The page in that state, found by what is the same in every language."""
    page = desk.page
    link = desk.inbox.share()
    desk.open(link)
    page.locator(".row").first.wait_for()
    if state == "list":
        return
    if state == "closed":
        page.get_by_role("searchbox").fill("Late")
        page.wait_for_timeout(500)
    desk.row({"closed": "Late", "failed": "Failing"}.get(state, NAME)).click()
    page.locator("[data-days] .msg").first.wait_for()
    if state in {"location", "contact", "attach", "template"}:
        page.locator("[data-action=attach]").click()
    if state in {"location", "contact", "template"}:
        page.locator(f"[data-menu=attach] [data-action={state}{'s' if state == 'template' else ''}]").click()
    if state == "template":
        page.locator("[data-template-list] button", has_text="order_left").click()
    if state == "menu":
        page.locator("[data-days] .msg").last.hover()
        page.locator("[data-more]").last.click()
    if state == "details":
        page.locator(".thread [data-action=details]").click()
        page.locator("[data-facts] dd").first.wait_for()
    if state == "files":
        file: FilePayload = {"name": f"{NAME}.png", "mimeType": "image/png", "buffer": picture()}
        page.locator("[data-files]").set_input_files([file])
        page.locator("[data-chosen] li").wait_for()
    if state == "picture":
        page.locator(".frame img").click()
    if state == "failed":
        page.locator("[data-text]").fill("Hello")
        page.locator("[data-text]").press("Enter")
        page.locator(".failure").first.wait_for()
    if state == "ended":
        desk.inbox.change(link, "revoke")
        page.locator("h1[tabindex]").wait_for(timeout=NEWS)


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


def desk_in(browser: Browser, inbox: Inbox, language: str, width: int, scheme: Any) -> Desk:
    context = browser.new_context(
        locale=language, viewport={"width": width, "height": 700}, color_scheme=scheme
    )
    return Desk(context.new_page(), inbox)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        ("en", 1280, "light"),
        ("ar", 320, "dark"),
        pytest.param("fr", 800, "dark", marks=pytest.mark.long),
    ],
)
def test_a_state_has_no_barrier(
    browser: Browser, filled: Inbox, axe: str, state: str, language: str, width: int, scheme: str
):
    desk = desk_in(browser, filled, language, width, scheme)

    reach(desk, state)

    desk.page.wait_for_timeout(300)
    assert violations(desk.page, axe) == []
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    assert desk.page.evaluate(WIDER) == []
    assert desk.page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    desk.page.context.close()


def test_axe_would_find_one(desk: Desk, filled: Inbox, axe: str):
    reach(desk, "thread")
    desk.page.evaluate("document.querySelector('[data-text]').removeAttribute('aria-label')")
    desk.page.evaluate("document.querySelector('[data-text]').removeAttribute('placeholder')")

    assert any(one.startswith("label:") for one in violations(desk.page, axe))


def test_everything_can_be_done_with_a_keyboard(desk: Desk, filled: Inbox):
    desk.open()
    page, keys = desk.page, desk.page.keyboard
    page.get_by_role("searchbox").fill("Maximiliane")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("searchbox").focus()
    keys.press("Tab")
    expect(page.locator(".row")).to_be_focused()
    keys.press("Enter")
    expect(desk.text).to_be_focused(timeout=NEWS)
    desk.sees("That one")

    # Back to the messages, and up by one.
    for _ in range(2):
        keys.press("Shift+Tab")
    more = page.locator("[data-more]")
    expect(more.last).to_be_focused()
    keys.press("ArrowUp")
    expect(more.nth(-2)).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.press("End")
    keys.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    keys.press("Enter")
    expect(desk.text).to_be_focused()
    expect(page.locator("[data-answering-text]")).to_have_text("That one")
    keys.press("Escape")
    expect(page.locator("[data-answering]")).to_be_hidden()

    # A dialog gives the focus back.
    keys.press("Shift+Tab")
    keys.press("Enter")
    keys.press("End")
    keys.press("Enter")
    expect(page.get_by_role("dialog", name="Send a contact")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("button", name="Attach")).to_be_focused()


def test_a_small_screen_shows_one_thing_at_a_time(browser: Browser, filled: Inbox):
    desk = desk_in(browser, filled, "en", 320, "light")
    reach(desk, "thread")
    expect(desk.page.locator(".list-pane")).to_be_hidden()

    desk.page.get_by_role("button", name="Back to the conversations").click()

    expect(desk.page.locator(".list-pane")).to_be_visible()
    expect(desk.page.locator(".thread-pane")).to_be_hidden()
    expect(desk.row(NAME)).to_be_focused()
    desk.page.context.close()


@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "Escriba un mensaje"), ("pt", "Escreva uma mensagem"), ("he", "כתבו הודעה"),
     ("ar", "اكتب رسالة"), ("fr", "Écrivez un message")],
)  # fmt: skip
def test_the_page_speaks_the_browsers_language(browser: Browser, filled: Inbox, language: str, words: str):
    desk = desk_in(browser, filled, language, 1280, "light")

    reach(desk, "thread")

    expect(desk.page.get_by_placeholder(words)).to_be_visible()
    desk.page.context.close()
