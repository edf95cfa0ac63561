"""Claims about the way from the first look to the sign-in."""

import json

from playwright.sync_api import expect

from tests.onboarding.page.world import LINK, META, RUNNING, World, error, progress

FINISH = {"type": "WA_EMBEDDED_SIGNUP", "event": "FINISH", "data": {"waba_id": "1", "phone_number_id": "2"}}
CANCEL = {"type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "data": {"current_step": "PERMISSIONS"}}


def test_the_page_names_who_asks_and_tells_the_server_that_a_person_is_here(world: World, wrong: list[str]):
    page = world.open()

    world.sees("Connect your WhatsApp number")
    expect(page.get_by_text("Acme Chat asks you to connect")).to_be_visible()
    expect(page.get_by_text("Café Río").first).to_be_visible()
    assert len(world.wait_for("opened")["signupId"]) == 36
    assert wrong == []


def test_the_button_opens_metas_window_with_our_configuration_and_starts_the_signup(world: World):
    page = world.open()

    world.click()

    assert page.evaluate("window.initialised") == {"appId": "67", "version": "v25.0", "xfbml": False}
    assert page.evaluate("window.asked") == {
        "config_id": "78",
        "response_type": "code",
        "override_default_response_type": True,
        "extras": {"setup": {}, "version": "v4"},
    }
    assert world.wait_for("start") == world.wait_for("opened")
    world.sees("Go on in the Facebook window")


def test_the_code_and_the_message_each_go_out_as_they_come(world: World):
    world.open()
    window = world.click()
    world.status = progress()

    world.page.evaluate("window.answerLogin({authResponse: {code: 'the-code'}}, 'stays open')")
    sent = world.wait_for("callback")
    world.say(window, json.dumps(FINISH))

    assert sent["code"] == "the-code"
    said = world.wait_for("session")
    assert said == {"signupId": sent["signupId"], "event": "FINISH", "data": FINISH["data"]}
    world.sees("Connecting your number")
    assert set(world.asked) == {sent["signupId"]}


def test_a_message_may_be_an_object_and_come_first(world: World):
    world.open()
    window = world.click()

    world.say(window, FINISH)

    assert world.wait_for("session")["data"] == FINISH["data"]
    world.sees("Go on in the Facebook window")


def test_messages_of_other_origins_and_other_kinds_are_not_heard(world: World):
    world.config = {}
    page = world.open(messageOrigins=["https://facebook.test"])
    window = world.click()

    world.say(window, FINISH)
    page.evaluate("message => postMessage(message, '*')", FINISH)
    page.wait_for_timeout(300)

    assert world.sent("session") == []


def test_what_is_no_signup_message_is_left_alone(world: World, wrong: list[str]):
    page = world.open()
    window = world.click()

    for other in ("not json", json.dumps({"type": "OTHER"}), None, 7, "null"):
        world.say(window, other)
    page.wait_for_timeout(300)

    assert world.sent("session") == []
    assert wrong == []


def test_the_code_is_sent_again_when_the_network_fails(world: World):
    world.open()
    world.click()
    world.status = progress()
    world.answers["callback"] = [(0, {}), (503, {}), (202, {"status": "processing"})]

    world.login("the-code")

    world.wait_for("callback", 3)
    assert {body["code"] for body in world.sent("callback")} == {"the-code"}
    world.sees("Connecting your number")
    expect(world.page.get_by_role("listitem").filter(has_text="Finding the account")).to_be_visible()


def test_a_window_that_was_closed_brings_the_button_back_and_the_next_click_is_a_new_signup(world: World):
    page = world.open()
    world.click()

    world.login(None)
    world.sees("Not connected yet")
    world.click()

    first, second = world.wait_for("start"), world.wait_for("start", 2)
    assert first["signupId"] != second["signupId"]
    expect(page.get_by_role("heading", name="Not connected yet")).to_be_hidden()


def test_cancelling_goes_to_the_server_and_brings_the_button_back(world: World):
    page = world.open()
    window = world.click()

    world.say(window, CANCEL)
    world.login(None)

    assert world.wait_for("session")["data"] == {"current_step": "PERMISSIONS"}
    world.sees("Not connected yet")
    expect(page.get_by_role("heading", name="Not connected yet")).to_be_focused()
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()


def test_a_problem_that_meta_reports_is_told_with_its_details(world: World):
    world.open()
    window = world.click()
    world.status = progress("pending", error=error("META_REPORTED_ERROR"))

    world.say(window, CANCEL | {"data": {"error_message": "No", "error_code": "2655093", "session_id": "s1"}})
    world.login(None)

    world.sees("Title of META_REPORTED_ERROR")
    expect(world.page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()


def test_finishing_without_a_code_says_so_and_waits_for_what_the_server_finds(world: World):
    world.open()
    window = world.click()

    world.say(window, FINISH)
    world.wait_for("session")
    world.login(None)
    world.sees("Facebook's confirmation did not arrive")
    world.becomes("processing")

    world.sees("Connecting your number")


def test_a_window_that_the_browser_held_back_is_told(world: World):
    page = world.open()
    page.evaluate("window.open = () => null")

    page.get_by_role("button", name="Continue with Facebook").click()

    world.sees("Your browser held the window back")
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()
    assert tells_of(world, "POPUP_BLOCKED")


def test_an_sdk_that_is_blocked_is_told_in_words(world: World):
    world.sdk = None
    page = world.open()

    world.sees("Facebook could not be loaded")
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_disabled()
    expect(page.get_by_role("button", name="Load this page again")).to_be_visible()
    assert tells_of(world, "SDK_BLOCKED")


def tells_of(world: World, barrier: str) -> bool:
    """Whether the page's second word is what is in the way, of the same try as its first."""
    first, second = world.wait_for("opened"), world.wait_for("opened", 2)
    return (first["signupId"], barrier) == (second["signupId"], second.get("barrier"))


def test_an_sdk_that_a_blocker_emptied_is_told_too(world: World):
    world.sdk = ""
    world.page.clock.install()
    page = world.open()
    page.wait_for_load_state()

    page.clock.run_for(9_000)

    world.sees("Facebook could not be loaded")


def test_a_slow_sdk_is_told_and_still_welcome(world: World):
    world.is_sdk_held = True
    world.page.clock.install()
    page = world.open()
    expect(page.get_by_text("Getting Facebook ready")).to_be_visible()

    page.clock.fast_forward(10_000)
    expect(page.get_by_text("Facebook is slow to answer")).to_be_visible()
    world.release_sdk()

    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()
    expect(page.get_by_text("Facebook is slow to answer")).to_be_hidden()


def test_inside_another_app_the_page_says_what_to_do_and_blocks_nothing(in_whatsapp: World):
    page = in_whatsapp.open()

    in_whatsapp.sees("Better in your own browser")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("[data-elsewhere]").get_by_text("The link is copied.")).to_be_visible()
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()
    assert in_whatsapp.wait_for("opened")["barrier"] == "IN_APP_BROWSER"


def test_a_refused_code_shows_the_servers_words(world: World):
    world.open()
    world.click()
    world.answers["callback"] = [(400, {"error": {"code": "CODE_EXPIRED", "message": "expired"}})]
    world.status = progress("pending", error=error("CODE_EXPIRED"))

    world.login("old-code")
    world.sees("Title of CODE_EXPIRED")

    world.click("Try again")
    assert len(world.sent("callback")) == 1


def test_a_link_that_somebody_else_runs_shows_that_progress(world: World):
    world.open()
    world.click()
    world.answers["callback"] = [(409, {"error": {"code": "CONFLICT", "message": "runs"}})]
    world.becomes("processing", running="save_phone")

    world.login("the-code")

    expect(world.page.get_by_role("listitem").filter(has_text="Saving your phone number")).to_be_visible()
    assert world.asked[-1] == RUNNING


def test_a_page_that_is_seen_again_shows_what_happened_meanwhile(world: World):
    page = world.open()
    world.wait_for("opened")
    world.becomes("completed")

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    world.sees("This number is already connected")


def test_the_page_calls_only_our_server_and_meta(world: World):
    hosts: set[str] = set()
    world.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))

    world.open()
    world.click()

    assert hosts == {"connect.test", META.removeprefix("https://")}
    assert LINK in world.page.url


def test_nothing_is_asked_of_the_end_user_while_the_platform_mends_its_own_side(world: World):
    page = world.open(error=error("CONFIGURATION", canRetry=False), isBeingSetUp=True)

    world.sees("Title of CONFIGURATION")
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_page_that_waits_for_somebody_else_goes_on_when_they_have_mended_it(world: World):
    world.open()
    world.click()
    world.status = progress("pending", error=error("ALREADY_CONNECTED", canRetry=False))
    world.login("the-code")
    world.sees("Title of ALREADY_CONNECTED")

    world.becomes("completed")

    world.sees("This number is already connected")
