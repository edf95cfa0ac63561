"""deploy/ in a container engine: its image built, its compose file started as it is, used, and stopped.

`make image-test`; it takes the ports 8000 and 8100. ENGINE=podman COMPOSE=podman-compose where it is not
Docker. Where no registry is reached, tests/deploy/standins/make.sh makes what deploy/ is built from.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.config.test_settings import PRODUCTION as HTTPS
from tests.deploy.files import COPIED, OURS, ROOT
from tests.deploy.image import PRODUCTION
from tests.e2e.product import Browser, Product

pytestmark = pytest.mark.e2e
ENGINE = os.environ.get("ENGINE", "docker")
COMPOSE = shlex.split(os.environ.get("COMPOSE", "docker compose"))
SERVERS = [name for name in OURS if name not in {"migrate", "prune"}]
STARTS_WITHIN = 180.0
TOKEN = "of-the-tests-0123456789"
SETTINGS = PRODUCTION | {
    "DEBUG": "true",  # as .env.example has it; the compose file knows better
    "PUBLIC_BASE_URL": "http://localhost:8000",
    "SANDBOX_URL": "http://sandbox:8100",
    "WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
    "METRICS_TOKEN": TOKEN,
}
SECRET = "never-to-be-in-an-image"


def answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=5).ok
    return False


def said(*command: str | Path, **options: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@dataclass
class Containers(Product):
    """The product as the guide's compose commands start it, and the fake Meta beside it."""

    web_port: int = 8000
    sandbox_port: int = 8100
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))

    def compose(self, *command: str) -> str:
        files = [self.root / "deploy/compose.yaml", self.root / "tests/deploy/standins/sandbox.yaml"]
        options = [part for file in files for part in ("-f", str(file))]
        environment = os.environ | {"POSTGRES_PASSWORD": "of-the-tests"}
        return said(*COMPOSE, "-p", "gangway-test", *options, *command, env=environment)

    def inside(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def state(self, service: str) -> dict[str, Any]:
        """What the engine says of a container."""
        name = said(ENGINE, "ps", "-aq", "--filter", f"name=gangway-test[-_]{service}[-_]1").strip()
        found: dict[str, Any] = json.loads(said(ENGINE, "inspect", name))[0]
        return found

    def start(self) -> None:
        lines = [f"{name}={value}" for name, value in self.settings.items()]
        (self.root / "deploy/gangway.env").write_text("\n".join(lines) + "\n")
        self.compose("up", "--detach", "--build")
        self.until(lambda: answers(f"{self.url}/readyz") and answers(f"{self.sandbox_url}/"), STARTS_WITHIN)
        made = json.loads(
            self.inside(
                "web", "python", "manage.py", "create_organization", "Acme CRM", "--with-key", "--json"
            )
        )
        self.organization_id, self.key = made["id"], made["key"]

    def stop(self) -> None:
        self.compose("down", "--volumes", "--timeout", "60")


def checked_out(folder: Path) -> Path:
    """The work tree as git knows it, and what lies about in one."""
    for name in said("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split(
        "\0"
    ):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in (".env", "deploy/.env", "data/gangway.sqlite3", ".git/config", "config/.env"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"SECRET_KEY={SECRET}\n")
    return folder


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    folder = tmp_path_factory.mktemp("containers")
    whole = Containers(folder, embedded=False, root=checked_out(folder / "tree"))
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


def test_the_image_holds_the_product_and_nothing_else(containers: Containers) -> None:
    found = said(ENGINE, "run", "--rm", "gangway", "ls", "-A", "/app").split()
    image = json.loads(said(ENGINE, "image", "inspect", "gangway"))[0]
    layers = said(ENGINE, "history", "--no-trunc", "gangway")

    assert set(found) - {"__pycache__"} == {*COPIED, "staticfiles"}
    sys.stdout.write(f"\nimage: {image['Size'] / 2**20:.0f} MiB\n")
    assert image["Config"]["User"] == "10001"
    assert "SECRET_KEY" not in layers + json.dumps(image["Config"]["Env"])
    assert not said(ENGINE, "run", "--rm", "gangway", "sh", "-c", f"grep -rl {SECRET} /app /venv || true")
    assert "gcc" not in said(ENGINE, "run", "--rm", "gangway", "sh", "-c", "ls /usr/bin")


def test_every_container_runs_and_may_write_nothing_but_what_is_gone_with_it(containers: Containers) -> None:
    for service in SERVERS:
        state = containers.state(service)
        assert state["State"]["Running"], service
        assert state["HostConfig"]["ReadonlyRootfs"], service
        assert containers.inside(service, "id", "-u").strip() == "10001"
    containers.until(lambda: containers.state("web")["State"]["Health"]["Status"] == "healthy", 30)
    assert containers.state("migrate")["State"]["ExitCode"] == 0
    assert (
        containers.inside(
            "web", "sh", "-c", "touch /app/x /venv/x 2>&1; touch /tmp/x && echo temporary"
        ).count("Read-only")
        == 2
    )
    assert "webhooks@" in containers.compose("logs", "worker-webhooks")


def test_static_files_of_the_admin_are_served(containers: Containers) -> None:
    page = requests.get(f"{containers.url}/admin/login/", timeout=10).text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = requests.get(containers.url + style, headers={"Accept-Encoding": "gzip"}, timeout=10)

    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_signup_goes_through_all_containers_and_back_to_the_customer(containers: Containers) -> None:
    endpoint = containers.receiver("image", "whsec_" + "c2VjcmV0" * 4).replace("localhost", "sandbox")
    containers.api("POST", "outgoing-webhooks", {"url": endpoint, "events": ["*"]})
    link, made = containers.make_link(), containers.sign_up()
    Browser(link, "6f1f6f0e-9f0e-4b39-a3b7-0d4a4a1d0001").bring(made)

    phone = containers.completed(link["id"], 60)["phoneNumberId"]

    assert phone
    received = containers.received("image", 3)
    assert "phone_number.connected" in json.dumps(received)


def test_the_figures_of_both_web_processes_come_together(containers: Containers) -> None:
    def counted() -> float:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        lines = requests.get(f"{containers.url}/metrics", headers=headers, timeout=10).text.splitlines()
        asked = [
            line for line in lines if line.startswith("http_requests_total{") and '"admin:login"' in line
        ]
        return sum(float(line.rpartition(" ")[2]) for line in asked)

    before = counted()
    for _ in range(40):
        assert requests.get(f"{containers.url}/admin/login/", timeout=10).ok
    writers = containers.inside("web", "sh", "-c", "ls /tmp/metrics/counter_*.db").split()

    assert len(writers) >= 2
    assert {counted() for _ in range(10)} == {before + 40}


def test_the_settings_of_a_real_installation_pass_the_checks(containers: Containers) -> None:
    given = HTTPS | {
        "TRUSTED_PROXY_COUNT": "1", "META_APP_ID": "1", "META_CONFIG_ID": "2",
        "META_WEBHOOK_VERIFY_TOKEN": "3", "META_BUSINESS_ID": "4",
        "META_SYSTEM_USER_ID": "5", "META_SYSTEM_USER_TOKEN": "6",
        "SECRET_KEY": "".join(chr(97 + number % 26) + str(number) for number in range(30)),
    }  # fmt: skip
    options = [part for name, value in given.items() for part in ("--env", f"{name}={value}")]

    checks = said(
        ENGINE,
        "run",
        "--rm",
        *options,
        "gangway",
        "python",
        "manage.py",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
    )

    assert "no issues" in checks


def test_all_of_it_ends_by_itself_when_it_is_asked_to(containers: Containers) -> None:
    began = time.monotonic()
    containers.compose("stop", *SERVERS)

    assert time.monotonic() - began < 30
    assert {service: containers.state(service)["State"]["ExitCode"] for service in SERVERS} == dict.fromkeys(
        SERVERS, 0
    )
