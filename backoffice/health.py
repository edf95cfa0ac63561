"""For load balancers and supervisors: whether this process answers, and whether what it needs does.

Asked without a key, by IP address and over plain HTTP: nothing here looks at the host name or at a limit, and
nothing in an answer names a server.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import cache

import redis
import structlog
from django.conf import settings
from django.db import connection, connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger("backoffice.health")
# A check that takes longer has failed.
SECONDS = 2.0
# What a check found is told again for so long: whoever asks often asks the servers no more often.
KEPT_SECONDS = 1.0
OK, FAILED, TIMEOUT = "ok", "failed", "timeout"


class UnappliedError(RuntimeError):
    """The database is older than this release."""


class Told(JsonResponse):
    """Asked for every few seconds: counted by a metric, without a log line each."""

    is_counted = True


@dataclass
class Check:
    """One thing that is needed; `look` raises when it is not there. Never two looks at once.

    A look that hangs holds its own thread and nobody else: until it ends, the answer is `timeout`.
    """

    name: str
    look: Callable[[], None]
    lock: threading.Lock = field(default_factory=threading.Lock)
    future: "Future[None] | None" = None
    began: float = 0.0

    def begin(self) -> "Future[None]":
        with self.lock:
            age = time.monotonic() - self.began
            if self.future is None or (self.future.done() and age >= KEPT_SECONDS):
                self.future, self.began = Future(), time.monotonic()
                threading.Thread(
                    target=self.run, args=(self.future,), name=f"ready-{self.name}", daemon=True
                ).start()
            return self.future

    def run(self, future: "Future[None]") -> None:
        try:
            self.look()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the check failed
            future.set_exception(failure)
        else:
            future.set_result(None)
        finally:
            connections.close_all()

    def verdict(self) -> str:
        """Waits for the rest of the check's time."""
        future = self.begin()
        wait([future], timeout=max(0.0, self.began + SECONDS - time.monotonic()))
        if not future.done():
            return TIMEOUT
        return FAILED if future.exception() else OK


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def migrations() -> None:
    """Raises UnappliedError. A database that is newer than this release is none of its business."""
    applied = MigrationRecorder(connection).applied_migrations()
    missing = [
        key
        for key, migration in known_migrations().items()
        if key not in applied
        and not (migration.replaces and all(tuple(old) in applied for old in migration.replaces))
    ]
    if missing:
        raise UnappliedError(", ".join(".".join(key) for key in missing))


@cache
def known_migrations() -> dict[tuple[str, str], Migration]:
    """Those of the files of this release, read once."""
    found: dict[tuple[str, str], Migration] = MigrationLoader(None).disk_migrations
    return found


def broker() -> None:
    seconds = settings.REDIS_TIMEOUT
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()


class Readiness:
    """All checks of this process, and what they said last."""

    def __init__(self) -> None:
        self.checks = [Check("database", database), Check("migrations", migrations), Check("broker", broker)]
        self.was: dict[str, str] = {}

    def verdicts(self, without: list[str]) -> dict[str, str]:
        wanted = [check for check in self.checks if check.name not in without and is_used(check.name)]
        for check in wanted:
            check.begin()
        found = {check.name: check.verdict() for check in wanted}
        self.tell(found)
        return found

    def tell(self, found: dict[str, str]) -> None:
        """One line when a check's verdict changes, not one each time somebody asks."""
        for name, verdict in found.items():
            if self.was.get(name, OK) != verdict:
                (log.info if verdict == OK else log.warning)("ready", check=name, verdict=verdict)
            self.was[name] = verdict


def is_used(name: str) -> bool:
    """Without Redis the broker is inside of the one process."""
    return name != "broker" or bool(settings.REDIS_URL)


readiness = Readiness()


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else: a restart would cure nothing else."""
    return told({"status": OK}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether requests should be sent here; 503 when not. `?exclude=broker` leaves a check out."""
    found = readiness.verdicts(request.GET.getlist("exclude"))
    is_ready = all(verdict == OK for verdict in found.values())
    return told({"status": OK if is_ready else FAILED, "checks": found}, 200 if is_ready else 503)


def told(body: dict[str, object], status: int) -> JsonResponse:
    return Told(body, status=status, headers={"Cache-Control": "no-store"})
