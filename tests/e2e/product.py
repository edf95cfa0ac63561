"""The whole product as processes: web server, workers, scheduler and sandbox, as an operator starts them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
PYTHON, BIN = sys.executable, Path(sys.executable).parent
# A test's time is short: a dead worker is noticed and a failed try repeated within seconds.
QUICK = {
    "STEP_LEASE_SECONDS": "2",
    "STEP_BACKOFF_SECONDS": "0.5,1",
    "SWEEP_SECONDS": "0.5",
    "DELIVERY_LEASE_SECONDS": "12",
    "META_EVENT_LEASE_SECONDS": "3",
    "META_EVENT_BACKOFF_SECONDS": "0.5,1,1,1",
}
STARTS_WITHIN = 30.0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Product:
    """`embedded` is the one-process default on SQLite; otherwise PostgreSQL, Redis and a process each.

    `settings`: variables of the environment beside those that every test has. `root`: where the code is.
    """

    folder: Path
    embedded: bool
    database_url: str = ""
    redis_url: str = ""
    web_port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    organization_id: str = ""
    key: str = field(default="", repr=False)
    root: Path = ROOT

    @property
    def url(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://localhost:{self.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        servers = {} if self.embedded else {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        inherited = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        return inherited | QUICK | servers | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "READ_DOT_ENV": "false",
            "DEBUG": "true",
            "LOG_FORMAT": "json",
            "DATA_DIR": str(self.folder / "data"),
            "PUBLIC_BASE_URL": self.url,
            "SANDBOX_URL": self.sandbox_url,
            "PYTHONUNBUFFERED": "1",
        } | self.settings  # fmt: skip

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "-v0")
        made = json.loads(self.manage("create_organization", "Acme CRM", "--with-key", "--json"))
        self.organization_id, self.key = made["id"], made["key"]
        if self.embedded:
            self.spawn("product", PYTHON, "manage.py", "run", "--no-demo")
        else:
            self.spawn("sandbox", PYTHON, "-m", "meta_graph.sandbox", "--port", str(self.sandbox_port))
            self.start_web()
            self.start_worker()
            self.worker("webhooks", "2", "webhooks")
            self.start_beat()
        self.wait_for(f"{self.url}/v1/openapi.json")
        self.wait_for(f"{self.sandbox_url}/")

    def start_web(self) -> None:
        self.spawn("web", BIN / "granian", "--interface", "wsgi", "--port", str(self.web_port),
                   "--blocking-threads", "4", "--no-ws", "config.wsgi:application")  # fmt: skip

    def start_worker(self) -> None:
        self.worker("signups", "8", "signup,messages,maintenance")

    def start_beat(self) -> None:
        self.spawn("beat", BIN / "celery", "-A", "config", "beat")

    def worker(self, name: str, threads: str, queues: str) -> None:
        options = ("-P", "threads", "-c", threads, "-Q", queues, "-n", f"{name}@{self.web_port}")
        self.spawn(f"worker-{name}", BIN / "celery", "-A", "config", "worker", *options)

    def spawn(self, name: str, *command: object) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [PYTHON, "manage.py", *arguments], cwd=self.root, env=self.environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_for(self, url: str) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            with suppress(requests.ConnectionError):
                if requests.get(url, timeout=5).ok:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{url} did not answer; see {self.folder}\n{self.logs()[-3000:]}")

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def logs(self) -> str:
        files = [*self.folder.glob("*.log"), *self.folder.glob("data/*.log")]
        return "\n".join(file.read_text(errors="replace") for file in files)

    # -- as a REST client -----------------------------------------------------------------------

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json()["data"] if answer.content else None

    def make_link(self, **body: Any) -> dict[str, Any]:
        link: dict[str, Any] = self.api("POST", "onboarding-links", {"name": "Acme Corp", **body})
        return link

    def link(self, link_id: str) -> dict[str, Any]:
        link: dict[str, Any] = self.api("GET", f"onboarding-links/{link_id}")
        return link

    def completed(self, link_id: str, seconds: float = 20.0) -> dict[str, Any]:
        """The link once it is completed; fails with its state when it is not in time."""
        until = time.monotonic() + seconds
        while (link := self.link(link_id))["status"] != "completed":
            assert time.monotonic() < until, link
            time.sleep(0.1)
        return link

    def until(self, is_so: Callable[[], bool], seconds: float = 15.0) -> None:
        """Waits for what the workers do."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.1)

    # -- at the fake Meta -------------------------------------------------------------------------

    def scenario(self, name: str, **options: Any) -> None:
        requests.post(
            f"{self.sandbox_url}/_sandbox/scenarios", json={"name": name, **options}, timeout=10
        ).raise_for_status()

    def clear_scenarios(self) -> None:
        requests.delete(f"{self.sandbox_url}/_sandbox/scenarios", timeout=10).raise_for_status()

    def sign_up(self, choice: str = "success", **options: Any) -> dict[str, Any]:
        made: dict[str, Any] = requests.post(
            f"{self.sandbox_url}/_sandbox/signups", json={"choice": choice, **options}, timeout=10
        ).json()
        return made

    def calls(self, call: str, target: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(
            f"{self.sandbox_url}/_sandbox/calls", params={"call": call, "target": target}, timeout=10
        ).json()["data"]
        return found

    def receiver(self, name: str, secret: str) -> str:
        requests.post(
            f"{self.sandbox_url}/_sandbox/receivers/{name}", json={"secret": secret}, timeout=10
        ).raise_for_status()
        return f"{self.sandbox_url}/receiver/{name}"

    def received(self, name: str, count: int = 1, seconds: float = 15.0) -> list[dict[str, Any]]:
        until = time.monotonic() + seconds
        while True:
            found: list[dict[str, Any]] = requests.get(
                f"{self.sandbox_url}/_sandbox/receivers/{name}/deliveries", timeout=10
            ).json()["data"]
            if len(found) >= count:
                return found
            assert time.monotonic() < until, "the webhook did not arrive"
            time.sleep(0.1)


@dataclass
class Browser:
    """An end-user's browser over HTTP: the page's cookies and calls, without the page."""

    link: dict[str, Any]
    signup_id: str

    def __post_init__(self) -> None:
        self.session = requests.Session()
        assert self.session.get(self.link["hostedUrl"], timeout=10).status_code == 200
        self.session.headers["X-CSRFToken"] = str(self.session.cookies["csrftoken"])
        self.session.headers["Referer"] = self.link["hostedUrl"]

    def call(self, name: str, **body: Any) -> requests.Response:
        return self.session.post(
            f"{self.link['hostedUrl']}/{name}", json={"signupId": self.signup_id, **body}, timeout=20
        )

    def bring(self, made: dict[str, Any]) -> None:
        assert self.call("session", **made["session"]).status_code == 202
        assert self.call("callback", code=made["code"]).status_code == 202
