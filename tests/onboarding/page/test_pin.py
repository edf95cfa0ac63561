"""Claims about the PIN that the page asks for."""

from playwright.sync_api import expect

from tests.onboarding.page.world import RUNNING, STEPS, World, progress

ASKED = {"actor": "end_user", "code": "ENTER_PIN", "message": "PIN please", "attemptsLeft": 3}


def asking(left: int | None = 3) -> dict[str, object]:
    """The status while the PIN is asked for."""
    status = progress(running="register_phone", nextAction=ASKED | {"attemptsLeft": left})
    status["steps"][4]["status"] = "needs_customer"
    return status


def test_the_page_asks_for_the_pin_with_the_tries_that_are_left(world: World):
    world.status = asking()

    page = world.open("processing")

    world.sees("Enter the PIN of your number")
    expect(page.get_by_text("Tries left: 3")).to_be_visible()
    box = page.get_by_label("PIN, six digits")
    expect(box).to_have_attribute("inputmode", "numeric")
    expect(box).to_have_attribute("autocomplete", "off")
    page.get_by_text("Nobody knows the PIN?").click()
    expect(page.get_by_role("link", name="phone numbers in WhatsApp Manager")).to_be_visible()


def test_the_pin_goes_to_the_server_and_the_steps_go_on(world: World):
    world.status = asking()
    page = world.open("processing")
    box = page.get_by_label("PIN, six digits")
    box.fill("123 456")
    # The server's answer may still word the old action while the step already runs.
    world.status = asking() | {"steps": [{"step": step, "status": "waiting"} for step in STEPS]}

    box.press("Enter")

    assert world.wait_for("pin") == {"signupId": RUNNING, "pin": "123456"}
    world.sees("Connecting your number")
    asked = len(world.asked)
    page.wait_for_timeout(1300)
    assert len(world.asked) > asked
    expect(page.get_by_role("heading", name="Enter the PIN of your number")).to_be_hidden()


def test_a_pin_that_whatsapp_refused_is_asked_for_again(world: World):
    world.status = asking()
    page = world.open("processing")
    page.get_by_label("PIN, six digits").fill("000000")
    world.status = asking(2)

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("WhatsApp did not accept this PIN")).to_be_visible()
    expect(page.get_by_text("Tries left: 2")).to_be_visible()
    expect(page.get_by_label("PIN, six digits")).to_have_value("")


def test_a_pin_that_is_too_short_is_not_sent(world: World):
    world.status = asking()
    page = world.open("processing")
    page.get_by_label("PIN, six digits").fill("12345")

    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("Please enter all six digits.")).to_be_visible()
    expect(page.get_by_label("PIN, six digits")).to_be_focused()
    assert world.sent("pin") == []


def test_digits_of_an_arabic_keyboard_are_digits(world: World):
    world.status = asking()
    page = world.open("processing")

    page.get_by_label("PIN, six digits").fill("١٢٣٤۵۶")
    page.get_by_role("button", name="Continue").click()

    assert world.wait_for("pin")["pin"] == "123456"


def test_the_pin_can_wait(world: World):
    world.status = asking()
    page = world.open("processing")

    page.get_by_role("button", name="Do this later").click()

    assert world.wait_for("skip") == {"signupId": RUNNING}
    world.sees("Connecting your number")
    page.wait_for_timeout(1300)
    expect(page.get_by_role("heading", name="Enter the PIN of your number")).to_be_hidden()
    world.status = progress("completed", nextAction=ASKED)
    world.sees("Your number is connected")


def test_what_is_being_typed_is_not_disturbed_by_the_polling(world: World):
    world.status = asking()
    page = world.open("processing")
    box = page.get_by_label("PIN, six digits")

    box.fill("123")
    asked = len(world.asked)
    page.wait_for_timeout(2500)

    assert len(world.asked) > asked
    expect(box).to_have_value("123")


def test_a_pin_that_could_not_be_sent_is_kept_and_said(world: World):
    world.status = asking()
    page = world.open("processing")
    world.answers["pin"] = [(429, {})] * 7
    page.clock.install()
    page.get_by_label("PIN, six digits").fill("123456")

    page.get_by_role("button", name="Continue").click()
    for _ in range(8):
        page.wait_for_timeout(60)
        page.clock.run_for(8_000)

    expect(page.get_by_text("The PIN could not be sent")).to_be_visible()
    expect(page.get_by_label("PIN, six digits")).to_have_value("123456")
