"""A Graph that quotes all it was given, in every form: no secret of any call is in its row."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import unquote

import pytest
import responses

from journal.models import GraphCall
from journal.subjects import about
from meta_graph import oauth, phone_numbers, preverified_numbers, shown, uploads, wabas
from meta_graph.bodies import RawBody
from meta_graph.client import Token, business_token, call, node, system_token
from meta_graph.errors import GraphError

pytestmark = pytest.mark.django_db

GRAPH = re.compile(r"https://graph\.example\.com/.*")
# None has the shape of a secret: each is known by its place in the call alone.
CUSTOMER, OURS, APP_SECRET = "customers-canary", "our-canary-of-the-system-user", "canary-of-the-app"
CODE, PIN, PHONE_CODE, VERIFY, SESSION = (
    "canary-of-the-login", "739150", "246810", "canary-of-the-callback", "MTp/canary+of/upload==",
)  # fmt: skip
SECRETS = (CUSTOMER, OURS, APP_SECRET, CODE, PIN, PHONE_CODE, VERIFY, "canary+of")

ASKED: dict[str, Callable[[Token], object]] = {
    "exchange_code": lambda _: oauth.exchange_code(code=CODE),
    "debug_token": lambda _: oauth.debug_token(token_value=CUSTOMER),
    "fetch_customer_token": lambda _: oauth.fetch_customer_token(business_id="11"),
    "register": lambda t: phone_numbers.register(phone_number_id="22", pin=PIN, token=t),
    "set_pin": lambda t: phone_numbers.set_pin(phone_number_id="22", pin=PIN, token=t),
    "request_code": lambda t: phone_numbers.request_code(
        phone_number_id="22", method="SMS", language="es_AR", token=t
    ),
    "verify_code": lambda t: phone_numbers.verify_code(phone_number_id="22", code=PHONE_CODE, token=t),
    "override_callback": lambda t: phone_numbers.override_callback(
        phone_number_id="22", callback_uri="https://us.example.com/x", verify_token=VERIFY, token=t
    ),
    "subscribe_app": lambda t: wabas.subscribe_app(
        waba_id="11", token=t, override_callback_uri="https://us.example.com/x", verify_token=VERIFY
    ),
    "list_preverified_numbers": lambda _: preverified_numbers.list_all(
        business_id="11", token=system_token()
    ),
    "begin_upload": lambda t: uploads.begin(length=9, mime_type="image/png", filename="a.png", token=t),
    "upload_file": lambda t: call(
        "upload_file", "POST", f"upload:{SESSION}?sig=canary+of+it", token=t, raw=RawBody(b"123")
    ),
    "read_by_token_in_a_list": lambda t: call(
        "nested", "POST", node("11"), token=t, json={"of": [{"verify_token": VERIFY, "pin": int(PIN)}]}
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def ours(settings, monkeypatch):
    settings.META_GRAPH_URL = "https://graph.example.com"
    settings.META_APP_ID, settings.META_APP_SECRET = "670000000000001", APP_SECRET
    settings.META_SYSTEM_USER_TOKEN = OURS
    # What is cut away proves nothing.
    monkeypatch.setattr(shown, "LONGEST", 1_000_000)


@pytest.fixture(params=[200, 400, 502])
def echoing(request) -> Iterator[int]:
    """Graph answers with its status and all it was given."""

    def answer(asked):
        body = asked.body.decode() if isinstance(asked.body, bytes) else str(asked.body)
        given = [asked.url, unquote(asked.url), str(dict(asked.headers)), body, unquote(body)]
        text = "\n".join(given)
        quoted = {"given": given, "again": json.dumps({"body": body, "inner": json.dumps({"text": text})})}
        if request.param == 502:
            return 502, {}, f"<h1>Bad gateway</h1> {text} {json.dumps(quoted)}"
        error = {"code": 100, "message": f"Refused: {text}", "error_data": {"details": json.dumps(quoted)}}
        told = quoted if request.param == 200 else {"error": error} | quoted
        return request.param, {}, json.dumps(told | {"sent": json.loads(body) if body[:1] == "{" else None})

    with responses.RequestsMock() as graph:
        for method in ("GET", "POST"):
            graph.add_callback(method, url=GRAPH, callback=answer)
        graph.assert_all_requests_are_fired = False
        yield request.param


@pytest.mark.parametrize("name", ASKED)
def test_no_secret_of_a_call_is_kept_whatever_meta_quotes(name: str, echoing: int) -> None:
    with about(deed=name), suppress(GraphError):
        ASKED[name](business_token(CUSTOMER))

    (row,) = GraphCall.objects.all()
    kept = "\n".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)
    assert "example.com" in row.answer
    assert [secret for secret in SECRETS if secret in kept] == []
    assert "sig=" not in kept
    assert "proof" not in row.request
