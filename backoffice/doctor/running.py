"""Runs checks at once, each on a thread with a deadline, and gives what they found in the table's order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import redis
import structlog
from django.db import Error, connections
from kombu.exceptions import OperationalError

from backoffice.doctor.findings import SETTLED, Finding, Status, failed, not_checked, refused
from meta_graph.errors import GraphError
from vault.redaction import without_settings

log = structlog.get_logger("backoffice.doctor")
Look = Callable[[], Finding]


@dataclass(frozen=True)
class Check:
    """One line of the table. `needs`: names of checks above it without which it makes no sense.

    `remedy` is for what Meta refuses. `seconds` is the deadline, from when it begins.
    """

    name: str
    look: Look
    needs: tuple[str, ...] = ()
    remedy: str = ""
    seconds: float = 15.0


@dataclass(frozen=True)
class Result:
    check: str
    finding: Finding


def run(checks: Sequence[Check]) -> Iterator[Result]:
    """Each result as soon as it and all before it are known. Nothing that a check does stops the others."""
    running: dict[str, Future[Finding]] = {}
    for check in checks:
        running[check.name] = on_thread(supervised, check, {name: running[name] for name in check.needs})
    for check in checks:
        yield Result(check.name, running[check.name].result())


def supervised(check: Check, needed: dict[str, Future[Finding]]) -> Finding:
    for name, other in needed.items():
        status = other.result().status
        if status not in SETTLED:
            return not_checked(f"skipped: {name} {'failed' if status is Status.FAILED else 'was skipped'}")
    try:
        return on_thread(examined, check).result(timeout=check.seconds)
    except TimeoutError:
        return failed(
            f"no answer within {check.seconds:g} s",
            "Something takes the request and does not answer: a firewall that drops it, a server that hangs.",
        )


def examined(check: Check) -> Finding:
    """What the check found, or how it failed. Never raises."""
    try:
        finding = check.look()
    except GraphError as error:
        finding = refused(error, check.remedy)
    except Error as error:
        finding = failed(f"the database: {first_line(error)}", "See DATABASE_URL and the database's own log.")
    except (redis.RedisError, OperationalError) as error:
        finding = failed(f"the broker: {first_line(error)}", "See REDIS_URL and the log of Redis.")
    except Exception as broken:
        log.exception("a check broke", check=check.name)
        finding = failed(
            f"the check itself broke: {type(broken).__name__}", "Report it, with --verbosity 2's log."
        )
    return Finding(finding.status, without_settings(finding.message), without_settings(finding.remedy))


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def on_thread(work: Callable[..., Finding], *given: object) -> Future[Finding]:
    """A daemon: one that hangs is left behind when the doctor has said so and ends."""
    future: Future[Finding] = Future()

    def run_it() -> None:
        try:
            future.set_result(work(*given))
        finally:
            connections.close_all()

    threading.Thread(target=run_it, name="doctor", daemon=True).start()
    return future
