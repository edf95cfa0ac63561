"""The SDK stand-in and the dialog, driven in a real browser from a page of another origin."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.sandbox.conftest import APP

DELAY_MS = 400
PAGE = """<!doctype html><title>Shop</title>
<button id="connect" disabled>Connect</button>
<script nonce="n">
  const heard = [];
  let began;
  const note = (kind, value) => {
    heard.push({ kind, value, at: performance.now() - began });
    document.body.dataset.heard = heard.filter((one) => one.kind !== 'noise').length;
  };
  window.addEventListener('message', (event) => {
    if (event.origin !== '%(sandbox)s') return;
    try {
      const message = JSON.parse(event.data);
      if (message.type === 'WA_EMBEDDED_SIGNUP') note('session', message);
      else note('noise', event.data);
    } catch { note('noise', String(event.data)); }
  });
  window.fbAsyncInit = () => {
    FB.init({ appId: '%(app_id)s', autoLogAppEvents: true, xfbml: true, version: 'v25.0' });
    document.getElementById('connect').disabled = false;
  };
  const options = {
    config_id: '%(config_id)s', response_type: 'code', override_default_response_type: true,
    extras: { setup: { business: { name: 'Café Río' } }, sessionInfoVersion: '3', version: 'v4' },
  };
  document.getElementById('connect').onclick = () => {
    began = performance.now();
    FB.login((response) => note('login', response), options);
  };
</script>
<script async defer crossorigin="anonymous" src="%(sandbox)s/en_US/sdk.js?delay_ms=%(delay)s"></script>"""


class ShopServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sandbox_url: str) -> None:
        super().__init__(("127.0.0.1", 0), Shop)
        self.sandbox_url = sandbox_url
        self.opener_policy = "same-origin-allow-popups"
        self.page = PAGE % {**APP, "sandbox": sandbox_url, "delay": DELAY_MS}


class Shop(BaseHTTPRequestHandler):
    server: ShopServer

    def do_GET(self):
        body = self.server.page.encode()
        policy = f"default-src 'none'; script-src 'nonce-n' {self.server.sandbox_url}"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Cross-Origin-Opener-Policy", self.server.opener_policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def shop(sandbox) -> Iterator[ShopServer]:
    server = ShopServer(sandbox.url)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, shop) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{shop.server_port}/")
    page.wait_for_selector("#connect:enabled")
    yield page
    page.close()


def opened(page: Page) -> Page:
    with page.expect_popup() as popup:
        page.click("#connect")
    popup.value.wait_for_load_state()
    return popup.value


def choose(page: Page, choice: str, count: int) -> list[dict]:
    """The so many things that the page heard besides noise, once the window is gone."""
    popup = opened(page)
    with popup.expect_event("close"):
        popup.locator(f"[data-choice={choice}]").dispatch_event("click")
    page.wait_for_selector(f"body[data-heard='{count}']")
    heard = page.evaluate("heard")
    assert any(one["kind"] == "noise" for one in heard)
    return [one for one in heard if one["kind"] != "noise"]


def test_success_brings_the_message_and_the_code(page, graph):
    session, login = choose(page, "success", 2)

    message = session["value"]
    assert (message["type"], message["event"], message["version"]) == ("WA_EMBEDDED_SIGNUP", "FINISH", 3)
    assert {"phone_number_id", "waba_id", "business_id"} <= message["data"].keys()
    assert login["value"]["status"] == "connected"
    token = graph.exchange(login["value"]["authResponse"]["code"]).json()["access_token"]
    assert graph.get(f"/{message['data']['waba_id']}", token).json()["name"] == "Café Río"


@pytest.mark.parametrize(
    ("choice", "order"), [("message_first", ["session", "login"]), ("code_first", ["login", "session"])]
)
def test_message_and_code_can_come_apart(page, choice, order):
    first, second = choose(page, choice, 2)

    assert [first["kind"], second["kind"]] == order
    assert second["at"] - first["at"] >= DELAY_MS * 0.9  # the clocks are those of two processes


def test_no_message_brings_the_code_alone(page):
    (login,) = choose(page, "no_message", 1)

    assert login["value"]["authResponse"]["code"]


def test_no_code_brings_the_message_alone(page):
    session, login = choose(page, "no_code", 2)

    assert session["value"]["event"] == "FINISH"
    assert login["value"] == {"authResponse": None, "status": "unknown"}


def test_cancel_says_at_which_screen(page):
    session, login = choose(page, "cancel", 2)

    assert session["value"]["event"] == "CANCEL"
    assert session["value"]["data"] == {"current_step": "PHONE_NUMBER_SETUP"}
    assert login["value"] == {"authResponse": None, "status": "unknown"}


def test_a_reported_error_has_metas_keys(page):
    session, _ = choose(page, "error", 2)

    assert session["value"]["data"].keys() == {"error_message", "error_code", "session_id", "timestamp"}


def test_a_closed_window_brings_nothing(page):
    (login,) = choose(page, "closed", 1)

    assert login["value"] == {"authResponse": None, "status": "unknown"}


def test_a_lost_window_brings_nothing_though_it_was_finished(page, sandbox, told):
    popup = opened(page)
    popup.select_option("#partnerAdded", "before")

    with popup.expect_event("close"):
        popup.locator("[data-choice=lost]").dispatch_event("click")
    page.wait_for_selector("body[data-heard='1']")

    (waba,) = sandbox.state.of_kind("waba")
    (heard,) = [one for one in page.evaluate("heard") if one["kind"] != "noise"]
    assert heard["value"] == {"authResponse": None, "status": "unknown"}
    assert told.values(1)[0]["waba_info"]["waba_id"] == waba["id"]


def test_a_scenario_chosen_in_the_dialog_concerns_the_signup(page, sandbox):
    popup = opened(page)
    popup.select_option("[data-scenario]", "pin_mismatch")
    popup.fill("#phoneNumber", "+54 9 11 5123-4567")

    with popup.expect_event("close"):
        popup.locator("[data-choice=success]").dispatch_event("click")
    page.wait_for_selector("body[data-heard='2']")

    (phone,) = sandbox.state.of_kind("phone_number")
    assert (phone["display_phone_number"], phone["pin"]) == ("+54 9 11 5123-4567", "123456")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("FB.login(async () => {}, options)", "Expression is of type asyncfunction, not function"),
        ("FB.login(() => {}, { ...options, config_id: undefined })", "config_id is required"),
        ("FB.login(() => {}, { ...options, response_type: 'token' })", "response_type must be 'code'"),
        (
            "FB.login(() => {}, { ...options, override_default_response_type: 'true' })",
            "override_default_response_type must be true",
        ),
        ("FB.init({ appId: '1' })", "valid version"),
    ],
)
def test_the_sdk_is_as_strict_as_metas(page, call, message):
    caught = page.evaluate(
        f"() => {{ try {{ {call}; return ''; }} catch (error) {{ return error.message; }} }}"
    )

    assert message in caught


def test_another_configuration_is_refused_by_the_dialog(page):
    page.evaluate("options.config_id = '1'")
    popup = opened(page)

    assert popup.locator("[data-refused]").is_visible()
    assert popup.locator("[data-choice]").count() == 1


def test_a_page_that_cuts_its_popups_off_is_told_so(page, shop):
    shop.opener_policy = "same-origin"
    page.reload()
    page.wait_for_selector("#connect:enabled")

    with page.context.expect_page() as popup:
        page.click("#connect")

    popup.value.wait_for_selector("#lost:not([hidden])")


@pytest.mark.parametrize("path", ["/", "/dialog", "/receiver/demo"])
def test_pages_fit_320_pixels(browser, sandbox, path):
    sandbox.sign_up(business_name="A" * 100)
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{sandbox.url}{path}")

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()
