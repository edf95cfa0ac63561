"""What a check comes to: a status, a sentence, and what to do. Failures of calls in the same words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from meta_graph.errors import Broken, Cause, GraphError
from outbound.session import OutboundError


class Status(StrEnum):
    """Only FAILED makes the doctor's exit status 1."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


# What waits for a check of one of these goes on.
SETTLED = frozenset({Status.OK, Status.WARNING})


@dataclass(frozen=True)
class Finding:
    """One line. `remedy` says what to do, and is empty where there is nothing."""

    status: Status
    message: str
    remedy: str = ""


def ok(message: str) -> Finding:
    return Finding(Status.OK, message)


def warning(message: str, remedy: str) -> Finding:
    return Finding(Status.WARNING, message, remedy)


def failed(message: str, remedy: str) -> Finding:
    return Finding(Status.FAILED, message, remedy)


def not_checked(message: str, remedy: str = "") -> Finding:
    return Finding(Status.NOT_CHECKED, message, remedy)


def unset(*names: str) -> str:
    """Those of the settings that are empty, as `A and B`; empty when none is."""
    return " and ".join(name for name in names if not getattr(settings, name))


def skipped(names: str, consequence: str) -> Finding:
    """`consequence` is a sentence: what the product does not do without these settings."""
    verb = "are" if " and " in names else "is"
    return not_checked(f"{names} {verb} not set: skipped. {consequence}")


def refused(error: GraphError, remedy: str) -> Finding:
    """A failed call of Graph. `remedy` is the check's own, for what Meta refuses for good."""
    if error.broken in (Broken.UNREACHABLE, Broken.TIMEOUT):
        return failed(
            f"Meta did not answer: {error.message}", "Look at this machine's DNS, firewall and route."
        )
    if error.is_temporary or error.cause is Cause.RATE_LIMITED:
        return warning(f"Meta could not say: {error}", "Run the doctor again in a while.")
    return failed(f"Meta refused: {error}", remedy)


def unanswered(url: str, failure: OutboundError, remedy: str) -> Finding:
    """A failed call of something that is not Graph."""
    return failed(f"{url} did not answer: {failure}", remedy)
