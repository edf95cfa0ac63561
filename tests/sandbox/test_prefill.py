"""The dialog's word on what a page handed to it: field by field as Meta documents it, or not."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, expect

from meta_graph.sandbox.prefill import SETUP, lacking, received
from tests.sandbox.conftest import APP

WHOLE: dict[str, Any] = {
    "business": {
        "id": None,
        "name": "Café Río",
        "email": "office@cafe-rio.example",
        "website": "https://cafe-rio.example/",
        "address": {
            "streetAddress1": "Av. 1", "streetAddress2": "Floor 2", "city": "Rosario", "state": "SF",
            "zipPostal": "S2000", "country": "AR",
        },
        "phone": {"code": 54, "number": "91155551234"},
        "timezone": "UTC-03:00",
    },
    "phone": {"displayName": "Café Río - Pedidos", "category": "RESTAURANT", "description": "x" * 512},
    "preVerifiedPhone": {"ids": ["106540352242922"]},
    "whatsAppBusinessAccount": {"ids": ["102290129340398"], "id": "102290129340398"},
    "solutionID": "77",
}  # fmt: skip


def wrong(setup: dict[str, Any]) -> list[str]:
    return [one.path for one in received({"setup": setup}) if one.problem]


def test_metas_own_fields_are_all_right():
    assert wrong(WHOLE) == []
    assert {one.path for one in received({"setup": WHOLE})} == set(SETUP)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("business.id", "123"), ("business.id", True), ("business.name", "x" * 101), ("business.name", " "),
        ("business.name", 7), ("business.email", "nobody"), ("business.website", "cafe-rio.example"),
        ("business.address", "Av. 1"), ("business.address.country", "ar"), ("business.address.country", "A"),
        ("business.address.street", "Av. 1"), ("business.phone.code", "54"), ("business.phone.code", 54.0),
        ("business.phone.number", 91155551234), ("business.phone.number", "+5491155551234"),
        ("business.timezone", "America/Argentina"), ("business.registrationId", "51"),
        ("preVerifiedPhone.ids", []), ("preVerifiedPhone.ids", [1065]), ("preVerifiedPhone.ids", "1065"),
        ("phone.category", "Restaurant"), ("phone.description", "x" * 513), ("phone.displayName", None),
        ("phones", "x"),
    ],
)  # fmt: skip
def test_what_meta_does_not_document_is_found(path: str, value: Any):
    *objects, last = path.split(".")
    setup: dict[str, Any] = {last: value}
    for name in reversed(objects):
        setup = {name: setup}

    assert wrong(setup) == [path]


def test_a_portfolio_needs_four_of_them():
    business = WHOLE["business"]

    assert lacking({"setup": WHOLE}) == []
    assert lacking({"setup": {"business": business | {"email": "nobody"}}}) == ["business.email"]
    assert len(lacking({})) == 4


@pytest.mark.parametrize("extras", ["{", "[]", '"x"', '{"setup": []}', '{"setup": null}'])
def test_what_is_no_object_is_nothing(sandbox, extras: str):
    page = requests.get(f"{sandbox.url}/dialog", params={"extras": extras}, timeout=10)

    assert page.status_code == 200
    assert "Nothing: the end-user types everything." in page.text


def dialog_url(sandbox, setup: dict[str, Any]) -> str:
    query = {"app_id": APP["app_id"], "config_id": APP["config_id"], "extras": json.dumps({"setup": setup})}
    return f"{sandbox.url}/dialog?{urlencode(query)}"


def test_each_opened_dialog_is_remembered_with_its_verdicts(sandbox):
    requests.get(dialog_url(sandbox, {"business": {"name": "Café Río", "nmae": "x"}}), timeout=10)

    (opened,) = requests.get(f"{sandbox.url}/_sandbox/dialogs", timeout=10).json()["data"]
    assert opened["extras"] == {"setup": {"business": {"name": "Café Río", "nmae": "x"}}}
    assert [(one["path"], one["value"], bool(one["problem"])) for one in opened["received"]] == [
        ("business.name", "Café Río", False),
        ("business.nmae", "x", True),
    ]
    assert opened["lacking"] == ["business.email", "business.website", "business.address.country"]


# How many lines each word of the table's heads is broken over.
LINES_OF_WORDS = """[...document.querySelectorAll("thead th")].flatMap((head) =>
  [...head.firstChild.data.matchAll(/\\S+/g)].map((word) => {
    const range = document.createRange();
    range.setStart(head.firstChild, word.index);
    range.setEnd(head.firstChild, word.index + word[0].length);
    return range.getClientRects().length;
  }))"""


def test_no_word_of_the_tables_heads_is_broken_on_a_small_screen(browser: Browser, sandbox):
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(dialog_url(sandbox, WHOLE))

    assert page.evaluate(LINES_OF_WORDS) == [1, 1, 1, 1]
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


def test_the_dialog_shows_and_uses_what_it_received(browser: Browser, sandbox):
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(dialog_url(sandbox, WHOLE | {"evil": "<b>x</b>"}))

    rows = page.locator("tr[data-path]")
    assert rows.count() == len(SETUP) + 1
    expect(page.locator("tr[data-path='business.phone.code'] .mark")).to_have_text("yes")
    expect(page.locator("tr[data-path=evil] .mark")).to_have_text("no")
    expect(page.locator("#email")).to_have_value("office@cafe-rio.example")
    expect(page.locator("#address")).to_have_value("Av. 1, Floor 2, Rosario, SF, S2000, AR")
    expect(page.get_by_text("Enough to create a portfolio")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.fill("#email", "boss@cafe-rio.example")
    page.locator("[data-choice=success]").click()
    expect(page.locator("#status")).to_have_text("Done. This window may be closed.")

    (phone,) = sandbox.state.of_kind("phone_number")
    (business,) = sandbox.state.of_kind("business", name="Café Río")
    assert business["email"] == "boss@cafe-rio.example"
    assert business["website"] == "https://cafe-rio.example/"
    assert (phone["verified_name"], phone["display_phone_number"]) == (
        "Café Río - Pedidos",
        "+54 91155551234",
    )
    page.close()
