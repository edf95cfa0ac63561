"""Claims about what is in sight: each kind of message, what was done to it, search, the 24 hours."""

import re
import time
from typing import Any

from playwright.sync_api import expect

from tests.shared_inbox.page.world import NEWS, Desk, picture

HOUR = 3600
EVIL = "<img src=x onerror=alert(1)>"
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("This one", {"file": picture(), "mimeType": "image/png", "caption": "This one"}),
    "video": ("A film", {"caption": "A film"}),
    "audio": ("Audio", {}),
    "voice": ("Voice message", {}),
    "document": ("offer.pdf", {"filename": "offer.pdf"}),
    "location": ("Café Río", {}),
    "contacts": ("Bruno Costa", {}),
    "button": ("Confirm", {}),
    "button_reply": ("Yes", {}),
    "list_reply": ("For four", {}),
    "flow_reply": ("2026-11-21", {}),
    "order": ("empanada-12 · 3.5 USD", {}),
    "ad": ("Came from an ad: Empanadas of the day", {}),
    "forwarded": ("Forwarded", {}),
    "unsupported": ("A kind of message that WhatsApp does not pass on", {}),
    "request_welcome": ("Opened the chat for the first time.", {}),
    "changed_identity": ("security code changed", {}),
    "hologram": ("A message of a kind that this page does not know: \u2068hologram\u2069", {}),
}


def test_every_kind_of_message_is_shown_and_none_breaks_the_page(desk: Desk, wrong: list[str]):
    number = desk.inbox.number()
    for kind, (_, options) in KINDS.items():
        desk.inbox.write(number, kind, name="Alma", **options)
    desk.open()

    desk.choose("Alma")

    for words, _ in KINDS.values():
        desk.sees(words)
    assert desk.page.locator("[data-days] .msg").count() == len(KINDS)
    desk.bubble("hologram").locator("summary").click()
    expect(desk.bubble("hologram").locator("pre")).to_contain_text('"id": "1"')
    loaded = desk.bubble("This one").locator("img")
    loaded.scroll_into_view_if_needed()
    desk.page.wait_for_function("image => image.naturalWidth === 320", arg=loaded.element_handle())
    desk.bubble("This one").get_by_role("button", name="This one").click()
    expect(desk.page.get_by_role("dialog", name="Picture")).to_be_visible()
    assert wrong == []


def test_what_people_write_is_never_markup(desk: Desk, wrong: list[str]):
    desk.inbox.write(desk.inbox.number(), name=f"Bo {EVIL}", text=f"*bold* {EVIL} https://example.com/a?b=1.")
    desk.open()

    desk.choose(f"Bo {EVIL}")

    desk.sees(EVIL)
    assert desk.page.locator("[onerror]").count() == 0
    expect(desk.bubble(EVIL).locator("strong")).to_have_text("bold")
    link = desk.bubble(EVIL).locator("a")
    expect(link).to_have_attribute("href", "https://example.com/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert wrong == []


def test_edits_deletions_and_reactions_are_seen_on_their_message(desk: Desk):
    number = desk.inbox.number()
    first, second, third = (
        desk.inbox.write(number, name="Cleo", text=words)["wamids"][0] for words in ("One", "Two", "Three")
    )
    desk.open()
    desk.choose("Cleo")

    desk.inbox.write(number, "edit", of=first, text="One, corrected")
    desk.inbox.write(number, "revoke", of=second)
    desk.inbox.write(number, "reaction", of=third, emoji="🎉")

    desk.sees("One, corrected")
    expect(desk.bubble("One, corrected")).to_contain_text("Edited")
    expect(desk.page.get_by_text("This message was deleted.", exact=True)).to_be_visible(timeout=NEWS)
    expect(desk.bubble("Two")).to_have_count(0)
    expect(desk.bubble("Three").locator(".reactions")).to_have_text("🎉", timeout=NEWS)
    assert desk.page.locator("[data-days] .msg").count() == 3


def test_a_message_that_answers_one_of_long_ago_leads_to_it(desk: Desk):
    number = desk.inbox.number()
    old = desk.inbox.write(number, name="Dina", text="The very first", timestamp=int(time.time()) - 30 * HOUR)
    desk.inbox.write(number, text="Filler", count=150)
    desk.inbox.write(number, text="About that", replyTo=old["wamids"][0])
    desk.open()
    desk.choose("Dina")

    expect(desk.bubble("The very first")).to_have_count(1)
    desk.bubble("About that").locator("button.quote").click()

    expect(desk.bubble("The very first").first).to_be_focused(timeout=NEWS)
    expect(desk.bubble("The very first").first).to_be_in_viewport()


def test_days_and_the_first_unread_message_are_marked(desk: Desk):
    number, now = desk.inbox.number(), int(time.time())
    for days in (9, 1, 0):
        desk.inbox.write(number, name="Emil", text=f"{days} days ago", timestamp=now - days * 24 * HOUR)
    desk.open()

    desk.choose("Emil")

    headings = desk.page.locator("[data-days] h3")
    expect(headings).to_have_count(3)
    assert headings.all_text_contents()[1:] == ["Yesterday", "Today"]
    expect(desk.page.locator(".divider")).to_have_count(1)
    expect(desk.page.locator(".divider + .msg")).to_contain_text("9 days ago")


def test_conversations_are_searched_and_paged(desk: Desk):
    first = 16319990000
    for step in range(45):
        desk.inbox.write(str(first + step), name=f"Crowd {step:02}", text="Hello")
    desk.open()
    crowd = desk.page.locator(".row", has_text="Crowd")
    expect(crowd).to_have_count(30)

    desk.page.locator("[data-list-scroll]").evaluate("list => list.scrollTop = list.scrollHeight")

    expect(crowd).to_have_count(45, timeout=NEWS)
    search = desk.page.get_by_role("searchbox")
    search.fill("crowd 17")
    expect(desk.page.locator(".row")).to_have_count(1)
    search.fill(f"+{first + 21}")
    expect(desk.page.locator(".row")).to_have_text(re.compile("Crowd 21"))
    search.fill("nobody at all")
    expect(desk.page.get_by_text("Nobody was found.")).to_be_visible()
    search.fill("")
    expect(crowd).to_have_count(45)


def test_after_24_hours_only_templates_are_offered(desk: Desk):
    number = desk.inbox.number()
    desk.inbox.write(number, name="Frida", text="Hello", timestamp=int(time.time()) - 25 * HOUR)
    desk.open()
    desk.page.get_by_role("searchbox").fill("Frida")

    desk.choose("Frida")

    expect(desk.page.get_by_text("last wrote more than 24 hours ago")).to_be_visible()
    expect(desk.text).to_be_hidden()
    desk.page.get_by_role("button", name="Choose a template").click()
    desk.page.get_by_role("button", name="welcome_back").click()
    desk.page.locator("[data-form=template]").get_by_role("button", name="Send").click()
    desk.sees("Welcome back to our shop.")
    assert desk.inbox.got(number)[0]["type"] == "template"
    desk.inbox.write(number, text="Oh, hello")
    expect(desk.text).to_be_visible(timeout=NEWS)


def test_the_reply_box_closes_when_the_window_does(desk: Desk):
    desk.page.clock.install()
    desk.inbox.write(desk.inbox.number(), name="Gita", text="Hello")
    desk.open()
    desk.choose("Gita")
    expect(desk.text).to_be_visible()

    desk.page.clock.fast_forward("24:00:30")

    expect(desk.text).to_be_hidden()
    expect(desk.page.get_by_text("last wrote more than 24 hours ago")).to_be_visible()


def test_details_are_beside_the_conversation(desk: Desk):
    number = desk.inbox.number()
    desk.inbox.write(number, name="Hugo", text="Hello")
    desk.open()
    desk.choose("Hugo")

    desk.page.get_by_role("button", name="Details", exact=True).click()

    panel = desk.page.get_by_role("region", name="Details")
    expect(panel).to_contain_text(f"+{number}")
    panel.press("Escape")
    expect(panel).to_be_hidden()


def test_one_conversation_is_left_for_another_and_drafts_stay(desk: Desk):
    for name in ("Ilse", "Jens"):
        desk.inbox.write(desk.inbox.number(), name=name, text=f"I am {name}")
    desk.open()
    desk.choose("Ilse")
    desk.text.fill("Half a thou")

    desk.choose("Jens")
    expect(desk.text).to_have_value("")
    desk.sees("I am Jens")
    desk.page.go_back()

    desk.sees("I am Ilse")
    expect(desk.text).to_have_value("Half a thou")
    expect(desk.bubble("I am Jens")).to_have_count(0)
