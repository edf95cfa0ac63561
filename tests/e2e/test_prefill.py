"""What a real browser hands to Meta's window, compared with Meta's documented shape field by field."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.product import Product
from tests.e2e.test_page import choose, sees_done
from tests.onboarding.prefill import BUSINESS, DOCUMENTED, SETUP, paths, undocumented

pytestmark = pytest.mark.e2e
NUMBER = "+54 9 11 5123-4567"


def dialogs(product: Product) -> list[dict[str, Any]]:
    """What the fake Meta's windows were given, oldest first, with its verdict on each field."""
    found: list[dict[str, Any]] = requests.get(f"{product.sandbox_url}/_sandbox/dialogs", timeout=10).json()[
        "data"
    ]
    return found


def verified_number(product: Product) -> str:
    number = product.api(
        "POST", "registered-numbers", {"phoneNumber": NUMBER, "method": "sms", "language": "en"}
    )
    told = requests.get(
        f"{product.sandbox_url}/_sandbox/objects", params={"kind": "preverified_number"}, timeout=10
    ).json()["data"]
    code = told[-1]["verification_code"]
    assert (
        product.api("POST", f"registered-numbers/{number['id']}/verify", {"code": code})["status"]
        == "verified"
    )
    return str(number["id"])


def test_the_popup_is_filled_in_as_meta_documents_it(embedded: Product, page: Page) -> None:
    link = embedded.make_link(business=BUSINESS, displayName="Café Río")
    page.goto(link["hostedUrl"])

    choose(page, "success")

    sees_done(page)
    opened = dialogs(embedded)[-1]
    setup = opened["extras"].pop("setup")
    assert opened["extras"] == {"sessionInfoVersion": "3", "version": "v4"}
    assert setup == SETUP
    assert undocumented(setup) == []
    assert [one["path"] for one in opened["received"] if one["problem"]] == []
    assert (
        {one["path"] for one in opened["received"]}
        == paths(setup)
        == set(DOCUMENTED) - {"preVerifiedPhone.ids"}
    )
    assert opened["lacking"] == []
    assert embedded.completed(link["id"])["business"] == link["business"]


def test_a_registered_number_is_the_one_that_is_connected(embedded: Product, page: Page) -> None:
    number_id = verified_number(embedded)
    link = embedded.make_link(registeredNumberId=number_id, business={"name": "Zahav Books"})
    page.goto(link["hostedUrl"])

    choose(page, "success")

    sees_done(page)
    opened = dialogs(embedded)[-1]
    assert list(opened["extras"]["setup"]) == ["business", "preVerifiedPhone"]
    assert undocumented(opened["extras"]["setup"]) == []
    assert [one["problem"] for one in opened["received"]] == ["", ""]
    done = embedded.completed(link["id"])
    assert done["phoneNumber"] == "+5491151234567"
    assert embedded.api("GET", f"registered-numbers/{number_id}")["status"] == "used"


def test_the_end_user_changes_all_of_it_and_is_connected(embedded: Product, page: Page) -> None:
    link = embedded.make_link(business=BUSINESS, displayName="Café Río")
    page.goto(link["hostedUrl"])
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Continue with Facebook").click()
    window = opened.value

    window.fill("#businessName", "Another Ltd")
    window.fill("#phoneNumber", "+54 9 11 5123-9999")
    window.fill("#email", "someone@else.example")
    with window.expect_event("close"):
        window.locator("[data-choice=success]").click()

    sees_done(page)
    done = embedded.completed(link["id"])
    assert done["phoneNumber"] == "+5491151239999"
    assert embedded.api("GET", f"wabas/{done['wabaId']}")["name"] == "Another Ltd"


def test_the_landing_page_that_meta_is_told_of_is_there(embedded: Product, page: Page) -> None:
    known = {name: BUSINESS[name] for name in ("name", "address", "registrationId", "email", "country")}
    link = embedded.make_link(business=known)
    page.goto(link["hostedUrl"])
    choose(page, "success")
    sees_done(page)

    opened = dialogs(embedded)[-1]
    page.goto(opened["extras"]["setup"]["business"]["website"])

    assert opened["lacking"] == []
    expect(page.get_by_role("heading", level=1)).to_have_text(BUSINESS["name"])
