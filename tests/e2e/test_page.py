"""The real page in a real browser against the real product: what an end-user can do, and what follows."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.product import Product

pytestmark = pytest.mark.e2e
SECRET = "whsec_my_secret_key_123"
DONE = re.compile("connected", re.IGNORECASE)
PATIENCE = 20_000


def choose(page: Page, choice: str, scenario: str = "", button: str = "Continue with Facebook") -> None:
    """Opens Meta's window with the page's button and ends it with `choice`."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name=button).click()
    window = opened.value
    window.wait_for_load_state()
    if scenario:
        window.locator("[data-scenario]").select_option(scenario)
    with window.expect_event("close"):
        window.locator(f"[data-choice={choice}]").dispatch_event("click")


def sees_done(page: Page) -> None:
    expect(page.locator("[data-view=success]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-view=success] h1")).to_have_text(DONE)


@pytest.mark.parametrize("choice", ["success", "message_first", "code_first", "no_message"])
def test_the_end_user_connects_a_number_whatever_comes_back_first(
    product: Product, page: Page, choice: str
) -> None:
    name = f"receiver-{choice}"
    link = product.make_link(
        webhookUrl=product.receiver(name, SECRET),
        webhookSecret=SECRET,
        webhookEvents=["phone_number.connected"],
        metadata={"customerId": choice},
    )
    page.goto(link["hostedUrl"])

    choose(page, choice)

    sees_done(page)
    shown = product.completed(link["id"])
    assert shown["isPhoneRegistered"] is True
    delivery = product.received(name)[0]
    assert delivery["signatureValid"] is True
    assert shown["phoneNumberId"] in delivery["body"]


def test_the_browser_goes_to_the_redirect(product: Product, page: Page) -> None:
    link = product.make_link(externalId="customer-123", redirectUrl=f"{product.sandbox_url}/?from=signup")
    page.goto(link["hostedUrl"])

    choose(page, "success")

    page.wait_for_url(f"{product.sandbox_url}/?from=signup&**", timeout=PATIENCE)
    assert page.url == (
        f"{product.sandbox_url}/?from=signup&onboarding_link_id={link['id']}"
        "&external_id=customer-123&status=success"
    )


def test_a_cancelled_signup_can_be_tried_again_on_the_same_page(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])

    choose(page, "cancel")
    again = page.get_by_role("button", name=re.compile("Continue with Facebook|Try again"))
    expect(again).to_be_visible(timeout=PATIENCE)

    # The button does not wait for the server to know.
    product.until(lambda: product.link(link["id"])["lastError"] is not None)
    failed = product.link(link["id"])
    assert (failed["status"], failed["lastError"]["code"]) == ("pending", "CANCELLED")
    if not page.get_by_role("button", name="Continue with Facebook").is_visible():
        page.get_by_role("button", name="Try again").click()
    choose(page, "success")
    sees_done(page)
    assert product.completed(link["id"])["lastError"] is None


def test_the_pin_is_asked_and_given_in_the_page(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])

    choose(page, "success", scenario="pin_mismatch")
    pin = page.locator("[data-view=pin] input")
    expect(pin).to_be_visible(timeout=PATIENCE)
    assert product.link(link["id"])["nextAction"]["code"] == "ENTER_PIN"
    pin.fill("123456")
    page.locator("[data-form=pin] button[type=submit]").click()

    sees_done(page)
    assert product.completed(link["id"])["isPhoneRegistered"] is True


def test_a_pin_may_be_put_off(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])

    choose(page, "success", scenario="pin_mismatch")
    page.get_by_role("button", name="Do this later").click(timeout=PATIENCE)

    expect(page.locator("[data-view=success]")).to_be_visible(timeout=PATIENCE)
    shown = product.completed(link["id"])
    assert (shown["isPhoneRegistered"], shown["nextAction"]["code"]) == (False, "ENTER_PIN")


def test_a_number_is_added_and_proven_in_the_page(product: Product, page: Page) -> None:
    link = product.make_link(language="es")
    page.goto(link["hostedUrl"])

    choose(page, "only_waba", button="Continuar con Facebook")
    expect(page.locator("[data-view=number]")).to_be_visible(timeout=PATIENCE)
    assert product.link(link["id"])["nextAction"]["code"] == "ADD_NUMBER"
    page.reload()
    page.locator("#phone-number").fill("+34 612 345 678")
    page.locator("#display-name").fill("Café Río")
    page.get_by_role("button", name="Enviar el código").click()
    give_code(page)

    expect(page.locator("[data-view=success]")).to_be_visible(timeout=PATIENCE)
    assert product.completed(link["id"])["phoneNumber"] == "+34612345678"


def test_a_number_that_is_not_proven_is_proven_in_the_page(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])

    choose(page, "success", scenario="not_verified")
    page.get_by_role("button", name="Send it by text message").click(timeout=PATIENCE)
    give_code(page)

    sees_done(page)
    assert product.completed(link["id"])["isPhoneRegistered"] is True


def give_code(page: Page) -> None:
    """A wrong one, and then the one that the sandbox takes."""
    box = page.locator("#code")
    expect(box).to_be_visible(timeout=PATIENCE)
    box.fill("111111")
    page.locator("[data-form=verify] [type=submit]").click()
    expect(page.locator("[data-problem=WRONG_CODE]")).to_be_visible(timeout=PATIENCE)
    box.fill("246-810")
    page.locator("[data-form=verify] [type=submit]").click()


def test_a_pin_that_was_put_off_is_given_when_the_link_is_opened_again(product: Product, page: Page) -> None:
    link = product.make_link(redirectUrl=f"{product.sandbox_url}/?from=signup")
    page.goto(link["hostedUrl"])
    choose(page, "success", scenario="pin_mismatch")
    page.get_by_role("button", name="Do this later").click(timeout=PATIENCE)
    product.completed(link["id"])

    page.goto(link["hostedUrl"])
    page.locator("#pin").fill("123456", timeout=PATIENCE)
    page.locator("[data-form=pin] [type=submit]").click()

    page.wait_for_url(f"{product.sandbox_url}/?from=signup&**", timeout=PATIENCE)
    product.until(lambda: product.link(link["id"])["isPhoneRegistered"] is True)


SLOW = {"offline": False, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1}
# Meta's window speaks, and in the same moment the page is gone.
SAID_LAST = """origin => {
  const data = {error_message: "No", error_code: "2655093", session_id: "s-1", timestamp: "1"};
  const said = JSON.stringify({type: "WA_EMBEDDED_SIGNUP", event: "CANCEL", data});
  window.dispatchEvent(new MessageEvent("message", {origin, data: said}));
  if (LEAVES) location.replace("about:blank");
}"""


@pytest.mark.parametrize("ends", ["leaves", "closes"])
def test_what_metas_window_said_arrives_though_the_page_is_gone(
    product: Product, page: Page, ends: str
) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])
    expect(page.get_by_role("button", name="Continue with Facebook")).to_be_enabled()
    # Still on its way within the browser when the page goes: what is not kept alive is dropped there.
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)

    page.evaluate(SAID_LAST.replace("LEAVES", str(ends == "leaves").lower()), product.sandbox_url)
    if ends == "closes":
        page.close()

    product.until(lambda: product.link(link["id"])["lastError"] is not None)
    assert product.link(link["id"])["lastError"]["code"] == "META_REPORTED_ERROR"


def test_a_reload_in_the_middle_shows_where_the_signup_stands(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])

    choose(page, "success", scenario="slow")
    expect(page.locator("[data-view=progress]")).to_be_visible(timeout=PATIENCE)
    page.reload()

    expect(page.locator("[data-view=progress]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-steps] li").first).to_be_visible()
    product.clear_scenarios()
    sees_done(page)


def test_a_completed_link_without_a_redirect_says_so_when_opened_again(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])
    choose(page, "success")
    sees_done(page)

    page.goto(link["hostedUrl"])

    expect(page.locator("[data-view=already]")).to_be_visible()


def test_the_embedded_product_connects_a_number_too(embedded: Product, page: Page) -> None:
    link = embedded.make_link(
        webhookUrl=embedded.receiver("embedded", SECRET),
        webhookSecret=SECRET,
        webhookEvents=["phone_number.connected"],
    )
    page.goto(link["hostedUrl"])

    choose(page, "success")

    sees_done(page)
    assert embedded.completed(link["id"])["isPhoneRegistered"] is True
    assert embedded.received("embedded")[0]["signatureValid"] is True
