"""Workers that are killed in the middle: the link completes all the same, and nothing is done twice."""

import time
import uuid

import pytest
import requests

from tests.e2e.product import Browser, Product

pytestmark = pytest.mark.e2e
SECRET = "whsec_my_secret_key_123"


@pytest.mark.parametrize("call", ["debug_token", "get_waba", "get_phone_number", "subscribe", "register"])
def test_a_worker_that_is_killed_during_a_graph_call_loses_no_signup(product: Product, call: str) -> None:
    name = f"killed-{call}"
    link = product.make_link(
        webhookUrl=product.receiver(name, SECRET),
        webhookSecret=SECRET,
        webhookEvents=["phone_number.connected"],
    )
    made = product.sign_up()
    product.scenario("slow", ms=1500, call=call, times=1)
    browser = Browser(link, str(uuid.uuid4()))
    browser.bring(made)
    wait_until_slow(product)

    product.kill("worker-signups")
    product.start_worker()

    shown = product.completed(link["id"], seconds=30)
    assert shown["isPhoneRegistered"] is True
    assert [entry["status"] for entry in product.calls("register", made["phoneNumberId"])].count(200) == 1
    assert len(product.received(name)) == 1


def wait_until_slow(product: Product) -> None:
    """Until the one slow call has begun: the scenario is used up."""
    until = time.monotonic() + 10
    while scenarios(product):
        assert time.monotonic() < until
        time.sleep(0.02)


def scenarios(product: Product) -> list[str]:
    listed = requests.get(f"{product.sandbox_url}/_sandbox/scenarios", timeout=5).json()
    return [active["name"] for active in listed["active"]]
