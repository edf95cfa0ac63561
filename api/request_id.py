"""The request id: on the answer, on every log line of the request, and on those of its tasks."""

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponseBase

from api import metrics

HEADER = "X-Request-Id"
MAX_LENGTH = 128
TASK_HEADER = "gangway_request_id"
log = structlog.get_logger("api.request")


def current_request_id() -> str:
    """The id of the request or task that runs here; empty outside of both."""
    value: str = structlog.contextvars.get_contextvars().get("request_id", "")
    return value


def go_on_with(request_id: str) -> None:
    """What follows here belongs to this request, whoever rang for it. Nothing changes where none is known."""
    if request_id:
        structlog.contextvars.bind_contextvars(request_id=request_id)


def belonging_to(request_id: str) -> AbstractContextManager[None]:
    """What happens while it lasts has this id; afterwards it is the one before."""
    context: AbstractContextManager[None] = structlog.contextvars.bound_contextvars(request_id=request_id)
    return context


def chosen(given: str) -> str:
    """The client's own id where it is printable and short enough, else a new one."""
    usable = 0 < len(given) <= MAX_LENGTH and given.isascii() and given.isprintable()
    return given if usable else str(uuid.uuid4())


class RequestIdMiddleware:
    """Binds the id, answers it, counts the request, and writes its one log line (without the query).

    An answer that `is_counted` has no line: there are many of its kind, and a metric counts them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = chosen(request.META.get("HTTP_X_REQUEST_ID", ""))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        response[HEADER] = request_id
        seconds = time.perf_counter() - started
        metrics.note(request, response.status_code, seconds)
        if not getattr(response, "is_counted", False):
            log.info(
                "request",
                method=request.method,
                path=shown_path(request),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
            )
        return response


def shown_path(request: HttpRequest) -> str:
    """The path without a token that is a part of it."""
    token = request.resolver_match.kwargs.get("token") if request.resolver_match else None
    return request.path.replace(token, "[...]") if token else request.path


@before_task_publish.connect
def carry_request_id(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None and current_request_id():
        headers[TASK_HEADER] = current_request_id()


@task_prerun.connect
def bind_request_id(task: Any = None, task_id: str = "", **_: object) -> None:
    structlog.contextvars.clear_contextvars()
    carried = task.request.get(TASK_HEADER) if task is not None else None
    structlog.contextvars.bind_contextvars(request_id=carried or task_id)
    if task is not None:
        task.request.began = time.perf_counter()


@task_postrun.connect
def unbind_request_id(task: Any = None, state: str | None = None, **_: object) -> None:
    """The one line of a task. Sweeps run each second: whoever wants to read it asks for DEBUG."""
    began = task.request.get("began") if task is not None else None
    if began is not None:
        ms = round((time.perf_counter() - began) * 1000, 1)
        log.debug("task", task=task.name, state=state, ms=ms)
    structlog.contextvars.clear_contextvars()
