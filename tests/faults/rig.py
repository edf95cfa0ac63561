"""The product as processes, on servers of these tests alone, between a publisher and a receiver."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
import requests

from tests.e2e.product import ROOT, Product
from tests.faults.certificates import Authority
from tests.faults.orders import Publisher
from tests.faults.servers import Server
from tests.faults.sink import Answer, Arrival, Sink, accept

# The length of one attempt, of a lease, and the pauses between attempts, in seconds: short, in their order.
ATTEMPT, LEASE = 2.0, 4.0
BACKOFF = (0.5, 0.5, 0.5, 1.5)
PATIENCE = 45.0
# An allowed address where nobody listens.
NOBODY = "127.0.0.3"


def quick(folder: Any, trap: Sink, authority: Authority) -> dict[str, str]:
    """Settings of the product here. The trap is where nothing may ever be sent: it is no allowed address,
    and every proxy of the environment, for every host."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), trap.url)
    return proxies | {
        "NO_PROXY": "",
        "no_proxy": "",
        "DELIVERY_SECONDS": str(ATTEMPT),
        "DELIVERY_LEASE_SECONDS": str(LEASE),
        "DELIVERY_BACKOFF_SECONDS": ",".join(map(str, BACKOFF)),
        "WEBHOOK_ALLOWED_NETWORKS": f"127.0.0.1/32,{NOBODY}/32",
        "SSL_CERT_FILE": str(authority.file),
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
    authority: Authority
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

    def start_worker(self, name: str = "webhooks", **settings: str) -> None:
        """One of webhooks, with `settings` of its own beside those of all."""
        common = self.product.settings
        self.product.settings = common | settings
        self.product.worker(name, "2", "webhooks")
        self.product.settings = common

    def signal(self, number: signal.Signals, name: str = "webhooks") -> None:
        os.killpg(self.product.processes[f"worker-{name}"].pid, number)

    def log(self, name: str = "webhooks") -> Callable[[], str]:
        """What a worker has written since this call, whenever one asks."""
        log = self.product.folder / f"worker-{name}.log"
        begun = log.stat().st_size
        return lambda: log.read_bytes()[begun:].decode(errors="replace")

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

    def path(self, *plan: Answer) -> str:
        """One of the sink's that nobody has had, with its plan."""
        self.made += 1
        path = f"/hooks/{self.made}"
        self.sink.plans[path] = list(plan)
        return path

    def flush(self) -> None:
        with redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    # -- rows -----------------------------------------------------------------------------------------

    def rows(self, statement: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> int:
        """Changes rows behind the product's back, as time does; how many."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(statement, parameters).rowcount

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
        start = f"{scheme}://{host}:{port or self.rig.sink.port}"
        paths = [self.rig.path(*plan) for _ in range(count)]
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

    def created(self, *plan: Answer, **body: Any) -> dict[str, Any]:
        """An endpoint made by the API, and its answer, secrets included."""
        path = self.rig.path(*plan)
        answer = self.call(
            "POST", "outgoing-webhooks", {"url": self.rig.sink.url + path, "events": ["*"], **body}
        )
        assert answer.status_code == 201, answer.text
        shown: dict[str, Any] = answer.json()["data"]
        self.endpoints.append(Endpoint(id=shown["id"], path=path, secret=shown["secret"]))
        return shown

    def change(self, endpoint: Endpoint, **changes: Any) -> None:
        """As the customer does it, over the API."""
        assert self.call("PATCH", f"outgoing-webhooks/{endpoint.id}", changes).status_code == 200

    def move(self, endpoint: Endpoint) -> None:
        """The customer gives an endpoint that is elsewhere the sink's URL."""
        self.change(endpoint, url=self.rig.sink.url + endpoint.path)

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

    def first_errors(self) -> dict[str, str | None]:
        """By endpoint: the error code of the first attempt of its latest event, None for a success."""
        return dict(
            self.rig.rows(
                "SELECT w.id::text, a.error FROM webhooks_attempt a"
                " JOIN webhooks_outgoingwebhook w ON w.id = a.webhook_id"
                " WHERE number = 1 AND w.organization_id = %s ORDER BY a.id",
                self.organization,
            )
        )

    def came(self) -> list[Arrival]:
        paths = {endpoint.path for endpoint in self.endpoints}
        with self.rig.sink.lock:
            return [arrival for arrival in self.rig.sink.arrivals if arrival.path in paths]
