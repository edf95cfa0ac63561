"""Claims about the steps after the sign-in, up to success or failure."""

import re

import pytest
from playwright.sync_api import expect

from tests.onboarding.page.world import BACK, ONWARD, RUNNING, World, error, progress


def test_a_reload_shows_the_running_signup(world: World, wrong: list[str]):
    world.status = progress(running="subscribe_app")

    page = world.open("processing")

    world.sees("Connecting your number")
    rows = page.get_by_role("listitem")
    expect(rows).to_have_count(6)
    expect(rows.nth(2)).to_have_text(re.compile(r"Saving your phone number\s+\(done\)"))
    expect(rows.nth(3)).to_have_text(re.compile(r"Turning on messages\s+\(in progress\)"))
    expect(page.get_by_role("status").filter(has_text="Turning on messages")).to_be_visible()
    assert world.asked[0] == RUNNING
    assert wrong == []


@pytest.mark.parametrize("is_there", [True, False], ids=["at Meta", "on its way to us"])
def test_a_reload_while_the_code_is_at_meta_waits_for_its_end(world: World, is_there: bool):
    page = world.open()
    world.click()
    world.is_callback_held = True
    world.login("the-code")
    signup_id = world.wait_for("callback")["signupId"]
    # Until the exchange is over the link is pending, as the contract has it.
    world.config["signupId"] = signup_id if is_there else None

    page.reload()

    world.sees("Connecting your number")
    world.status = progress(running="save_waba")
    expect(page.get_by_role("listitem").filter(has_text="Saving your WhatsApp account")).to_be_visible()
    assert set(world.asked) == {signup_id}


def test_steps_that_the_page_has_no_words_for_are_shown_all_the_same(world: World):
    world.status = progress() | {
        "steps": [{"step": "something_new", "status": "done"}, {"step": "save_waba", "status": "unheard_of"}]
    }

    page = world.open("processing")

    expect(page.get_by_role("listitem")).to_have_text(
        [re.compile("something_new"), re.compile("Saving your")]
    )


@pytest.mark.parametrize("trouble", ["offline", 429, 503])
def test_trouble_on_the_way_is_waited_out(world: World, trouble: str | int):
    world.status = progress(running="save_waba")
    world.status_answers = [trouble]

    page = world.open("processing")

    if trouble == "offline":
        expect(page.get_by_text("No connection right now")).to_be_visible()
    expect(page.get_by_role("listitem")).to_have_count(6)
    expect(page.get_by_text("No connection right now")).to_be_hidden()


def test_the_page_keeps_away_for_as_long_as_it_is_told(world: World):
    world.status = progress()
    world.status_answers = [429]
    page = world.open("processing")
    page.wait_for_timeout(500)

    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1700)

    assert len(world.asked) == 1
    expect(page.get_by_role("listitem")).to_have_count(6)


def test_a_hidden_page_does_not_ask_and_catches_up_at_once(world: World):
    world.status = progress()
    page = world.open("processing")
    expect(page.get_by_role("listitem")).to_have_count(6)

    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(1500)
    while_hidden = len(world.asked)
    page.wait_for_timeout(1500)
    assert len(world.asked) == while_hidden

    world.status = progress("completed")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", name="Your number is connected")).to_be_visible(timeout=900)


def test_success_is_shown_and_then_goes_back(world: World):
    world.status = progress()
    page = world.open("processing")
    world.sees("Connecting your number")

    world.status = progress("completed", redirectUrl=ONWARD)

    world.sees("Your number is connected")
    expect(page.get_by_role("link", name="Back to Café Río")).to_have_attribute("href", ONWARD)
    page.wait_for_url(ONWARD)
    assert (
        page.evaluate("history.length") == 2
    )  # about:blank and the shop: Back does not lead into the signup


def test_success_without_a_redirect_says_that_the_page_may_be_closed(world: World):
    world.status = progress("completed")

    page = world.open("processing")

    world.sees("Your number is connected")
    expect(
        page.get_by_text("There is nothing more to do. You can close this page.", exact=True)
    ).to_be_visible()
    expect(page.get_by_role("link", name="Back to Café Río")).to_be_hidden()


def test_success_tells_what_is_left_for_later(world: World):
    left = {"actor": "end_user", "code": "ENTER_PIN", "message": "WhatsApp asks for the PIN."}
    world.status = progress("completed", nextAction=left)

    page = world.open("processing")

    world.sees("One thing is left for later")
    expect(page.get_by_text("WhatsApp asks for the PIN.")).to_be_visible()


def test_a_failure_that_another_try_may_cure_offers_one_and_a_way_back(world: World):
    world.status = progress("pending", error=error("WRONG_NUMBER", backUrl=BACK))

    page = world.open("processing")

    world.sees("Title of WRONG_NUMBER")
    expect(page.get_by_text("Body of WRONG_NUMBER").first).to_be_visible()
    expect(page.get_by_role("link", name="Back to Café Río")).to_have_attribute("href", BACK)
    expect(page.get_by_text("You will be taken back").locator("visible=true")).to_have_count(0)
    page.wait_for_timeout(300)
    world.click("Try again")
    assert world.wait_for("start")["signupId"] != RUNNING


def test_a_failure_without_a_cure_goes_back_after_ten_seconds_in_sight(world: World):
    world.page.clock.install()
    world.status = progress("pending", error=error("CONFIGURATION", canRetry=False, backUrl=BACK))
    page = world.open("processing")
    world.sees("Title of CONFIGURATION")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()

    page.clock.run_for(9_000)
    expect(page.get_by_text("You will be taken back to Café Río in 1 s.").first).to_be_visible()
    page.clock.run_for(1_100)

    page.wait_for_url(BACK)


def test_the_way_back_can_be_stopped(world: World):
    world.page.clock.install()
    world.status = progress("pending", error=error("CONFIGURATION", canRetry=False, backUrl=BACK))
    page = world.open("processing")

    page.get_by_role("button", name="Stay here").click()
    page.clock.run_for(15_000)

    world.sees("Title of CONFIGURATION")
    expect(page.get_by_role("button", name="Stay here")).to_be_hidden()


def test_the_details_can_be_copied(world: World):
    world.context.grant_permissions(["clipboard-read", "clipboard-write"])
    world.page.clock.install()
    world.status = progress("pending", error=error("CONFIGURATION", canRetry=False, backUrl=BACK))
    page = world.open("processing")
    failed = page.locator('[data-view="failed"]')

    failed.get_by_text("Details for support").click()
    failed.get_by_role("button", name="Copy the details").click()

    expect(failed.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Meta's trace: AbCdEfGhIjK" in copied
    assert "subcode" not in copied
    page.clock.run_for(15_000)
    world.sees("Title of CONFIGURATION")


def test_a_link_that_is_opened_after_a_failure_may_be_tried_again(world: World):
    page = world.open("pending", error=error("CONFIGURATION", canRetry=False, backUrl=BACK))

    world.sees("Title of CONFIGURATION")
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()
    expect(page.get_by_text("You will be taken back").locator("visible=true")).to_have_count(0)


def test_long_work_is_said_in_words(world: World):
    action = {"actor": "meta", "code": "WAIT", "message": "WhatsApp is still working."}
    world.page.clock.install(time="2026-11-20T10:00:00Z")
    world.status = progress(running="register_phone", nextAction=action)
    page = world.open("processing")
    expect(page.get_by_role("listitem")).to_have_count(6)
    expect(page.get_by_text("This takes longer than usual")).to_be_hidden()

    for _ in range(8):
        page.clock.run_for(5_000)
        page.wait_for_timeout(60)

    expect(page.get_by_text("This takes longer than usual")).to_be_visible()
    expect(page.get_by_text("WhatsApp is still working.")).to_be_visible()


def test_a_far_deadline_is_said_at_once_with_its_time(world: World):
    action = {"actor": "meta", "code": "WAIT", "message": "Later.", "deadline": "2026-11-23T10:30:00.000Z"}
    world.page.clock.set_fixed_time("2026-11-20T10:00:00Z")
    world.status = progress(running="register_phone", nextAction=action)

    page = world.open("processing")

    expect(page.get_by_text("This takes longer than usual")).to_be_visible()
    expect(page.locator("time").locator("visible=true")).to_contain_text("Nov 23, 2026")


@pytest.mark.parametrize(
    ("status", "heading"),
    [("completed", "This number is already connected"), ("expired", "This link has expired")],
)
def test_a_link_that_is_over_has_its_own_words_and_no_button(world: World, status: str, heading: str):
    page = world.open(status)

    world.sees(heading)
    page.wait_for_timeout(200)
    assert page.get_by_role("button").count() == 0
    assert world.posts == []
    assert world.asked == []


def test_a_link_that_is_deleted_meanwhile_ends_the_page(world: World):
    world.status_answers = [404]

    world.open("processing")

    world.sees("This link has expired")
