"""Each trouble of a signup as it comes to support: what the end-user sees, what they send, and the cure.

`make drill-support` prints each row with its clicks, held against the table of docs/guides/support.md.
"""

import json
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.drills.conftest import database
from tests.drills.desk import PASSWORD, Desk
from tests.drills.guide import rows
from tests.e2e.conftest import NEEDED
from tests.e2e.product import Browser as Tab
from tests.e2e.product import Product
from tests.e2e.test_kills import wait_until_slow
from tests.e2e.test_page import choose, give_code, sees_done

pytestmark = [pytest.mark.e2e, pytest.mark.long]
PATIENCE = 20_000
MOST = 4
# Long enough to look at a step whose worker died; a tab that was closed is noticed within seconds.
SETTINGS = {
    "STEP_LEASE_SECONDS": "8",
    "STEP_BACKOFF_SECONDS": "1,2,300",
    "RECOVERY_SILENCE_SECONDS": "1",
    "RECOVERY_UNSEEN_SECONDS": "3",
}
SUPPORT = f"""
from django.contrib.auth.models import Group, User
user = User.objects.create_user("sam", password={PASSWORD!r}, is_staff=True)
user.groups.add(Group.objects.get(name="support"))
"""
WHATSAPP = "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Chrome/130.0 Mobile WhatsApp/2.24"
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Everything is up; sam is of the group `support`, and nothing more."""
    whole = Product(
        tmp_path_factory.mktemp("support"),
        embedded=False,
        database_url=database("gangway_support"),
        redis_url=f"{os.environ[NEEDED[1]].rpartition('/')[0]}/10",
        settings=SETTINGS,
    )
    try:
        whole.start()
        callback = {"callbackUrl": f"{whole.url}/webhook/meta", "verifyToken": "sandbox-verify-token"}
        requests.post(f"{whole.sandbox_url}/_sandbox/app", json=callback, timeout=10).raise_for_status()
        whole.manage("make_staff_groups")
        whole.manage("shell", "-c", SUPPORT)
        yield whole
    finally:
        whole.stop()


@pytest.fixture(scope="module")
def desk(product: Product, browser: Browser) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = Desk(context.new_page(), product.url)
    opened.sign_in("sam")
    yield opened
    context.close()


@pytest.fixture(autouse=True)
def well_again(product: Product) -> Iterator[None]:
    yield
    product.clear_scenarios()


def tried(happened: str, desk: Desk) -> None:
    """Ends the row: it was pressed what the guide says, in so many clicks."""
    row = rows()[happened]
    shown = " > ".join(desk.clicks) or "-"
    sys.stdout.write(f"\n  {len(desk.clicks)}  {happened:<58} {shown}\n")
    assert (desk.clicks, len(desk.clicks)) == (row.press, row.clicks)
    assert row.clicks <= MOST


def opened(product: Product, page: Page, **body: Any) -> dict[str, Any]:
    """A link whose page the end-user has."""
    link = product.make_link(**body)
    page.goto(link["hostedUrl"])
    return link


def at_facebook(page: Page) -> Page:
    """Meta's window, opened by the page's button."""
    with page.expect_popup() as window:
        page.get_by_role("button", name="Continue with Facebook").click()
    window.value.wait_for_load_state()
    return window.value


def finishes(window: Page, *, number: str = "", scenario: str = "", choice: str = "success") -> str:
    """Chooses a number and how it ends; answers the number."""
    if number:
        window.locator("#phoneNumber").fill(number)
    used = window.locator("#phoneNumber").input_value()
    window.locator("[data-scenario]").select_option(scenario)
    with window.expect_event("close"):
        window.locator(f"[data-choice={choice}]").dispatch_event("click")
    return used


def details(page: Page) -> str:
    """The block under an error, as the end-user copies it into their message."""
    page.get_by_text("Details for support").locator("visible=true").click(timeout=PATIENCE)
    shown = page.locator("[data-details]:visible [data-detail]:visible")
    return "\n".join(": ".join(row.locator("dt, dd").all_inner_texts()) for row in shown.all())


def sees(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading).locator("visible=true")).to_be_visible(timeout=PATIENCE)


def goes_on(page: Page) -> None:
    """By itself, however long it stood there: nobody has loaded it again."""
    shown = page.get_by_role("heading", name=re.compile("number is (already )?connected"))
    expect(shown.locator("visible=true")).to_be_visible(timeout=PATIENCE)


def changed_at_meta(product: Product, number: str, **fields: Any) -> None:
    """What the number's owner does in WhatsApp Manager."""
    listed = f"{product.sandbox_url}/_sandbox/objects"
    phones = requests.get(listed, params={"kind": "phone_number"}, timeout=10).json()["data"]
    digits = re.sub(r"\D", "", number)
    phone = next(one for one in phones if re.sub(r"\D", "", one["display_phone_number"]) == digits)
    requests.post(f"{listed}/{phone['id']}", json=fields, timeout=10).raise_for_status()


# -- nothing came back: these first, since a click that leads nowhere may have brought any account -----------


def test_a_page_that_was_closed_is_found_by_itself(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    finishes(at_facebook(page), choice="lost")
    page.close()
    desk.find(link["hostedUrl"])
    assert "found by itself" in desk.says("what_to_do")

    product.completed(link["id"], seconds=30)

    desk.find(link["hostedUrl"])
    desk.keep("closed")
    assert "Nothing: the number is connected." in desk.says("what_to_do")
    tried("the page was closed after Facebook's window", desk)


def test_of_several_accounts_the_customers_own_is_assigned(
    product: Product, new_context: NewContext, desk: Desk
) -> None:
    tabs = [new_context().new_page() for _ in "12"]
    links = [opened(product, tab, name=f"Café {place}") for place, tab in enumerate(tabs)]
    windows = [at_facebook(tab) for tab in tabs]
    for window, tab in zip(windows, tabs, strict=True):
        finishes(window, choice="lost")
        tab.close()
    listed = f"{product.sandbox_url}/_sandbox/objects"
    accounts = requests.get(listed, params={"kind": "waba"}, timeout=10).json()["data"][-2:]
    question = f"Is the account {accounts[0]['id']} this link's?"

    def is_asked() -> bool:
        desk.find(links[0]["id"])
        return desk.page.get_by_role("link", name=question).is_visible()

    product.until(is_asked, seconds=30)
    desk.keep("several")
    assert "ask them for the id of their WhatsApp account" in desk.says("what_to_do")
    desk.follow(question)
    desk.keep("several, the account")
    desk.clicks[-1] = "Is the account … this link's?"
    row = desk.page.get_by_role("row").filter(has_text="Café 0")
    desk.click(row.get_by_role("link", name="Assign to this signup"), "Assign to this signup")
    desk.keep("several, the question")
    desk.agree()

    done = product.completed(links[0]["id"], seconds=30)
    assert product.api("GET", f"wabas/{done['wabaId']}")["metaWabaId"] == accounts[0]["id"]
    tried("the same, and several accounts may be theirs", desk)


# -- the page before the window ------------------------------------------------------------------------------


def test_a_window_that_is_held_back(product: Product, page: Page, desk: Desk) -> None:
    page.add_init_script("window.open = () => null")
    link = opened(product, page)
    page.get_by_role("button", name="Continue with Facebook").click()
    sees(page, "Your browser held the window back")
    desk.keep("held back, the end-user's", page)

    desk.find(link["hostedUrl"])
    desk.keep("held back")
    assert "Their browser held Facebook's window back." in desk.says("what_to_do")
    desk.follow("See what the end-user sees")
    expect(desk.page.get_by_role("heading", name="Connect your WhatsApp number")).to_be_visible()
    tried("the browser holds Facebook's window back", desk)


def test_a_script_that_is_held_back(product: Product, page: Page, desk: Desk) -> None:
    product.scenario("sdk_blocked")
    link = opened(product, page)
    sees(page, "Facebook could not be loaded")

    desk.find(link["id"])
    desk.keep("script")
    assert "holds Facebook's script back" in desk.says("what_to_do")
    tried("an ad blocker or a network holds Facebook's script back", desk)


def test_a_page_inside_of_whatsapp(product: Product, new_context: NewContext, desk: Desk) -> None:
    page = new_context(user_agent=WHATSAPP).new_page()
    link = opened(product, page)
    sees(page, "Better in your own browser")

    desk.find(link["id"])
    assert "inside of another app" in desk.says("what_to_do")
    tried("the link was opened inside of WhatsApp, Instagram or Facebook", desk)


# -- the sign-in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["code_expired", "code_used"])
def test_a_code_that_is_no_good(product: Product, page: Page, desk: Desk, scenario: str) -> None:
    opened(product, page)
    finishes(at_facebook(page), scenario=scenario)
    said = details(page)

    desk.find(said)
    desk.keep(scenario)
    assert "the same link works again" in desk.says("what_to_do")
    assert "The button is there" in desk.says("end_user_sees")
    tried("the code has expired, or was used", desk)

    choose(page, "success", button="Try again")
    sees_done(page)


@pytest.mark.parametrize("pasted", ["ana@cafe.example", "crm-778"])
def test_who_left_before_the_end(product: Product, page: Page, desk: Desk, pasted: str) -> None:
    opened(product, page, name=f"{pasted} 1", externalId=f"{pasted}-1")
    finishes(at_facebook(page), choice="cancel")
    sees(page, "Not connected yet")

    desk.find(f"{pasted} 1" if "@" in pasted else f"{pasted}-1")
    desk.keep("left")
    assert "They left Facebook's window" in desk.says("what_to_do")
    tried("the end-user left before the end", desk)

    choose(page, "success")
    sees_done(page)


def test_a_permission_that_is_missing(product: Product, page: Page, desk: Desk) -> None:
    opened(product, page)
    finishes(at_facebook(page), scenario="permission_missing")
    said = details(page)

    desk.find(said)
    desk.keep("permission")
    assert "leave every box ticked" in desk.says("what_to_do")
    tried("a permission is missing", desk)

    choose(page, "success", button="Try again")
    sees_done(page)


def test_a_setting_of_ours_before_the_sign_in(product: Product, page: Page, desk: Desk) -> None:
    product.scenario("error", code=101, call="access_token")
    link = opened(product, page)
    finishes(at_facebook(page))
    said = details(page)

    desk.find(said)
    desk.keep("ours, nothing kept")
    assert "Nothing of the sign-in is kept" in desk.says("what_to_do")
    tried("our settings are wrong, and the sign-in came to nothing", desk)

    product.clear_scenarios()
    anew = page.context.new_page()
    anew.goto(link["hostedUrl"])
    choose(anew, "success")
    sees_done(anew)
    goes_on(page)


# -- the steps -----------------------------------------------------------------------------------------------


def test_a_pin_that_the_end_user_knows(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    finishes(at_facebook(page), scenario="pin_mismatch")
    sees(page, "Enter the PIN of your number")

    desk.find(link["hostedUrl"])
    desk.keep("pin")
    assert "the PIN that somebody in their business chose" in desk.says("what_to_do")
    assert "Tries left" in desk.says("end_user_sees")
    tried("the number has a PIN that we do not know (133005)", desk)

    page.locator("#pin").fill("123456")
    page.get_by_role("button", name="Continue", exact=True).click()
    sees_done(page)


def test_a_pin_that_nobody_knows(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page, name="Nobody knows")
    number = finishes(at_facebook(page), scenario="pin_mismatch")
    sees(page, "Enter the PIN of your number")
    changed_at_meta(product, number, pin=None)

    desk.find(number)
    desk.keep("pin, found by the number")
    desk.follow("Nobody knows")
    desk.clicks[-1] = "the link"
    desk.cure("Retry from a step")
    tried("nobody knows the PIN, and its owner switched it off", desk)

    sees_done(page)
    assert product.link(link["id"])["isPhoneRegistered"] is True


def test_too_many_attempts(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    finishes(at_facebook(page), scenario="too_many_attempts")
    sees_done(page)
    expect(page.get_by_text("too many tries with this number")).to_be_visible()

    desk.find(link["hostedUrl"])
    desk.keep("attempts")
    assert re.search(r"Until \d{4}-\d\d-\d\dT", desk.says("waits_for_whom"))
    assert "nothing is called before" in desk.says("what_to_do")
    tried("too many attempts (133016)", desk)

    desk.press("Retry from a step")
    desk.agree()
    expect(desk.page.locator(".messagelist .error")).to_contain_text("Meta wants no call before")
    assert len(product.calls("register", product.link(link["id"])["phoneNumberId"])) <= 1


def test_a_number_that_is_not_verified(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    finishes(at_facebook(page), scenario="not_verified")
    sees(page, "Confirm your phone number")

    desk.find(link["hostedUrl"])
    desk.keep("not verified")
    assert "have a code sent, by a call" in desk.says("what_to_do")
    tried("the number is not verified (133006)", desk)

    page.get_by_role("button", name="Send it by text message").click()
    give_code(page)
    sees_done(page)


def test_a_number_that_its_owner_verified_at_meta(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    number = finishes(at_facebook(page), scenario="not_verified")
    sees(page, "Confirm your phone number")
    changed_at_meta(product, number, code_verification_status="VERIFIED")

    desk.find(link["id"])
    desk.cure("Retry from a step")
    tried("the same, and its owner verified it in WhatsApp Manager", desk)

    sees_done(page)


def test_a_worker_that_died_in_a_step(product: Product, page: Page, desk: Desk) -> None:
    link = opened(product, page)
    product.scenario("slow", ms=2500, call="get_waba", times=1)
    finishes(at_facebook(page))
    sees(page, "Connecting your number")
    wait_until_slow(product)
    product.kill("worker-signups")

    desk.find(link["hostedUrl"])
    desk.keep("worker")
    assert "taken over within a minute or two" in desk.says("what_to_do")
    tried("a worker died in the middle of a step", desk)

    desk.press("Retry from a step")
    assert desk.page.get_by_label("Which").locator("option").first.inner_text().startswith("Save the WABA")
    desk.agree()
    expect(desk.page.locator(".messagelist .error")).to_contain_text("another one takes it")
    product.start_worker()
    sees_done(page)


def test_meta_is_down(product: Product, page: Page, desk: Desk) -> None:
    product.scenario("graph_down", call="subscribe")
    link = opened(product, page)
    finishes(at_facebook(page))
    expect(page.get_by_text("Facebook does not answer right now")).to_be_visible(timeout=PATIENCE)

    desk.find(link["hostedUrl"])
    desk.keep("down")
    assert "Meta does not answer" in desk.says("what_to_do")
    product.clear_scenarios()
    desk.cure("Retry")
    tried("Meta is down", desk)

    sees_done(page)


def test_a_setting_of_ours_after_the_sign_in(product: Product, page: Page, desk: Desk) -> None:
    product.scenario("error", code=10, call="debug_token")
    opened(product, page)
    finishes(at_facebook(page))
    said = details(page)
    trace = re.search(r"Meta's trace: (\S+)", said)
    assert trace

    desk.find(trace[1])
    desk.keep("ours")
    assert "to the operators" in desk.says("what_to_do")
    product.clear_scenarios()
    desk.cure("Retry")
    tried("our settings are wrong, and were mended", desk)

    goes_on(page)


# -- whose it is ---------------------------------------------------------------------------------------------


def test_the_same_number_again(product: Product, new_context: NewContext, desk: Desk) -> None:
    for name in ("First try", "Second try"):
        page = new_context().new_page()
        opened(product, page, name=name)
        finishes(at_facebook(page), number="+1 202 555 0177")
        sees_done(page)

    for pasted in ("001 202 555 0177", "202 555-0177", "0202 5550177", "+1 (202) 555-0177"):
        desk.find(pasted)
        found = desk.page.locator(".found a").all_inner_texts()
        assert found == ["Second try", "First try", "+12025550177"], pasted
    desk.keep("same again")
    desk.follow("First try")
    desk.clicks[-1] = "either link"
    assert "Nothing: the number is connected." in desk.says("what_to_do")
    tried("the same number again, in the same organization", desk)


def test_an_account_of_another_organization(product: Product, new_context: NewContext, desk: Desk) -> None:
    other = json.loads(product.manage("create_organization", "Other Inc", "--with-key", "--json"))
    own, product.key = product.key, other["key"]
    page = new_context().new_page()
    opened(product, page, name="Theirs")
    finishes(at_facebook(page), number="+1 202 555 0188")
    sees_done(page)
    product.key = own
    page = new_context().new_page()
    link = opened(product, page, name="Ours")
    finishes(at_facebook(page), number="+1 202 555 0188")
    said = details(page)

    desk.find(said)
    desk.keep("in use")
    assert "After both companies agreed in writing" in desk.says("what_to_do")
    desk.press("Release the account, and retry")
    desk.keep("in use, the question")
    expect(desk.page.get_by_text("“Other Inc” loses the account")).to_be_visible()
    desk.agree()
    tried("the account is another organization's", desk)

    goes_on(page)
    assert product.link(link["id"])["status"] == "completed"
    desk.find("+1 202 555 0188")
    desk.page.get_by_role("listitem").filter(has_text="Other Inc").get_by_role("link", name="+1").click()
    desk.page.get_by_role("link", name="History").click()
    expect(desk.page.get_by_text("Release the account, and retry, by onboarding link Ours")).to_be_visible()
    desk.keep("in use, the history of who lost it")


# -- nothing to cure -----------------------------------------------------------------------------------------


def test_a_link_that_has_expired(product: Product, page: Page, desk: Desk) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    link = opened(product, page, expiresAt=soon.isoformat())
    product.until(lambda: product.link(link["id"])["status"] == "expired")
    page.reload()
    sees(page, "This link has expired")

    desk.find(link["hostedUrl"])
    desk.keep("expired")
    assert "“Open again” gives it time" in desk.says("what_to_do")
    desk.cure("Open again")
    tried("the link has expired", desk)

    page.reload()
    choose(page, "success")
    sees_done(page)


def test_a_callback_that_came_twice(product: Product, desk: Desk) -> None:
    link, made = product.make_link(), product.sign_up()
    tab = Tab(link, str(uuid.uuid4()))
    tab.bring(made)
    assert tab.call("callback", code=made["code"]).status_code == 202
    product.completed(link["id"])

    desk.find(link["id"])
    desk.keep("twice")
    assert desk.page.locator(".timeline h3").filter(has_text="Signup").count() == 1
    tried("the callback came twice", desk)


def test_a_page_that_was_loaded_again(product: Product, page: Page, desk: Desk) -> None:
    product.scenario("slow", ms=1500)
    link = opened(product, page)
    finishes(at_facebook(page))
    sees(page, "Connecting your number")
    page.reload()
    sees(page, "Connecting your number")
    product.until(lambda: product.link(link["id"])["status"] == "processing")

    desk.find(link["id"])
    assert "Progress, step by step" in desk.says("end_user_sees")
    tried("the page was loaded again while it ran", desk)

    product.clear_scenarios()
    sees_done(page)
