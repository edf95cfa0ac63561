"""Reports of unexpected errors to Sentry: where the code broke, and nothing of whom it broke for.

Imported only where SENTRY_DSN is set. Bodies, cookies, headers, queries, variables, users and breadcrumbs
stay here; what is left goes through the same gate as the log.
"""

import sys
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from structlog.typing import EventDict, WrappedLogger

from vault.redaction import redacted

# Of a request; the rest says who asked and what for.
OF_REQUEST = ("method", "url")
# Of a line of the log, these are tags or the message itself.
TAGS = ("logger", "request_id")
BESIDES = {"event", "level", "timestamp", "exc_info", *TAGS}


def start(dsn: str, *, environment: str, release: str) -> None:
    """From here on. Only errors: no traces, no sessions, no headers added to what we send."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or None,
        before_send=scrubbed,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
            DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False),
            CeleryIntegration(propagate_traces=False, monitor_beat_tasks=False),
        ],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        trace_propagation_targets=[],
    )


def report(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Sends what the log calls an error: those that our own code caught never reach Sentry's hooks."""
    if line.get("level") in {"error", "critical"}:
        with sentry_sdk.new_scope() as scope:
            for name in TAGS:
                scope.set_tag(name, line.get(name, ""))
            scope.set_context("log", {key: value for key, value in line.items() if key not in BESIDES})
            failure = caught(line.get("exc_info"))
            if failure is None:
                scope.capture_message(str(line["event"]), level="error")
            else:
                scope.capture_exception(failure)
    return line


def caught(exc_info: Any) -> BaseException | None:
    """Whatever logging takes as `exc_info`, as the exception."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
        return exc_info if isinstance(exc_info, BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def scrubbed(event: Any, hint: Any) -> Any:
    """The last gate of every report."""
    asked = event.pop("request", None)
    for private in ("user", "breadcrumbs", "extra", "_meta"):
        event.pop(private, None)
    if asked and "url" in asked:
        event["request"] = {name: str(asked[name]).partition("?")[0] for name in OF_REQUEST}
    event.setdefault("tags", {}).setdefault("request_id", bound_request_id())
    return redacted(event)


def bound_request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
