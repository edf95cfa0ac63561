"""A started sandbox on a free port, with a clock that tests move, and a callback that it may tell things."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from meta_graph.sandbox.server import Sandbox, SandboxConfig

APP: dict[str, Any] = {
    "app_id": "100000000000001",
    "app_secret": "an-app-secret",
    "config_id": "200000000000002",
    "system_user_token": "a-system-user-token",
    "business_id": "400000000000004",
    "system_user_id": "300000000000003",
}
CREDIT_LINE = "500000000000005"
VERIFY_TOKEN = "a-verify-token"


@dataclass
class Clock:
    now: float = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Graph:
    """Calls Graph as the product does: bearer token in the header, one kept session."""

    sandbox: Sandbox
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, token: str = "", **options) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.request(
            method, f"{self.sandbox.url}/v25.0{path}", headers=headers, timeout=10, **options
        )

    def get(self, path: str, token: str = "", **params) -> requests.Response:
        return self.call("GET", path, token, params=params)

    def post(self, path: str, token: str = "", **body) -> requests.Response:
        return self.call("POST", path, token, json=body)

    def exchange(self, code: str, /, **changes) -> requests.Response:
        named = {"client_id": APP["app_id"], "client_secret": APP["app_secret"], "code": code}
        return self.get("/oauth/access_token", **(named | changes))

    def token_of(self, signup: dict) -> str:
        return str(self.exchange(signup["code"]).json()["access_token"])

    def register(self, signup: dict, token: str, pin: str = "111111") -> requests.Response:
        return self.post(f"/{signup['phoneNumberId']}/register", token, messaging_product="whatsapp", pin=pin)

    def assign_us(self, signup: dict) -> requests.Response:
        """Puts our system user on the customer's account."""
        query = {"user": APP["system_user_id"], "tasks": '["MANAGE"]'}
        return self.call(
            "POST", f"/{signup['wabaId']}/assigned_users", APP["system_user_token"], params=query
        )


@dataclass
class Callback:
    """The app's webhook endpoint: what arrived, oldest first; `statuses` are answered first, then 200."""

    url: str
    received: list[tuple[str, bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answer: bytes = b"{}"

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """The bodies of so many requests, once they are there."""
        until = time.monotonic() + 10
        while len(self.received) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.received) == count
        return [json.loads(body) for _, body in self.received]

    def values(self, count: int) -> list[dict[str, Any]]:
        return [body["entry"][0]["changes"][0]["value"] for body in self.wait_for(count)]


def is_signed(signature: str, body: bytes) -> bool:
    return signature == "sha256=" + hmac.new(APP["app_secret"].encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def callback() -> Iterator[Callback]:
    heard = Callback("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            is_ours = query.get("hub.mode") == "subscribe" and query.get("hub.verify_token") == VERIFY_TOKEN
            self.respond(200 if is_ours else 403, query["hub.challenge"].encode() if is_ours else b"")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.received.append((self.headers.get("X-Hub-Signature-256", ""), body))
            self.respond(heard.statuses.pop(0) if heard.statuses else 200, heard.answer)

        def respond(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        heard.url = f"http://127.0.0.1:{server.server_port}/webhook/meta"
        yield heard
        server.shutdown()
        thread.join()


def error_of(response: requests.Response) -> tuple[int, int | None]:
    error = response.json()["error"]
    return error["code"], error.get("error_subcode")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(**APP, clock=clock)) as sandbox:
        yield sandbox


@pytest.fixture
def told(sandbox: Sandbox, callback: Callback) -> Callback:
    """The app's callback, set at the dashboard."""
    sandbox.configure(callback_url=callback.url, verify_token=VERIFY_TOKEN)
    return callback


@pytest.fixture
def credit(sandbox: Sandbox) -> str:
    """The partner has a credit line: its id."""
    sandbox.configure(credit_line_id=CREDIT_LINE)
    return CREDIT_LINE


@pytest.fixture
def graph(sandbox: Sandbox) -> Iterator[Graph]:
    graph = Graph(sandbox)
    yield graph
    graph.session.close()


@pytest.fixture
def system_token() -> str:
    return str(APP["system_user_token"])


@pytest.fixture
def app_token() -> str:
    return f"{APP['app_id']}|{APP['app_secret']}"
