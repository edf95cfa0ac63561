"""After a full signup nothing secret stands in a log, an answer, a page, or in clear in the database."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

import psycopg
import pytest
import requests

from tests.e2e.product import Browser, Product

pytestmark = pytest.mark.e2e
WEBHOOK_SECRET = "whsec_only_in_the_first_answer_1"
PIN, WRONG_PIN = "123456", "907856"
GETS = ("api-keys", "onboarding-links", "onboarding-links/{link}", "wabas", "wabas/{waba}",
        "wabas/{waba}/connection", "phones", "phones/{phone}", "phones/{phone}/health", "outgoing-webhooks",
        "outgoing-webhooks/{webhook}")  # fmt: skip
HREF = re.compile(r'href="([^"#]+)"')


@dataclass
class Told:
    """Everything that the product showed or stored, by where it was found."""

    texts: dict[str, str] = field(default_factory=dict)

    def places_of(self, secret: str) -> list[str]:
        return [place for place, text in self.texts.items() if secret in text]


@pytest.fixture(scope="module")
def story(product: Product) -> tuple[Product, dict[str, str], Told]:
    """A signup with a wrong PIN, a right one, a webhook and a failed code; then everything is read."""
    link = product.make_link(
        webhookUrl=product.receiver("secrets", WEBHOOK_SECRET),
        webhookSecret=WEBHOOK_SECRET,
        webhookEvents=["*"],
        redirectUrl="https://myapp.com/cb",
    )
    made = product.sign_up(phoneNumber="+54 9 11 5555-0042")
    product.scenario("pin_mismatch", target=made["phoneNumberId"], pin=PIN)
    browser = Browser(link, str(uuid.uuid4()))
    assert browser.call("callback", code="AQBadCodeThatMetaNeverGave").status_code == 422
    browser = Browser(link, str(uuid.uuid4()))
    browser.bring(made)
    for pin in (WRONG_PIN, PIN):
        product.until(lambda: action_of(product, link["id"]) == "ENTER_PIN")
        assert browser.call("pin", pin=pin).status_code == 202
    done = product.completed(link["id"])
    product.received("secrets")
    return product, secrets_of(product, made["code"]), told(product, browser, done)


def action_of(product: Product, link_id: str) -> str | None:
    shown = product.link(link_id)
    return shown["nextAction"]["code"] if shown["nextAction"] else None


def secrets_of(product: Product, code: str) -> dict[str, str]:
    """The customers' tokens are what the fake Meta gave out."""
    kept = json.loads(product.manage("shell", "-v0", "-c", TOKENS))
    tokens = {f"token {number}": value for number, value in enumerate(kept["tokens"])}
    assert tokens
    assert kept["pins"]
    return tokens | {
        "API key": product.key,
        "code": code,
        "bad code": "AQBadCodeThatMetaNeverGave",
        "webhook secret": WEBHOOK_SECRET,
        "app secret": kept["app_secret"],
        "system token": kept["system_token"],
        "key hash": kept["key_hash"],
    }


TOKENS = """
import json
from django.conf import settings
from organizations.models import ApiKey
from phones.models import PhoneNumber
from wabas.models import Waba
print(json.dumps({
    "tokens": [str(waba.access_token) for waba in Waba.objects.exclude(access_token=None)],
    "pins": [str(phone.pin) for phone in PhoneNumber.objects.exclude(pin=None)],
    "app_secret": settings.META_APP_SECRET,
    "system_token": settings.META_SYSTEM_USER_TOKEN,
    "key_hash": ApiKey.objects.first().key_hash,
}))
"""


def told(product: Product, browser: Browser, link: dict[str, object]) -> Told:
    found = Told()
    found.texts["logs"] = product.logs()
    found.texts["page"] = browser.session.get(f"{browser.link['hostedUrl']}/status", params={
        "signupId": browser.signup_id}, timeout=10).text  # fmt: skip
    ids = {"link": link["id"], "waba": link["wabaId"], "phone": link["phoneNumberId"]}
    ids["webhook"] = link["outgoingWebhook"]["id"]  # type: ignore[index]
    for path in GETS:
        found.texts[f"GET /v1/{path}"] = json.dumps(product.api("GET", path.format(**ids)))
    found.texts |= dict(admin_pages(product))
    found.texts |= dict(tables(product))
    return found


def admin_pages(product: Product) -> Iterator[tuple[str, str]]:
    """Every page of the admin that is linked from another one, lists and details."""
    product.manage("shell", "-v0", "-c", "from django.contrib.auth.models import User;"
                   "User.objects.create_superuser('auditor', password='auditor-password')")  # fmt: skip
    session = requests.Session()
    start = f"{product.url}/admin/"
    session.get(start, timeout=10)
    entered = session.post(
        f"{start}login/?next=/admin/",
        data={"username": "auditor", "password": "auditor-password",
              "csrfmiddlewaretoken": session.cookies["csrftoken"]},
        headers={"Referer": start}, timeout=10,
    )  # fmt: skip
    assert "Log out" in entered.text
    waiting, seen = [start], {start}
    while waiting and len(seen) < 400:
        page = session.get(url := waiting.pop(), timeout=10)
        yield f"admin {url}", page.text
        for href in HREF.findall(page.text):
            there = urljoin(url, href.replace("&amp;", "&"))
            if there.startswith(start) and there not in seen and "logout" not in there and "?" not in there:
                seen.add(there)
                waiting.append(there)
    assert len(seen) > 20


def tables(product: Product) -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with psycopg.connect(product.database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            rows = connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()  # noqa: S608
            yield f"table {name}", "\n".join(row[0] for row in rows)


def test_no_secret_is_in_a_log_an_answer_a_page_or_the_database(
    story: tuple[Product, dict[str, str], Told],
) -> None:
    _, secrets, found = story

    places = {name: found.places_of(secret) for name, secret in secrets.items()}

    # The key's hash is what the database keeps of it.
    assert places.pop("key hash") == ["table organizations_apikey"]
    assert {name: where for name, where in places.items() if where} == {}


def test_no_pin_is_in_a_log_an_answer_a_page_or_the_database(
    story: tuple[Product, dict[str, str], Told],
) -> None:
    _, _, found = story
    alone = {pin: re.compile(rf"(?<![0-9A-Za-z.]){pin}(?![0-9A-Za-z])") for pin in (PIN, WRONG_PIN)}

    places = {pin: [place for place, text in found.texts.items() if alone[pin].search(text)] for pin in alone}

    assert places == {PIN: [], WRONG_PIN: []}


def test_the_search_would_find_what_is_there(story: tuple[Product, dict[str, str], Told]) -> None:
    product, _, found = story

    assert found.places_of(product.organization_id)
    assert any(place.startswith("admin") for place in found.places_of("+54"))
    assert any(place.startswith("table") for place in found.places_of("+54"))
    assert '"step": "register_phone"' in found.texts["logs"]
