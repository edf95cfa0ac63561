"""The chat page in a real browser: a person writes, answers and sends files, and sees what comes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.messaging import ANA, Number, connected

ASK = {
    "type": "button",
    "body": {"text": "Shall we?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes, please"}}]},
}
PICTURE = {"name": "menu.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n pixels"}


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    return connected(sandbox, graph)


@pytest.fixture
def chat(browser: Browser, sandbox, number) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"{sandbox.url}/chat/{number.id}")
    yield page
    page.close()


def write(chat: Page, text: str) -> None:
    chat.get_by_label("Message", exact=True).fill(text)
    chat.get_by_role("button", name="Send").click()


def test_a_person_writes_and_sees_what_comes_by_itself(chat, sandbox, number):
    write(chat, "Are you open? <b>")
    expect(chat.locator(".theirs")).to_contain_text("Are you open? <b>")

    number.send(body="Yes, until nine")

    expect(chat.locator(".ours")).to_contain_text("Yes, until nine")
    expect(chat.locator(".ours")).to_contain_text("read")
    assert sandbox.chat(number.id, ANA)[0]["content"] == {"body": "Are you open? <b>"}


def test_a_person_answers_with_a_button_and_reacts(chat, sandbox, number):
    number.post(to=ANA, type="interactive", interactive=ASK)

    chat.get_by_role("button", name="Yes, please").click()
    expect(chat.locator(".theirs")).to_have_count(1)
    chat.get_by_role("button", name="👍").click()
    expect(chat.locator(".theirs")).to_have_count(2)

    ours, reply, reaction = sandbox.chat(number.id, ANA)
    assert reply["content"]["button_reply"] == {"id": "yes", "title": "Yes, please"}
    assert reply["context"]["id"] == ours["wamid"]
    assert reaction["content"] == {"message_id": ours["wamid"], "emoji": "👍"}


def test_a_file_is_sent_as_what_it_is(chat, sandbox, number):
    chat.get_by_label("File").set_input_files(PICTURE)
    write(chat, "The menu")

    expect(chat.locator(".theirs img")).to_have_count(1)
    (entry,) = sandbox.chat(number.id, ANA)
    assert (entry["type"], entry["content"]["caption"]) == ("image", "The menu")
    assert sandbox.world.files.get(entry["content"]["id"]) == PICTURE["buffer"]


def test_a_person_may_hide_the_number(chat, sandbox, number):
    chat.get_by_label("Hide my number").check()
    write(chat, "Guess who")

    expect(chat.locator(".theirs")).to_contain_text("Guess who")
    assert "from" not in sandbox.chat(number.id, ANA)[0]["body"]


def test_it_says_when_nobody_was_told(chat, graph, number):
    graph.call("DELETE", f"/{number.waba}/subscribed_apps", number.token)

    write(chat, "Hello?")

    expect(chat.get_by_role("status")).to_contain_text("not subscribed")


def test_it_fits_320_pixels(browser, sandbox, number):
    sandbox.write(number.id, text="W" * 300)
    number.post(to=ANA, type="interactive", interactive=ASK)
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{sandbox.url}/chat/{number.id}")

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()
