"""Claims about a number that is added or proven in the page."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.onboarding.page.world import RUNNING, World, error, progress, refusal

TYPED = "+34 612 345 678"
NO_NUMBER = error("NO_PHONE_NUMBER")
ADD = {"actor": "end_user", "code": "ADD_NUMBER", "message": "A number please."}


def lacking(action: dict[str, Any]) -> dict[str, Any]:
    """The status of a pending link whose signup ended without a number."""
    return progress("pending", error=NO_NUMBER, nextAction=action)


def verifying(sent_at: str | None = None, status: str = "processing") -> dict[str, Any]:
    """The status while the number has to be proven."""
    action = {"actor": "end_user", "code": "VERIFY_NUMBER", "message": "Prove it.", "codeSentAt": sent_at}
    if status == "pending":
        return lacking(action)
    told = progress(status, running="register_phone", nextAction=action)
    told["steps"][4]["status"] = "needs_customer"
    return told


def invalid(field: str) -> dict[str, Any]:
    return refusal("VALIDATION_ERROR", details=[{"field": field, "message": "m", "code": "invalid"}])


def asked_for_a_number(world: World) -> Page:
    world.status = lacking(ADD)
    page = world.open(signupId=RUNNING, error=NO_NUMBER, nextAction=ADD)
    world.sees("Add your phone number")
    return page


def asked_for_a_code(world: World, status: str = "processing") -> Page:
    world.status = verifying("2026-11-20T10:00:00.000Z", status)
    page = world.open("processing")
    world.sees("Confirm your phone number")
    return page


def fill(page: Page, number: str = TYPED, name: str = "Café Río") -> None:
    page.get_by_label("Phone number, with the country code").fill(number)
    page.get_by_label("Name that your customers see").fill(name)
    page.get_by_role("button", name="Send the code").click()


def test_a_number_is_added_and_then_proven(world: World):
    page = asked_for_a_number(world)
    page.get_by_label("By a phone call").check()
    world.status = verifying("2026-11-20T10:00:00.000Z", "pending")

    fill(page)

    assert world.wait_for("number") == {
        "signupId": RUNNING, "phoneNumber": "+34612345678", "displayName": "Café Río", "method": "VOICE",
    }  # fmt: skip
    world.sees("Confirm your phone number")
    expect(page.get_by_text(TYPED)).to_be_visible()
    world.status = progress(running="save_waba")
    page.get_by_label("Code, six digits").fill("123-456")
    page.get_by_role("button", name="Confirm the number").click()
    assert world.wait_for("verify-code") == {"signupId": RUNNING, "code": "123456"}
    world.sees("Connecting your number")


def test_after_the_sign_in_a_missing_number_is_asked_for_in_the_same_page(world: World):
    world.open()
    world.click()
    world.status = lacking(ADD)

    world.login("the-code")

    world.sees("Add your phone number")
    expect(world.page.get_by_role("heading", level=1)).to_be_focused()


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("0034 612 345 678", "+34612345678"),
        ("\u202a+34 612\u00a0345\u2011678\u202c", "+34612345678"),
        ("+٣٤٦١٢٣٤٥٦٧٨", "+34612345678"),
        ("+1 (202) 555-0143", "+12025550143"),
    ],
)
def test_a_number_is_taken_as_people_write_and_copy_it(world: World, typed: str, sent: str):
    page = asked_for_a_number(world)

    fill(page, typed)

    assert world.wait_for("number")["phoneNumber"] == sent


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        ("612 345 678", "Café", "Please begin with + and the code of your country."),
        ("+34 6", "Café", "This is not a complete phone number."),
        (TYPED, "  ", "Please enter the name of your business."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_before_it_is_sent(
    world: World, number: str, name: str, said: str
):
    page = asked_for_a_number(world)

    fill(page, number, name)

    expect(page.get_by_text(said)).to_be_visible()
    wrong = page.locator("input[aria-invalid=true]")
    expect(wrong).to_be_focused()
    assert wrong.evaluate("one => document.getElementById(one.ariaDescribedByElements.at(-1).id).innerText")
    assert world.sent("number") == []


@pytest.mark.parametrize(
    ("answer", "said", "field"),
    [
        ((422, refusal("NUMBER_IN_USE")), "WhatsApp uses this number elsewhere", "phone-number"),
        ((422, refusal("WRONG_NUMBER")), "This link was made for another number", "phone-number"),
        ((422, refusal("CODE_NOT_SENT")), "No code could be sent to this number", "phone-number"),
        (
            (400, invalid("phoneNumber")),
            "This is not a complete phone number",
            "phone-number",
        ),
        (
            (400, invalid("displayName")),
            "Please enter the name of your business",
            "display-name",
        ),
        (
            (422, refusal("META_REFUSED", message="Name not allowed.", meta={"code": 100})),
            "Name not allowed.",
            None,
        ),
        ((502, refusal("META_ERROR")), "That could not be sent", None),
    ],
)  # fmt: skip
def test_a_refusal_is_said_where_it_belongs_and_what_was_typed_stays(
    world: World, answer: tuple[int, dict[str, Any]], said: str, field: str | None
):
    page = asked_for_a_number(world)
    world.answers["number"] = [answer]

    fill(page)

    expect(page.get_by_text(said).locator("visible=true")).to_have_count(1)
    expect(page.get_by_label("Phone number, with the country code")).to_have_value(TYPED)
    if field:
        expect(page.locator(f"#{field}")).to_be_focused()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert len(world.sent("number")) == 1


def test_a_number_of_whatsapp_manager_is_looked_for_again(world: World):
    page = asked_for_a_number(world)
    world.status = progress()

    page.get_by_role("button", name="I added it: look again").click()

    assert world.wait_for("check") == {"signupId": RUNNING}
    world.sees("Connecting your number")
    world.status = lacking(ADD)
    world.sees("No number was found yet")
    expect(page.get_by_role("heading", name="No number was found yet")).to_be_focused()


def test_signing_in_again_is_another_signup_and_can_be_given_up(world: World):
    page = asked_for_a_number(world)

    world.click("Sign in again")
    world.login(None)
    world.sees("Not connected yet")
    assert world.wait_for("start")["signupId"] != RUNNING
    page.get_by_role("button", name="Add a number without signing in again").click()

    world.sees("Add your phone number")
    fill(page)
    assert world.wait_for("number")["signupId"] == RUNNING


def test_before_the_first_code_the_page_asks_how_it_shall_come(world: World):
    world.status = verifying()
    page = world.open("processing")
    expect(page.get_by_label("Code, six digits")).to_be_hidden()

    page.get_by_role("button", name="Call me with the code").click()
    assert world.wait_for("request-code") == {"signupId": RUNNING, "method": "VOICE"}
    world.status = verifying("2026-11-20T10:00:00.000Z")

    expect(page.get_by_label("Code, six digits")).to_be_focused()


def test_another_code_can_be_sent_after_half_a_minute_in_sight(world: World):
    world.page.clock.install(time="2026-11-20T10:00:10Z")
    page = asked_for_a_code(world)
    again = page.get_by_role("button", name="Send it by text message")

    expect(page.get_by_text(re.compile(r"Another code can be sent in (19|20) s\."))).to_be_visible()
    expect(again).to_be_disabled()
    page.clock.run_for(21_000)

    expect(again).to_be_enabled()
    expect(page.get_by_text("Another code can be sent in")).to_be_hidden()


def test_after_three_codes_the_page_says_when_the_next_one_is_possible(world: World):
    page = asked_for_a_code(world)
    world.answers["request-code"] = [(429, refusal("RATE_LIMITED"))]
    world.retry_after = 1800

    page.get_by_role("button", name="Send it by text message").click()

    world.sees("A little too often")
    expect(page.get_by_text("WhatsApp allows three codes in an hour.")).to_contain_text(
        re.compile(r"\d:\d\d")
    )
    expect(page.get_by_role("button", name="Send it by text message")).to_be_disabled()
    assert len(world.sent("request-code")) == 1


def test_a_wrong_code_is_said_at_its_field(world: World):
    page = asked_for_a_code(world)
    box = page.get_by_label("Code, six digits")
    world.answers["verify-code"] = [(422, refusal("WRONG_CODE"))]

    box.fill("000000")
    box.press("Enter")

    expect(page.get_by_text("That is not the right code.")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_attribute("autocomplete", "one-time-code")
    page.wait_for_timeout(1300)
    expect(page.get_by_text("That is not the right code.")).to_be_visible()


def test_the_proof_can_wait_where_the_number_is_connected_without_it(world: World):
    page = asked_for_a_code(world)

    page.get_by_role("button", name="Do this later").click()

    assert world.wait_for("skip") == {"signupId": RUNNING}
    world.sees("Connecting your number")
    page.wait_for_timeout(1300)
    expect(page.get_by_role("heading", name="Confirm your phone number")).to_be_hidden()


def test_another_number_can_be_taken_while_the_first_is_not_proven(world: World):
    page = asked_for_a_code(world, "pending")
    expect(page.get_by_role("button", name="Do this later")).to_be_hidden()

    page.get_by_role("button", name="Use another number").click()

    world.sees("Add your phone number")
    page.wait_for_timeout(1300)
    world.sees("Add your phone number")


def test_a_completed_link_that_waits_for_the_proof_asks_when_it_is_opened_again(world: World):
    world.status = verifying("2026-11-20T10:00:00.000Z", "completed")
    page = world.open("completed", nextAction=world.status["nextAction"])
    world.sees("Confirm your phone number")
    world.status = progress("completed", running="register_phone")

    page.get_by_label("Code, six digits").fill("123456")
    page.get_by_role("button", name="Confirm the number").click()

    world.sees("Connecting your number")
    world.status = progress("completed", running="complete_link")
    world.status["steps"][5]["status"] = "done"
    world.sees("Your number is connected")


def test_what_is_refused_because_it_is_over_is_asked_anew(world: World):
    page = asked_for_a_code(world)
    world.answers["verify-code"] = [(409, refusal("CONFLICT"))]
    world.status = progress(running="register_phone")

    page.get_by_label("Code, six digits").fill("123456")
    page.get_by_role("button", name="Confirm the number").click()

    world.sees("Connecting your number")
