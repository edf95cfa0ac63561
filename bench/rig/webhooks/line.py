"""The processes of the measurement: receiver, workers of both engines, whoever publishes."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from celery import Celery
from django.conf import settings

from bench.rig.environment import RECEIVER_HERE, production
from bench.rig.load import load
from bench.rig.processes import Processes, answers
from tests.services.process import NotStartedError, end, free_port, last_lines

ENDPOINTS = 50
# Each customer has a host of its own: Linux answers for the whole of 127.0.0.0/8.
HOSTS = [f"127.0.1.{number}" for number in range(1, ENDPOINTS + 1)]
PEER = "bench.peers.webhooks"
PATIENCE = 60.0


@dataclass(frozen=True)
class Engine:
    """Whose rows are whose: `name` begins the names of its organizations. `ring` is what publishers call."""

    name: str
    ring: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Arrivals:
    """POSTs that came, and the Unix time at which each event came first."""

    count: int
    first: dict[str, float]


class Receiver:
    """The receiver's process, spoken to over HTTP."""

    def __init__(self, running: Processes) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = (f"{PEER}.receiver", "--port", str(self.port), "127.0.0.1", *HOSTS)
        program = running.start("receiver", *command, environment={})
        running.wait("receiver", program, lambda: answers(f"{self.url}/count"))

    def url_of(self, number: int, *, hangs: bool = False) -> str:
        return f"http://{HOSTS[number]}:{self.port}/{'hang' if hangs else 'hooks'}/{number}"

    def ceiling(self) -> float:
        """How many such POSTs a second it answers to whom they cost nothing."""
        return load(f"{self.url}/hooks", {"webhook-id": "evt_ceiling"}, seconds=1, body="x" * 1024).rate

    def count(self) -> int:
        return int(requests.get(f"{self.url}/count", timeout=10).text)

    def arrivals(self) -> Arrivals:
        return Arrivals(**requests.get(f"{self.url}/arrivals", timeout=30).json())

    def forget(self) -> None:
        """What came; whoever hangs is answered."""
        requests.delete(self.url, timeout=30).raise_for_status()


class Line:
    """Both engines over one database and one Redis, in front of one receiver."""

    def __init__(self, running: Processes, database_url: str) -> None:
        self.running, self.receiver = running, Receiver(running)
        environment = production(running.folder, database_url) | RECEIVER_HERE
        peer = environment | {"DJANGO_SETTINGS_MODULE": f"{PEER}.settings"}
        self.ours = Engine("ours", f"{PEER}.doorbell.ring", environment)
        self.theirs = Engine("theirs", f"{PEER}.tasks.ring", peer)
        self.our_broker = Celery(broker=settings.REDIS_URL, set_as_current=False)
        self.their_broker = Celery(broker=settings.REDIS_URL, set_as_current=False)
        self.their_broker.conf.broker_transport_options = {"global_keyprefix": "tasks:"}

    def start(self) -> None:
        """The product's worker and its scheduler as the README has them, and the peer's worker."""
        self.worker = self.our_worker("one")
        self.running.start("scheduler", "celery", "-A", "config", "beat", environment=self.ours.environment)
        command = ("-A", f"{PEER}.app", "worker", "-c", "2", "-n", "theirs@%h")
        self.peer = self.running.start("theirs", "celery", *command, environment=self.theirs.environment)
        self.wait_for(self.their_broker, "theirs", self.peer)

    def our_worker(self, name: str) -> subprocess.Popen[bytes]:
        command = ("worker", "-P", "threads", "-c", "2", "-Q", "webhooks", "-n", f"{name}@%h")
        worker = self.running.start(
            name, "celery", "-A", "config", *command, environment=self.ours.environment
        )
        self.wait_for(self.our_broker, name, worker)
        return worker

    def wait_for(self, broker: Celery, name: str, worker: subprocess.Popen[bytes]) -> None:
        def is_there() -> bool:
            return any(
                node.startswith(f"{name}@") for node in broker.control.inspect(timeout=0.3).ping() or ()
            )

        self.running.wait(name, worker, is_there)

    def ring(self, times: int = 1) -> None:
        for _ in range(times):
            self.our_broker.send_task("webhooks.deliver", queue="webhooks")

    def said_by(self, name: str, *command: str, environment: Mapping[str, str], seconds: float) -> Any:
        """Runs a program to its end: the JSON in its last line. Raises NotStartedError."""
        log = self.running.log(name)
        log.unlink(missing_ok=True)
        program = self.running.start(name, *command, environment=environment)
        try:
            code = program.wait(timeout=seconds + PATIENCE)
        finally:
            end(program)
        if code:
            raise NotStartedError(f"{name}: {last_lines(log)}")
        return json.loads(log.read_text().splitlines()[-1])


def wait_until(is_so, seconds: float = PATIENCE) -> bool:
    """Whether it came to that."""
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
