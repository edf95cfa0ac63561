"""How log lines look: one structlog pipeline for our lines and everybody else's, and no secret in any."""

import logging
from typing import Any

import structlog
from django.utils.log import CallbackFilter
from structlog.typing import EventDict, WrappedLogger

from vault.redaction import redacted

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# What the pipeline itself adds to a line.
OF_THE_PIPELINE = frozenset({"timestamp", "level", "logger"})
OURS = (
    "api",
    "backoffice",
    "inbox",
    "journal",
    "meta_events",
    "meta_graph",
    "onboarding",
    "organizations",
    "outbound",
    "phones",
    "shared_inbox",
    "wabas",
    "webhooks",
)


def with_traceback(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """`exc_info` as text: files, lines and messages, never the values of variables."""
    return structlog.processors.format_exc_info(logger, method, event)


def without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event.update(redacted({key: value for key, value in event.items() if key not in OF_THE_PIPELINE}))
    return event


def has_traceback(record: logging.LogRecord) -> bool:
    """What Django says of a 5xx that somebody meant says our own line already."""
    return bool(record.exc_info)


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_config(log_format: str, *, level: str, report: Any = None) -> dict[str, Any]:
    """Django's LOGGING for `console` (people) or `json` (machines).

    `report` sees each of our lines before its exception becomes text: a processor of structlog's.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            *([report] if report else []),
            with_traceback,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, with_traceback],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_secrets,
                    renderer,
                ],
            }
        },
        "filters": {"tracebacks": {"()": CallbackFilter, "callback": has_traceback}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name in OURS}
        | {
            # Without the handlers that Django gives it: they know nothing of the last gate.
            "django": {"level": "WARNING"},
            # Django's own request lines repeat ours, and print the query.
            "django.server": {"level": "WARNING"},
            "django.request": {"level": "ERROR", "filters": ["tracebacks"]},
            # A scanner's made-up host names: each was answered 400, and our own line says so.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "celery": {"level": "WARNING"},
        },
    }
