"""What operators read of a day at DEBUG: one request id from end to end, no secret, and figures of it all."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from shared_inbox.sessions import COOKIE
from tests.backoffice.test_metrics import Samples, samples
from tests.e2e.product import Browser, Product

pytestmark = pytest.mark.e2e
WEBHOOK_SECRET = "whsec_only_in_the_first_answer_1"
OWN_WORDS = "words of the customer that sign"
BAD_CODE = "AQBadCodeThatMetaNeverGave"
PIN, WRONG_PIN = "739164", "907856"
METRICS_TOKEN = "a-token-of-metrics"
BREAKABLE = ("inbox_conversation", "phones_registrationattempt")
WORDS = "words that nobody else reads"
TEXT = {"to": "+16315550123", "type": "text", "text": WORDS}
LINK, SIGNUP, MESSAGE, BROKEN = "client-link", "client-signup", "client-message", "client-broken"


@dataclass
class Day:
    """What the processes wrote, what must not stand there, and what /metrics said."""

    text: str
    figures: Samples
    secrets: dict[str, str] = field(repr=False)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]

    def of(self, request_id: str) -> dict[str, list[dict[str, Any]]]:
        """The lines of a request, by what they tell."""
        found: dict[str, list[dict[str, Any]]] = {}
        for line in self.lines:
            if line.get("request_id") == request_id:
                found.setdefault(line["event"], []).append(line)
        return found

    def total(self, name: str, **labels: str) -> float:
        wanted = set(labels.items())
        return sum(value for (key, has), value in self.figures.items() if key == name and wanted <= set(has))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Web, workers and scheduler as processes that put their figures together."""
    database, redis = (os.environ[name] for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS gangway_logs")
        connection.execute("CREATE DATABASE gangway_logs")
    folder = tmp_path_factory.mktemp("product")
    whole = Product(
        folder,
        embedded=False,
        database_url=urlsplit(database)._replace(path="/gangway_logs").geturl(),
        redis_url=urlsplit(redis)._replace(path="/6").geturl(),
        settings={
            "LOG_LEVEL": "DEBUG",
            "METRICS_TOKEN": METRICS_TOKEN,
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "figures"),
        },
    )
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


def api(product: Product, method: str, path: str, request_id: str, body: Any = None) -> requests.Response:
    return requests.request(
        method, f"{product.url}/v1/{path}", json=body, timeout=20,
        headers={"Authorization": f"Bearer {product.key}", "X-Request-Id": request_id},
    )  # fmt: skip


def connected(product: Product) -> tuple[dict[str, Any], dict[str, Any]]:
    """A link made by the API and completed with a wrong code, a wrong PIN and a right one."""
    receiver = product.receiver("logs", WEBHOOK_SECRET)
    body = {"name": "Acme", "webhookUrl": receiver, "webhookSecret": WEBHOOK_SECRET, "webhookEvents": ["*"]}
    link = api(product, "POST", "onboarding-links", LINK, body).json()["data"]
    made = product.sign_up()
    product.scenario("pin_mismatch", target=made["phoneNumberId"], pin=PIN)
    assert Browser(link, str(uuid.uuid4())).call("callback", code=BAD_CODE).status_code == 422
    browser = Browser(link, str(uuid.uuid4()))
    browser.session.headers["X-Request-Id"] = SIGNUP
    browser.bring(made)
    for pin in (WRONG_PIN, PIN):
        product.until(lambda: (product.link(link["id"])["nextAction"] or {}).get("code") == "ENTER_PIN")
        assert browser.call("pin", pin=pin).status_code == 202
    return product.completed(link["id"]), made


def shared(product: Product, phone_id: str) -> tuple[str, str]:
    """An inbox that was opened in a browser: the link's token, and the browser's cookie."""
    body = {"phoneNumberId": phone_id, "name": "Support", "permissions": {"readInbox": True}}
    url = api(product, "POST", "shared-inbox-links", LINK, body).json()["data"]["publicUrl"]
    session = requests.Session()
    assert session.get(url, timeout=10).ok
    return url.rsplit("/", 1)[1], str(session.cookies[COOKIE])


def staff(product: Product) -> str:
    """Somebody of the staff logged in: the session's cookie."""
    product.manage("shell", "-v0", "-c", "from django.contrib.auth.models import User;"
                   "User.objects.create_superuser('auditor', password='auditor-password')")  # fmt: skip
    session, login = requests.Session(), f"{product.url}/admin/login/?next=/admin/"
    session.get(login, timeout=10)
    form = {"username": "auditor", "password": "auditor-password", "csrfmiddlewaretoken":
            session.cookies["csrftoken"]}  # fmt: skip
    session.post(login, data=form, headers={"Referer": login}, timeout=10)
    return str(session.cookies["sessionid"])


def break_and_ask(product: Product, phone_id: str) -> None:
    """What nobody foresaw, with secrets in hand: in the API, and in a worker."""
    with psycopg.connect(product.database_url, autocommit=True) as connection:
        for table in BREAKABLE:
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_elsewhere")
        try:
            assert api(product, "GET", f"phones/{phone_id}/conversations", BROKEN).status_code == 500
            assert api(product, "POST", f"phones/{phone_id}/messages", BROKEN, TEXT).status_code == 500
            link = api(product, "POST", "onboarding-links", LINK, {"name": "second"}).json()["data"]
            browser = Browser(link, str(uuid.uuid4()))
            browser.session.headers["X-Request-Id"] = BROKEN
            browser.bring(product.sign_up())
            product.until(lambda: "step crashed" in product.logs())
        finally:
            for table in BREAKABLE:
                connection.execute(f"ALTER TABLE {table}_elsewhere RENAME TO {table}")


@pytest.fixture(scope="module")
def day(product: Product) -> Day:
    link, made = connected(product)
    phone = link["phoneNumberId"]
    nowhere = {"url": "http://127.0.0.1:1/hook?key=in-the-query", "events": ["*"], "secret": OWN_WORDS}
    api(product, "POST", "outgoing-webhooks", LINK, nowhere)
    assert api(product, "POST", f"phones/{phone}/messages", MESSAGE, TEXT).status_code == 201
    handshake = {"hub.mode": "subscribe", "hub.verify_token": "sandbox-verify-token", "hub.challenge": "1"}
    requests.get(f"{product.url}/webhook/meta", params=handshake, timeout=10)
    requests.get(f"{product.url}/v1/phones?access_token=EAAinTheQuery0123456789", timeout=10)
    secrets = secrets_of(product) | {"code": made["code"], "cookie of staff": staff(product)}
    secrets["token of the inbox"], secrets["cookie of the inbox"] = shared(product, phone)
    product.until(
        lambda: all("attempt" in Day(written(product), {}, {}).of(who) for who in (SIGNUP, MESSAGE))
    )
    break_and_ask(product, phone)
    figures = requests.get(
        f"{product.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=10
    )
    return Day(written(product), samples(figures.text), secrets)


def written(product: Product) -> str:
    """By our processes; the sandbox is Meta's."""
    files = [path for path in product.folder.glob("*.log") if path.stem != "sandbox"]
    return "\n".join(path.read_text(errors="replace") for path in files)


KEPT = """
import json
from django.conf import settings
from wabas.models import Waba
print(json.dumps({
    "tokens": [str(waba.access_token) for waba in Waba.objects.exclude(access_token=None)],
    "app secret": settings.META_APP_SECRET, "system token": settings.META_SYSTEM_USER_TOKEN,
    "verify token": settings.META_WEBHOOK_VERIFY_TOKEN, "django": settings.SECRET_KEY,
}))
"""


def secrets_of(product: Product) -> dict[str, str]:
    kept: dict[str, Any] = json.loads(product.manage("shell", "-v0", "-c", KEPT))
    tokens: dict[str, str] = {f"token {number}": value for number, value in enumerate(kept.pop("tokens"))}
    assert tokens
    return kept | tokens | {
        "API key": product.key,
        "bad code": BAD_CODE,
        "webhook secret": WEBHOOK_SECRET,
        "webhook secret of their own": OWN_WORDS,
        "metrics token": METRICS_TOKEN,
        "query of an endpoint": "in-the-query",
        "query of a request": "EAAinTheQuery",
        "words of a message": WORDS,
        "password of staff": "auditor-password",
        "password of the database": urlsplit(product.database_url).password or "no password",
    }  # fmt: skip


def test_one_request_id_is_on_the_lines_of_a_signup_from_the_page_to_the_webhook(day: Day) -> None:
    found = day.of(SIGNUP)

    assert {"request", "task", "step", "graph_call", "attempt"} <= found.keys()
    steps = {line["step"] for line in found["step"] if line["status"] == "done"}
    assert {"identify_assets", "save_waba", "save_phone", "subscribe_app", "complete_link"} <= steps
    calls = {line["call"] for line in found["graph_call"]}
    assert {"exchange_code", "debug_token", "read_waba", "subscribe_app", "register"} <= calls
    assert all(line["fbtrace_id"] for line in found["graph_call"] if line["outcome"] != "ok")
    assert {"outcome", "ms", "call", "level"} <= found["graph_call"][0].keys()
    assert [line for line in found["attempt"] if line["status"] == 200]


def test_one_request_id_is_on_the_lines_of_a_message_from_the_api_to_the_webhook(day: Day) -> None:
    found = day.of(MESSAGE)

    assert [line["path"].rpartition("/")[2] for line in found["request"]] == ["messages"]
    assert [(line["call"], line["outcome"]) for line in found["graph_call"]] == [("send_message", "ok")]
    assert {line["status"] for line in found["attempt"]} >= {200}


def test_what_nobody_foresaw_has_its_traceback_in_one_line_with_its_request(day: Day) -> None:
    found = day.of(BROKEN)

    (unexpected, *_), (crashed, *_) = found["unexpected"], found["step crashed"]
    assert "relation" in unexpected["exception"]
    assert 'File "' in crashed["exception"]


def test_no_secret_of_that_day_stands_anywhere(day: Day) -> None:
    assert all(len(secret) >= 8 for secret in day.secrets.values()), day.secrets.keys()

    assert [name for name, secret in day.secrets.items() if secret in day.text] == []
    alone = {pin: re.compile(rf"(?<![0-9A-Za-z.]){pin}(?![0-9A-Za-z])") for pin in (PIN, WRONG_PIN)}
    assert [pin for pin, pattern in alone.items() if pattern.search(day.text)] == []


def test_a_usual_day_is_readable_at_info(day: Day) -> None:
    """Sweeps, tasks and deliveries that went well are for who looks for them."""
    usual = [line for line in day.lines if line["level"] != "debug"]

    assert not [line for line in usual if line["event"] == "task"]
    assert not [line for line in usual if line["event"] == "attempt" and line["status"] == 200]
    assert {line["level"] for line in usual if line["event"] in {"request", "step"}} == {"info"}


def test_one_scrape_tells_of_all_processes(day: Day) -> None:
    assert day.total("http_requests_total", route="onboarding-link-list", method="POST", status="2xx") == 2
    assert day.total("onboarding_signups_total", outcome="completed") >= 1
    assert day.total("onboarding_step_duration_seconds_count", step="save_waba", verdict="done") == 2
    assert day.total("meta_graph_calls_total", call="exchange_code", outcome="ok") == 2
    assert day.total("meta_graph_calls_total", call="exchange_code") == 3
    assert day.total("webhooks_outcomes_total", code="succeeded") >= 2
    assert day.total("backoffice_gauges_up") == 1
    labels = json.dumps([labels for _, labels in day.figures])
    assert not [word for word in ("/v1/", "127.0.0.1", "pid") if word in labels]
