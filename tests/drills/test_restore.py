"""The machine is gone, and a backup is restored on another one (`make drill-restore`)."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.deploy.image import PRODUCTION, built
from tests.drills.conftest import database
from tests.drills.load import Load
from tests.e2e.conftest import NEEDED
from tests.e2e.product import PYTHON, Browser, Product
from tests.faults.menu import answering
from tests.faults.sink import Sink
from tests.services import postgresql

pytestmark = [pytest.mark.e2e, pytest.mark.long]
OTHER_KEY = "YW5vdGhlci1rZXktdGhhdC1vcGVucy1ub3RoaW5nLSE="
PENDING = "SELECT event_id FROM webhooks_delivery WHERE state IN ('pending', 'in_flight')"


@dataclass
class Site(Product):
    """All processes on one machine, which may be lost at once."""

    def lost(self) -> None:
        """Power off: nobody says goodbye. Meta goes on."""
        for name in [name for name in self.processes if name != "sandbox"]:
            process = self.processes.pop(name)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def resumed(self) -> None:
        """The processes of a machine whose database is there."""
        self.start_web()
        self.start_worker()
        self.worker("webhooks", "2", "webhooks")
        self.start_beat()
        self.wait_for(f"{self.url}/v1/openapi.json")

    def doctor(self, **settings: str) -> dict[str, dict[str, str]]:
        done = subprocess.run(
            [PYTHON, "manage.py", "doctor", "--json"], cwd=self.root, env=self.environment | settings,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return {row["check"]: row for row in json.loads(done.stdout)}

    def rows(self, statement: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    whole = Site(
        folder,
        embedded=False,
        database_url=database("gangway_drill"),
        redis_url=f"{os.environ[NEEDED[1]].rpartition('/')[0]}/9",
        root=built(folder / "app"),
        settings=PRODUCTION | {"API_RATE_LIMIT": "60000/minute", "DELIVERY_BACKOFF_SECONDS": "3,3,3,3"},
    )
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def program(name: str) -> str:
    folder = postgresql.programs()
    assert folder is not None
    return str(folder / name)


def backed_up(site: Site, folder: Path) -> Path:
    """By the guide's command, while everything runs."""
    file = folder / "gangway.dump"
    run(program("pg_dump"), "--format=custom", f"--file={file}", f"--dbname={site.database_url}")
    return file


def restored(site: Site, file: Path) -> Site:
    """Another database and an empty Redis, the same settings; nothing runs yet."""
    url = database("gangway_restored")
    run(program("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={url}", str(file))
    with redis.Redis.from_url(site.redis_url) as client:
        client.flushdb()
    return replace(site, database_url=url)


def signed_up(site: Site, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    link, made = site.make_link(), site.sign_up(**options)
    Browser(link, str(uuid.uuid4())).bring(made)
    return link, made


def registrations(site: Site, made: dict[str, Any]) -> int:
    return sum(call["done"] for call in site.calls("register", made["businessId"]))


def step(site: Site, link: dict[str, Any], name: str) -> str:
    return next((row["status"] for row in site.link(link["id"])["progress"] if row["step"] == name), "")


def test_a_backup_is_restored_and_everything_goes_on(site: Site, receiver: Sink, tmp_path: Path) -> None:
    connected, at_meta = signed_up(site)
    phone = site.completed(connected["id"])["phoneNumberId"]
    path = "/restored"
    refuse = answering(503)
    receiver.plans[path] = [refuse] * 10_000
    hook = site.api("POST", "outgoing-webhooks", {"url": receiver.url + path, "events": ["*"]})
    sends_with_the_stored_token(site, phone)
    site.until(lambda: bool(receiver.came(path)))
    # Meta is away for the registration of one number, whose step waits when the backup is made.
    site.scenario("graph_down", call="register")
    waiting, waiting_at_meta = signed_up(site)
    site.until(lambda: step(site, waiting, "register_phone") == "waiting")
    load = Load(site, phone, at_meta)
    load.begin(link_creations=2.0, reads=4.0, whole_signups=0.5)
    time.sleep(3.0)

    file = backed_up(site, tmp_path)
    kept = set(load.links)
    # What happens between the backup and the loss is in no row of it: this number is registered meanwhile.
    site.clear_scenarios()
    site.until(lambda: registrations(site, waiting_at_meta) == 1, 60)
    load.end()
    site.lost()
    receiver.plans[path] = []
    before = {one.event_id for one in receiver.came(path)}

    other = restored(site, file)
    pending = {event for (event,) in other.rows(PENDING)}
    other.resumed()
    other.completed(waiting["id"], 60)
    other.until(lambda: {one.event_id for one in receiver.came(path) if one.is_taken} >= pending, 90)
    assert pending & before
    assert {other.link(link)["id"] for link in kept} == kept
    assert [registrations(other, made) for made in (at_meta, waiting_at_meta)] == [1, 1]
    assert other.api("GET", f"outgoing-webhooks/{hook['id']}")["isActive"]
    assert load.failures == []
    sends_with_the_stored_token(other, phone)
    found = other.doctor()
    assert {found[check]["status"] for check in ("encryption_keys", "database", "migrations", "workers")} == {
        "ok"
    }


def sends_with_the_stored_token(site: Site, phone: str) -> None:
    body = {"type": "text", "to": "5491155550000", "text": "Hello"}
    assert site.api("POST", f"phones/{phone}/messages", body)["status"] == "sent"


def test_without_the_keys_the_doctor_says_so(site: Site) -> None:
    connected, _ = signed_up(site)
    site.completed(connected["id"])

    found = site.doctor(FIELD_ENCRYPTION_KEYS=OTHER_KEY)

    assert found["encryption_keys"]["status"] == "failed"
    assert "FIELD_ENCRYPTION_KEYS" in found["encryption_keys"]["remedy"] + found["encryption_keys"]["message"]
