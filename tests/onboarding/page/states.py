"""Every state of the page: how to bring each about in a world, in the language that the world has."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import translation
from playwright.sync_api import expect

from onboarding import texts
from onboarding.branding import ShownLogo
from tests.onboarding.page.world import BACK, ONWARD, OURS, RUNNING, World, error, progress, refusal

State = Callable[[World], None]
AT = "2026-11-20T10:00:00.000Z"
LATER = "2099-11-23T10:30:00.000Z"
BRANDING = {
    "welcomeMessage": "Welcome to Río Azul! Connect your number here, and we answer your guests together.",
    "buttonText": "Connect my number",
    "successMessage": "Thank you! Ana calls you tomorrow to set up the first messages.",
    "failureMessage": "Stuck? Write to help@rio-azul.example, we answer within the hour.",
}
WHATSAPP = "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile WhatsApp/2.24"


def action(
    world: World, code: str, actor: str = "end_user", *, reason: str = "", **more: Any
) -> dict[str, Any]:
    """A nextAction as the server words it in the world's language."""
    with translation.override(world.language):
        message = texts.next_action_text(reason or code, actor)
    return {"actor": actor, "code": code, "message": message} | more


def told(world: World, code: str, **more: Any) -> dict[str, Any]:
    """An error as the server words it."""
    with translation.override(world.language):
        text = texts.error_text(code)
    return error(code, title=text.title, body=text.body, canRetry=text.can_retry) | more


def sees(world: World, view: str) -> None:
    expect(world.page.locator(f"[data-view={view}]")).to_be_visible()


def notices(world: World, name: str) -> None:
    expect(world.page.locator(f"[data-notice={name}]")).to_be_visible()


def asking(world: World, code: str, status: str = "processing", **more: Any) -> dict[str, Any]:
    asked = progress(status, running="register_phone", nextAction=action(world, code, **more))
    asked["steps"][4]["status"] = "needs_customer"
    return asked


def press(world: World, action_name: str) -> None:
    world.page.locator(f"[data-action={action_name}]:visible").first.click()


def start(world: World) -> None:
    world.open()
    expect(world.page.locator("[data-action=login]:visible")).to_be_enabled()


def in_another_app(world: World) -> None:
    world.page.add_init_script(f"Object.defineProperty(navigator, 'userAgent', {{get: () => '{WHATSAPP}'}})")
    start(world)
    world.page.locator("[data-elsewhere] summary").click()


def sdk_blocked(world: World) -> None:
    world.sdk = None
    world.open()
    notices(world, "SDK_BLOCKED")


def popup_blocked(world: World) -> None:
    start(world)
    world.page.evaluate("window.open = () => null")
    press(world, "login")
    notices(world, "POPUP_BLOCKED")


def window(world: World) -> None:
    start(world)
    opens_window(world)
    sees(world, "window")


def opens_window(world: World) -> None:
    with world.page.expect_popup() as popup:
        press(world, "login")
    world.window = popup.value
    world.window.wait_for_load_state()


def cancelled(world: World) -> None:
    window(world)
    world.login(None)
    notices(world, "CANCELLED")


def not_confirmed(world: World) -> None:
    window(world)
    assert world.window
    world.say(world.window, {"type": "WA_EMBEDDED_SIGNUP", "event": "FINISH", "data": {}})
    world.wait_for("session")
    world.login(None)
    notices(world, "NOT_CONFIRMED")


def too_old(world: World) -> None:
    window(world)
    world.answers["callback"] = [(403, {})]
    world.login("the-code")
    notices(world, "RELOAD")


def reported(world: World) -> None:
    world.open(error=told(world, "META_REPORTED_ERROR"))
    notices(world, "ERROR")


def steps(world: World) -> None:
    world.status = progress(running="save_phone")
    world.open("processing")
    expect(world.page.locator("[data-steps] li")).to_have_count(6)


def waiting(world: World) -> None:
    wait = action(world, "WAIT", "meta", reason="TOO_MANY_ATTEMPTS", deadline=LATER)
    world.status = progress(running="register_phone", nextAction=wait)
    world.open("processing")
    expect(world.page.locator("[data-trouble=waiting]")).to_be_visible()


def offline(world: World) -> None:
    world.status_answers = ["offline"] * 9
    world.open("processing")
    expect(world.page.locator("[data-trouble=offline]")).to_be_visible()


def pin(world: World) -> None:
    world.status = asking(world, "ENTER_PIN", attemptsLeft=3)
    world.open("processing")
    sees(world, "pin")


def pin_wrong(world: World) -> None:
    pin(world)
    world.page.locator("#pin").fill("000000")
    world.page.locator("[data-form=pin] [type=submit]").click()
    expect(world.page.locator("[data-problem=wrong]")).to_be_visible()
    world.page.locator("[data-view=pin] summary").click()


def number(world: World) -> None:
    world.status = progress(
        "pending", error=told(world, "NO_PHONE_NUMBER"), nextAction=action(world, "ADD_NUMBER")
    )
    world.open(signupId=RUNNING, error=world.status["error"], nextAction=world.status["nextAction"])
    sees(world, "number")
    expect(world.page.locator("[data-view=number] [data-action=login]")).to_be_enabled()


def number_in_use(world: World) -> None:
    number(world)
    world.answers["number"] = [(422, refusal("NUMBER_IN_USE"))]
    world.page.locator("#phone-number").fill("+34 612 345 678")
    world.page.locator("#display-name").fill("Café Río")
    world.page.locator("[data-form=number] [type=submit]").click()
    expect(world.page.locator("[data-problem=NUMBER_IN_USE]")).to_be_visible()


def number_not_found(world: World) -> None:
    number(world)
    press(world, "look")
    expect(world.page.locator("[data-problem=none]")).to_be_visible()


def verify_first(world: World) -> None:
    world.status = asking(world, "VERIFY_NUMBER", codeSentAt=None)
    world.open("processing")
    sees(world, "verify")


def verify(world: World) -> None:
    world.status = asking(world, "VERIFY_NUMBER", codeSentAt="2099-11-20T10:00:00.000Z")
    world.open("processing")
    sees(world, "verify")
    expect(world.page.locator("[data-again=soon]")).to_be_visible()


def verify_wrong(world: World) -> None:
    world.status = asking(world, "VERIFY_NUMBER", codeSentAt=AT)
    world.open("processing")
    sees(world, "verify")
    world.answers["verify-code"] = [(422, refusal("WRONG_CODE"))]
    world.page.locator("#code").fill("000000")
    world.page.locator("[data-form=verify] [type=submit]").click()
    expect(world.page.locator("[data-problem=WRONG_CODE]")).to_be_visible()


def verify_too_often(world: World) -> None:
    world.status = asking(world, "VERIFY_NUMBER", codeSentAt=AT)
    world.open("processing")
    sees(world, "verify")
    world.answers["request-code"], world.retry_after = [(429, refusal("RATE_LIMITED"))], 2400
    press(world, "send-sms")
    expect(world.page.locator("[data-again=later]")).to_be_visible()


def stays(world: World) -> None:
    """The shop never answers: the page goes there by itself, and is still to be seen."""
    world.context.route("https://shop.test/**", lambda route: None)


def failing(code: str, **more: Any) -> State:
    def failed(world: World) -> None:
        stays(world)
        world.status = progress("pending", error=told(world, code, backUrl=BACK, **more))
        world.open("processing")
        sees(world, "failed")

    return failed


def being_set_up(world: World) -> None:
    world.open(error=told(world, "CONFIGURATION"), isBeingSetUp=True, signupId=RUNNING)
    sees(world, "failed")
    world.page.locator("[data-view=failed] summary").click()


def completed(world: World, asked: dict[str, Any] | None) -> None:
    stays(world)
    world.status = progress("completed", redirectUrl=ONWARD, nextAction=asked)
    world.open("processing")
    sees(world, "success")


def success(world: World) -> None:
    completed(world, None)


def success_pin_later(world: World) -> None:
    completed(world, action(world, "ENTER_PIN"))


def success_window_over(world: World) -> None:
    completed(world, action(world, "RECONNECT"))


def success_waits(world: World) -> None:
    completed(world, action(world, "WAIT", "meta", reason="PIN_LOCKED", deadline=LATER))


def already(world: World) -> None:
    world.open("completed", nextAction=action(world, "UNSUPPORTED_CURRENCY", "customer"))
    sees(world, "already")


def expired(world: World) -> None:
    world.open("expired")


def branded(world: World) -> None:
    """All that a company may set, and a link for one number that ends on a day."""
    brand(world)
    start(world)
    world.page.locator(".not-admin > summary").click()


def brand(world: World) -> None:
    world.logo = ShownLogo("/logos/1", 200, 60)
    world.branding = dict(BRANDING)
    world.columns |= {"expected_phone_number": "+5491155551234", "expires_at": datetime.fromisoformat(LATER)}


def coexistence(world: World) -> None:
    world.columns = {"mode": "coexistence"}
    start(world)


def preview(world: World) -> None:
    brand(world)
    world.preview("start")
    expect(world.page.locator("[data-action=login]")).to_have_attribute("aria-disabled", "true")


def preview_failed(world: World) -> None:
    brand(world)
    world.preview("failed")
    expect(world.page.locator("[data-view=failed] h1")).not_to_be_empty()


def not_there(world: World) -> None:
    world.page.goto(f"{OURS}/404.html")


def broken(world: World) -> None:
    world.page.goto(f"{OURS}/500.html")


FAILURES = {
    f"failed_{code.lower()}": failing(code)
    for code in (
        "CODE_EXPIRED", "CODE_USED", "META_REPORTED_ERROR", "META_UNAVAILABLE", "PERMISSION_MISSING",
        "WRONG_NUMBER", "WABA_MISMATCH", "ALREADY_CONNECTED", "CONFIGURATION", "LINK_EXPIRED",
        "SOMETHING_NEW",
    )
}  # fmt: skip
STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        start, in_another_app, sdk_blocked, popup_blocked, window, cancelled, not_confirmed, too_old,
        reported, steps, waiting, offline, pin, pin_wrong, number, number_in_use, number_not_found,
        verify_first, verify, verify_wrong, verify_too_often, being_set_up, success, success_pin_later,
        success_window_over, success_waits, already, expired, branded, coexistence, preview,
        preview_failed, not_there, broken,
    )
} | FAILURES  # fmt: skip
