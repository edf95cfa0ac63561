"""Browsers and answers that are lost on their way back from Meta: the link completes all the same."""

import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from playwright.sync_api import Page

from tests.e2e.conftest import running
from tests.e2e.product import Browser, Product
from tests.e2e.test_kills import wait_until_slow

pytestmark = pytest.mark.e2e
SECRET = "whsec_my_secret_key_123"
QUICK = {"RECOVERY_SILENCE_SECONDS": "1", "RECOVERY_UNSEEN_SECONDS": "3", "META_REQUEST_TIMEOUT": "5"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of its own: sign-ups that others left open would be candidates here too."""
    database, redis = (os.environ[name] for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS gangway_lost")
        connection.execute("CREATE DATABASE gangway_lost")
    whole = Product(
        tmp_path_factory.mktemp("lost"),
        embedded=False,
        database_url=urlsplit(database)._replace(path="/gangway_lost").geturl(),
        redis_url=urlsplit(redis)._replace(path="/7").geturl(),
        settings=QUICK,
    )
    yield from told_by_meta(whole)


def told_by_meta(whole: Product) -> Iterator[Product]:
    for product in running(whole):
        callback = {"callbackUrl": f"{product.url}/webhook/meta", "verifyToken": "sandbox-verify-token"}
        answer = requests.post(f"{product.sandbox_url}/_sandbox/app", json=callback, timeout=10)
        assert answer.ok, answer.text
        yield product


def tokens(product: Product, link_id: str) -> list[str]:
    statement = "SELECT token_source FROM onboarding_signup WHERE link_id = %s AND token_source IS NOT NULL"
    with psycopg.connect(product.database_url, autocommit=True) as connection:
        return [source for (source,) in connection.execute(statement, [link_id])]


def clicked(product: Product, name: str) -> Browser:
    link = product.make_link(
        webhookUrl=product.receiver(name, SECRET),
        webhookSecret=SECRET,
        webhookEvents=["phone_number.connected", "onboarding_link.completed"],
    )
    browser = Browser(link, str(uuid.uuid4()))
    assert browser.call("start").status_code == 204
    return browser


def is_told_once(product: Product, name: str) -> bool:
    names = [one["headers"]["x-webhook-event"] for one in product.received(name, 2)]
    return sorted(names) == ["onboarding_link.completed", "phone_number.connected"]


def test_a_tab_that_is_closed_right_after_metas_message_is_no_loss(product: Product, page: Page) -> None:
    link = product.make_link()
    page.goto(link["hostedUrl"])
    page.route("**/callback", lambda route: route.abort())
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Continue with Facebook").click()
    window = opened.value
    window.wait_for_load_state()

    with page.expect_request("**/session"):
        window.locator("[data-choice=message_first]").dispatch_event("click")
    page.close()

    assert product.completed(link["id"], seconds=30)["isPhoneRegistered"] is True
    assert tokens(product, link["id"]) == ["fetched"]


def test_a_tab_that_said_nothing_is_no_loss(product: Product) -> None:
    browser = clicked(product, "silent")
    product.sign_up()

    product.completed(browser.link["id"], seconds=30)

    assert tokens(product, browser.link["id"]) == ["fetched"]
    assert is_told_once(product, "silent")


def test_an_exchange_whose_answer_was_lost_goes_on(product: Product) -> None:
    browser = clicked(product, "reset")
    product.scenario("reset_after_work", call="access_token", times=1)
    made = product.sign_up()

    browser.bring(made)

    product.completed(browser.link["id"], seconds=30)
    assert tokens(product, browser.link["id"]) == ["fetched"]
    assert is_told_once(product, "reset")
    assert [call["status"] for call in product.calls("register", made["phoneNumberId"])].count(200) == 1


def test_a_worker_that_is_killed_while_it_fetches_the_token_is_no_loss(product: Product) -> None:
    browser = clicked(product, "killed")
    product.scenario("slow", ms=1500, call="fetch_customer_token", times=1)
    made = product.sign_up()
    assert browser.call("session", **made["session"]).status_code == 202
    wait_until_slow(product)

    product.kill("worker-signups")
    product.start_worker()

    product.completed(browser.link["id"], seconds=30)
    assert tokens(product, browser.link["id"]) == ["fetched"]
    assert is_told_once(product, "killed")
