"""Claims about answering customers: what is written is seen, once, in order, and comes to the customer."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.shared_inbox.page.world import NEWS, Desk, picture

GREETING = "Hello, are you open?"


def customer(desk: Desk, name: str, **options: Any) -> str:
    """A customer who has just written; the page is open at the conversation."""
    number = desk.inbox.number()
    desk.inbox.write(number, name=name, text=GREETING, **options)
    desk.open()
    desk.choose(name)
    desk.sees(GREETING)
    return number


def test_a_new_customer_appears_by_itself_and_is_marked_read_when_looked_at(desk: Desk, wrong: list[str]):
    desk.open()
    number = desk.inbox.number()

    desk.inbox.write(number, name="Ada", text="First")
    desk.inbox.write(number, name="Ada", text="Second")

    expect(desk.row("Ada").locator(".count")).to_contain_text("2", timeout=NEWS)
    expect(desk.row("Ada")).to_contain_text("Second")
    assert not any(one["isRead"] for one in desk.inbox.chat(number, "in"))
    desk.choose("Ada")
    expect(desk.row("Ada").locator(".count")).to_have_count(0, timeout=NEWS)
    desk.inbox.product.until(lambda: desk.inbox.chat(number, "in")[-1]["isRead"])
    desk.inbox.write(number, name="Ada", text="Third")
    desk.sees("Third")
    expect(desk.page.locator("[data-said]")).to_contain_text("Third")
    desk.inbox.product.until(lambda: desk.inbox.chat(number, "in")[-1]["isRead"])
    assert wrong == []


def test_enter_sends_and_shift_enter_breaks_the_line(desk: Desk, wrong: list[str]):
    number = customer(desk, "Bela")

    desk.text.fill("One")
    desk.text.press("Shift+Enter")
    desk.text.press_sequentially("two")
    desk.text.press("Enter")

    expect(desk.text).to_have_value("")
    expect(desk.text).to_be_focused()
    desk.sees_state("two", "Read")
    assert desk.inbox.got(number)[0]["content"]["body"] == "One\ntwo"
    # What became of it is news, but no new message.
    expect(desk.page.locator("[data-said]")).to_be_empty()
    assert wrong == []


def test_messages_are_sent_in_the_order_in_which_they_were_written(desk: Desk):
    number = customer(desk, "Cleo")

    for place in range(6):
        desk.say(f"Line {place}")

    desk.sees_state("Line 5", "Read")
    assert [one["content"]["body"] for one in desk.inbox.got(number, 6)] == [f"Line {n}" for n in range(6)]
    shown = desk.page.locator(".msg.out .words").all_text_contents()
    assert shown == [f"Line {n}" for n in range(6)]


def test_a_reply_names_the_message_that_it_answers(desk: Desk):
    number = customer(desk, "Dora")

    desk.menu(GREETING).get_by_role("menuitem", name="Reply").click()
    expect(desk.text).to_be_focused()
    desk.say("Until seven")

    expect(desk.bubble("Until seven").locator(".quote")).to_contain_text(GREETING)
    sent = desk.inbox.got(number)[0]
    assert sent["context"]["message_id"] == desk.inbox.chat(number, "in")[0]["wamid"]
    desk.say("And tomorrow too")
    assert not desk.inbox.got(number, 2)[1]["context"]


def test_a_reaction_is_shown_on_its_message_and_taken_back(desk: Desk, wrong: list[str]):
    number = customer(desk, "Edda")
    reactions = desk.bubble(GREETING).locator(".reactions")

    desk.menu(GREETING).get_by_role("menuitemradio", name="👍").click()

    expect(reactions).to_have_text("👍")
    assert desk.inbox.got(number)[0]["content"]["emoji"] == "👍"
    chosen = desk.menu(GREETING).get_by_role("menuitemradio", name="👍")
    expect(chosen).to_have_attribute("aria-checked", "true")
    chosen.click()
    expect(reactions).to_have_count(0)
    assert desk.inbox.got(number, 2)[1]["content"]["emoji"] == ""
    expect(desk.page.locator(".msg")).to_have_count(1)
    assert wrong == []


def test_chosen_files_get_captions_and_arrive(desk: Desk, wrong: list[str]):
    number = customer(desk, "Fritz")
    files: list[FilePayload] = [
        {"name": "chair.png", "mimeType": "image/png", "buffer": picture()},
        {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 the offer"},
    ]

    desk.page.locator("[data-files]").set_input_files(files)
    desk.page.get_by_label("Caption: chair.png").fill("In green")
    desk.page.locator("[data-form=files]").get_by_role("button", name="Send").click()

    desk.sees_state("offer.pdf", "Read")
    image, document = desk.inbox.got(number, 2)
    assert (image["type"], image["content"]["caption"]) == ("image", "In green")
    assert (document["type"], document["content"]["filename"]) == ("document", "offer.pdf")
    desk.page.reload()
    shown = desk.bubble("In green").locator("img")
    expect(shown).to_be_visible(timeout=NEWS)
    desk.page.wait_for_function("image => image.naturalWidth === 320", arg=shown.element_handle())
    with desk.page.expect_download() as download:
        desk.bubble("offer.pdf").locator("a.file").click()
    assert download.value.path().read_bytes() == b"%PDF-1.4 the offer"
    assert wrong == []


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_file_can_be_dropped_and_pasted(desk: Desk, way: str):
    number = customer(desk, f"Gerda {way}")
    given = desk.page.evaluate_handle(
        """bytes => { const all = new DataTransfer();
        all.items.add(new File([new Uint8Array(bytes)], 'shot.png', {type: 'image/png'})); return all; }""",
        list(picture()),
    )

    if way == "drop":
        for event in ("dragover", "drop"):
            desk.page.dispatch_event("[data-scroll]", event, {"dataTransfer": given})
    else:
        desk.page.evaluate(
            "all => document.querySelector('[data-text]').dispatchEvent("
            "new ClipboardEvent('paste', {clipboardData: all, bubbles: true, cancelable: true}))",
            given,
        )
    desk.page.locator("[data-form=files]").get_by_role("button", name="Send").click()

    assert desk.inbox.got(number)[0]["type"] == "image"
    expect(desk.page.locator(".msg.out img")).to_be_visible()


def test_a_picture_that_whatsapp_does_not_take_becomes_one_that_it_takes(desk: Desk):
    number = customer(desk, "Henk")
    webp = desk.page.evaluate(
        """async () => { const canvas = document.createElement('canvas');
        canvas.getContext('2d').fillRect(0, 0, 9, 9);
        const blob = await new Promise(done => canvas.toBlob(done, 'image/webp'));
        return [...new Uint8Array(await blob.arrayBuffer())]; }"""
    )

    file: FilePayload = {"name": "a.webp", "mimeType": "image/webp", "buffer": bytes(webp)}
    desk.page.locator("[data-files]").set_input_files([file])
    desk.page.locator("[data-form=files]").get_by_role("button", name="Send").click()

    assert desk.inbox.got(number)[0]["type"] == "image"


def test_a_template_is_filled_in_seen_and_sent(desk: Desk, wrong: list[str]):
    number = customer(desk, "Ines")

    desk.attach("Template")
    desk.page.get_by_role("button", name=re.compile("order_left")).click()
    desk.page.get_by_label("Text: \u2068{{1}}\u2069").fill("Ines")
    expect(desk.page.locator("[data-template-preview]")).to_contain_text("Hello Ines, order {{2}} left.")
    desk.page.get_by_label("Text: \u2068{{2}}\u2069").fill("777")
    desk.page.get_by_label("Link of “\u2068Track\u2069”").fill("t777")
    desk.page.locator("[data-form=template]").get_by_role("button", name="Send").click()

    desk.sees_state("Hello Ines, order 777 left.", "Read")
    sent = desk.inbox.got(number)[0]["content"]
    assert sent["name"] == "order_left"
    assert [part["type"] for part in sent["components"]] == ["body", "button"]
    assert sent["components"][1]["parameters"] == [{"type": "text", "text": "t777"}]
    assert wrong == []


def test_a_place_and_a_person_are_sent(desk: Desk):
    number = customer(desk, "Juri")

    desk.attach("Location")
    desk.page.get_by_label("Latitude").fill("-34,6")
    desk.page.get_by_label("Longitude").fill("-58.38")
    desk.page.get_by_label("Name of the place (optional)").fill("The shop")
    desk.page.locator("[data-form=location]").get_by_role("button", name="Send").click()
    desk.attach("Contact")
    desk.page.locator("[data-form=contact]").get_by_label("Name").fill("Eve")
    desk.page.get_by_label("Phone number").fill("+44 20 7946 0000")
    desk.page.locator("[data-form=contact]").get_by_role("button", name="Send").click()

    place, person = desk.inbox.got(number, 2)
    assert place["content"] == {"latitude": -34.6, "longitude": -58.38, "name": "The shop"}
    assert person["content"][0]["name"]["formatted_name"] == "Eve"
    desk.sees("The shop")
    desk.sees("+44 20 7946 0000")


@pytest.mark.parametrize("way", ["by itself", "by its writer"])
def test_what_did_not_get_through_is_said_and_tried_again_once(desk: Desk, way: str):
    number = customer(desk, f"Kaja {way}")
    if way == "by itself":
        desk.page.context.set_offline(True)
    else:
        desk.page.route("**/messages", lambda route: route.abort("connectionrefused"))

    desk.say("Are you there?")
    desk.sees_state("Are you there?", "On its way")
    expect(desk.bubble("Are you there?")).to_contain_text("It did not get through", timeout=30_000)
    if way == "by itself":
        desk.page.context.set_offline(False)
    else:
        desk.page.unroute("**/messages")
        desk.bubble("Are you there?").get_by_role("button", name="Try again").click()

    desk.sees_state("Are you there?", "Read")
    assert len(desk.inbox.got(number)) == 1
    assert desk.bubble("Are you there?").count() == 1


def test_an_answer_that_was_lost_is_not_sent_twice(desk: Desk):
    number = customer(desk, "Lars")
    lost: list[Any] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort("connectionreset")
        else:
            route.fallback()

    desk.page.route("**/messages", lose)
    desk.say("Only once")

    desk.sees_state("Only once", "Read")
    desk.page.wait_for_timeout(5000)
    assert lost
    assert len(desk.inbox.got(number)) == 1
    assert desk.bubble("Only once").count() == 1


def test_a_message_that_failed_says_why_and_can_be_sent_again(desk: Desk):
    number = f"1{desk.inbox.number()[-3:]}1131026"
    desk.inbox.write(number, name="Mona", text=GREETING)
    desk.open()
    desk.choose("Mona")

    desk.say("Hello?")

    desk.sees_state("Hello?", "Not delivered")
    expect(desk.bubble("Hello?")).to_contain_text("This person cannot get it", timeout=NEWS)
    desk.bubble("Hello?").get_by_role("button", name="Try again").click()
    expect(desk.bubble("Hello?")).to_have_count(2)


def test_what_is_refused_at_once_says_why(desk: Desk):
    number = f"1{desk.inbox.number()[-3:]}0131047"
    desk.inbox.write(number, name="Nora", text=GREETING)
    desk.open()
    desk.choose("Nora")

    desk.say("Hello?")

    expect(desk.bubble("Hello?")).to_contain_text("More than 24 hours have passed", timeout=NEWS)
    desk.page.wait_for_timeout(5000)
    assert desk.bubble("Hello?").count() == 1
