"""A started sandbox on a free port, with a clock that tests move."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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
