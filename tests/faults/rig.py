"""The product as processes, on servers of these tests alone, between a publisher and a receiver."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
import requests

from tests.e2e.product import PYTHON, ROOT, Product
from tests.faults.servers import Server
from tests.faults.sink import Answer, Arrival, Sink, accept

# The length of one attempt, of a lease, and the pauses between attempts, in seconds: short, in their order.
ATTEMPT, LEASE = 2.0, 5.0
BACKOFF = (0.5, 0.5, 1.0, 1.0)
PATIENCE = 45.0


def quick(folder: Any, trap: Sink) -> dict[str, str]:
    """Settings of the product here. The trap is where nothing may ever be sent: it is no allowed address,
    and every proxy of the environment."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), trap.url)
    return proxies | {
        "DELIVERY_SECONDS": str(ATTEMPT),
        "DELIVERY_LEASE_SECONDS": str(LEASE),
        "DELIVERY_BACKOFF_SECONDS": ",".join(map(str, BACKOFF)),
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1/32",
        "API_RATE_LIMIT": "6000/minute",
        "NETRC": str(folder / "netrc"),
        "FAULT_NAMES": str(folder / "names.json"),
        "PYTHONPATH": str(ROOT / "tests/faults/names"),
    }


def until(is_so: Callable[[], Any], seconds: float = PATIENCE, *, every: float = 0.02) -> Any:
    """Waits for what the workers do, and for how long it takes at most; what `is_so` said in the end."""
    ends = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(every)
    return found


class OrderFailedError(Exception):
    """The publisher could not do it; the text is its traceback."""


class Publisher:
    """The process of tests/faults/publisher.py."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.running: subprocess.Popen[str] | None = None

    def begin(self, order: str, **given: Any) -> None:
        if self.running is None or self.running.poll() is not None:
            self.start()
        assert self.running is not None
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps({"order": order, **given}) + "\n")
        self.running.stdin.flush()

    def result(self) -> Any:
        """Raises EOFError when the process has died."""
        assert self.running is not None
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        if not line:
            self.kill()
            raise EOFError
        answer = json.loads(line)
        if "raised" in answer:
            raise OrderFailedError(answer["raised"])
        return answer["done"]

    def do(self, order: str, **given: Any) -> Any:
        self.begin(order, **given)
        return self.result()

    def start(self) -> None:
        with (self.product.folder / "publisher.log").open("ab") as log:
            self.running = subprocess.Popen(
                [PYTHON, "-m", "tests.faults.publisher"], cwd=ROOT, env=self.product.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        if self.running is None:
            return
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self.running.wait()
        self.running = None


@dataclass(frozen=True)
class Endpoint:
    id: str
    path: str
    secret: str = field(repr=False)


@dataclass
class Rig:
    product: Product
    database: Server
    redis: Server
    sink: Sink
    trap: Sink
    made: int = 0
    known_starts: int = 1

    def __post_init__(self) -> None:
        self.publisher = Publisher(self.product)

    # -- processes ------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Everything is up, with one worker, and delivers: where each test begins."""
        for server in (self.redis, self.database):
            server.thaw()
            if not server.is_up:
                server.start()
        for name in [name for name in self.product.processes if name.startswith("worker-webhooks-")]:
            self.product.kill(name)
        self.revive()
        if not self.runs("worker-signups"):
            self.product.start_worker()
        if not self.runs("beat"):
            self.product.start_beat()
        self.names({})
        self.wait_until_delivering()
        self.wait_until_answering()

    def runs(self, name: str) -> bool:
        process = self.product.processes.get(name)
        return process is not None and process.poll() is None

    def start_worker(self, name: str = "webhooks") -> None:
        self.product.worker(name, "2", "webhooks")

    def signal(self, number: signal.Signals, name: str = "webhooks") -> None:
        os.killpg(self.product.processes[f"worker-{name}"].pid, number)

    def wait_until_delivering(self) -> None:
        tenant = self.tenant()
        endpoint = tenant.endpoint()
        tenant.publish(1)
        until(lambda: self.revive() and self.sink.came(endpoint.path))
        tenant.finished()

    def revive(self) -> bool:
        """What a supervisor does: a worker may have ended a while after the test before."""
        if not self.runs("worker-webhooks"):
            self.start_worker()
        return True

    def wait_until_answering(self) -> None:
        """Each thread of the web server finds out by a failed request that its connection has died."""
        if self.database.starts == self.known_starts:
            return
        tenant = self.tenant()
        until(lambda: all(tenant.call("GET", "wabas").status_code == 200 for _ in range(12)))
        self.known_starts = self.database.starts

    def names(self, known: dict[str, dict[str, Any]]) -> None:
        """What the product's resolver says from now on, besides what it has kept."""
        written = self.product.folder / "names.new"
        written.write_text(json.dumps(known))
        written.rename(self.product.folder / "names.json")

    def flush(self) -> None:
        with redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    # -- rows -----------------------------------------------------------------------------------------

    def rows(self, statement: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()

    def tenant(self) -> "Tenant":
        return Tenant(self, **self.publisher.do("tenant"))


@dataclass
class Tenant:
    """A customer of the product, with its endpoints at the sink."""

    rig: Rig
    organization: str
    key: str = field(repr=False)
    endpoints: list[Endpoint] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def endpoint(self, *plan: Answer, **where: Any) -> Endpoint:
        """An endpoint at the sink that answers as planned, and accepts everything afterwards."""
        (made,) = self.make(1, *plan, **where)
        return made

    def make(
        self, count: int, *plan: Answer, scheme: str = "http", host: str = "127.0.0.1", port: int = 0
    ) -> list[Endpoint]:
        sink = self.rig.sink
        start = f"{scheme}://{host}:{port or sink.port}"
        paths = [f"/hooks/{self.rig.made + number}" for number in range(count)]
        self.rig.made += count
        sink.plans |= {path: list(plan) for path in paths}
        saved = self.rig.publisher.do(
            "endpoints", organization=self.organization, urls=[start + path for path in paths]
        )
        made = [Endpoint(path=path, **row) for path, row in zip(paths, saved, strict=True)]
        self.endpoints += made
        return made

    def trusted(self, *plan: Answer, count: int = 1) -> list[Endpoint]:
        """Endpoints that the worker trusts with several attempts at once, for they have answered one."""
        made = self.make(count, accept, *plan)
        self.publish(1)
        self.finished()
        return made

    def publish(self, count: int) -> list[float]:
        """The seconds that each transaction took, its ring included."""
        stored = self.order("publish", count=count)
        self.acknowledged += stored["ids"]
        seconds: list[float] = stored["seconds"]
        return seconds

    def order(self, order: str, **given: Any) -> Any:
        return self.rig.publisher.do(order, organization=self.organization, **given)

    def begin(self, order: str, **given: Any) -> None:
        self.rig.publisher.begin(order, organization=self.organization, **given)

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.rig.product.url}/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=20,
        )

    def deliveries(self) -> list[tuple[str, str, str, int, str | None]]:
        """Event, path, state, attempts and last error of each."""
        return self.rig.rows(
            "SELECT event_id, regexp_replace(url, '^[a-z]+://[^/]*', ''), state, attempt_count, last_error"
            " FROM webhooks_delivery d JOIN webhooks_outgoingwebhook w ON w.id = d.webhook_id"
            " WHERE w.organization_id = %s ORDER BY event_id",
            self.organization,
        )

    def states(self) -> Counter[str]:
        return Counter(state for _, _, state, _, _ in self.deliveries())

    def finished(self, seconds: float = PATIENCE) -> None:
        """Waits until nothing is on its way any more."""
        until(lambda: not {"pending", "in_flight"} & self.states().keys(), seconds, every=0.05)

    def attempts(self) -> list[tuple[int, int | None, str | None, int | None, str]]:
        """Number, status, error, milliseconds and excerpt of each attempt, in their order."""
        return self.rig.rows(
            "SELECT number, response_status, a.error, duration_ms, response_body FROM webhooks_attempt a"
            " JOIN webhooks_delivery d ON d.id = a.delivery_id"
            " JOIN webhooks_outgoingwebhook w ON w.id = d.webhook_id"
            " WHERE w.organization_id = %s ORDER BY a.id",
            self.organization,
        )

    def failures(self) -> list[str]:
        """The error codes of the attempts that failed."""
        return [error for _, _, error, *_ in self.attempts() if error is not None]

    def came(self) -> list[Arrival]:
        paths = {endpoint.path for endpoint in self.endpoints}
        with self.rig.sink.lock:
            return [arrival for arrival in self.rig.sink.arrivals if arrival.path in paths]
