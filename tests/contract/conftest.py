"""The product at a real address, beside a fake Meta: curl and an end-user's HTTP client at it."""

import json
import shlex
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.conftest import Api
from tests.contract.tenants import Tenant, tenant
from tests.wabas.world import meta

__all__ = ["meta"]

HOST, KEY = "https://api.example.com", "sk_org_..."


@dataclass(frozen=True)
class Answer:
    """What curl got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        return self.json["data"]


@dataclass(frozen=True)
class Curl:
    """Runs the documents' commands as a shell would, with our host, a real key and real ids in them."""

    url: str
    key: str = field(repr=False)

    def __call__(self, command: str, **ids: str) -> Answer:
        words = shlex.split(command.replace("\\\n", " "))
        for shown, real in {HOST: self.url, KEY: self.key, **{f"{{{k}}}": v for k, v in ids.items()}}.items():
            words = [word.replace(shown, real) for word in words]
        run = subprocess.run(
            [*words, "--silent", "--show-error", "--include", "--max-time", "30"],
            capture_output=True,
            text=True,
            check=True,
        )
        head, _, text = run.stdout.partition("\n\n")
        first, *lines = head.splitlines()
        pairs = [line.partition(": ") for line in lines]
        return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, text)


@dataclass
class Visitor:
    """An end-user on the hosted page: its calls over HTTP, with the page's cookie and CSRF token."""

    hosted_url: str
    session: requests.Session
    signup_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def open(self) -> requests.Response:
        return self.session.get(self.hosted_url, allow_redirects=False, timeout=30)

    def call(self, name: str, **body: Any) -> requests.Response:
        return self.session.post(
            f"{self.hosted_url}/{name}",
            json={"signupId": self.signup_id, **body},
            headers={"X-CSRFToken": self.session.cookies.get("csrftoken", "")},
            timeout=30,
        )

    def status(self) -> Any:
        return self.session.get(
            f"{self.hosted_url}/status", params={"signupId": self.signup_id}, timeout=30
        ).json()


@pytest.fixture
def running(live_server: Any, settings: Any) -> str:
    """The address of the product, which knows it as its own."""
    settings.PUBLIC_BASE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def curl(running: str, api: Api) -> Curl:
    return Curl(running, api.key or "")


@pytest.fixture
def visit() -> Iterator[Callable[[str], Visitor]]:
    """A new end-user at a hosted URL."""
    sessions: list[requests.Session] = []

    def opened(hosted_url: str) -> Visitor:
        sessions.append(requests.Session())
        return Visitor(hosted_url, sessions[-1])

    yield opened
    for session in sessions:
        session.close()


@pytest.fixture
def free_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def acme(db: None) -> Tenant:
    return tenant("Acme CRM", 1)


@pytest.fixture
def other(db: None) -> Tenant:
    return tenant("Stranger Inc", 2)
