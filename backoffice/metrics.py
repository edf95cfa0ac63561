"""/metrics: what all processes of this machine counted, and what stands in the database.

A process that is no web server answers on METRICS_PORT instead. With PROMETHEUS_MULTIPROC_DIR they keep their
figures in files there, and any of them answers for all.
"""

import hmac
import os
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from api.errors import not_found
from backoffice.gauges import DatabaseGauges

log = structlog.get_logger("backoffice.metrics")
of_database = CollectorRegistry()
of_database.register(DatabaseGauges())


class Told(HttpResponse):
    """Asked for every few seconds: counted by itself, without a log line each."""

    is_counted = True


@require_safe
def metrics(request: HttpRequest) -> HttpResponseBase:
    """404 without METRICS_TOKEN, as if it were not there; 401 without that bearer token."""
    if not settings.METRICS_TOKEN:
        return not_found(request)
    kind, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    is_right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), settings.METRICS_TOKEN.encode())
    if not is_right or kind.lower() != "bearer":
        return HttpResponse(
            "A bearer token is needed.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"', "Cache-Control": "no-store"},
        )
    return Told(exposition(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def exposition() -> bytes:
    """The database first: gauges that apps have of their own are set by that."""
    stored = generate_latest(of_database)
    return generate_latest(counted()) + stored


def counted() -> Any:
    """What this process counted, or all processes that share its files."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def serve() -> tuple[Any, Any] | None:
    """Answers Prometheus in this process from now on, where METRICS_PORT says so: the server and its thread.

    A port that is taken costs the metrics of this process and nothing else.
    """
    if not settings.METRICS_PORT:
        return None
    try:
        return start_http_server(settings.METRICS_PORT, addr=settings.METRICS_ADDRESS, registry=counted())
    except OSError as failure:
        log.error("metrics are not served", port=settings.METRICS_PORT, error=type(failure).__name__)
        return None
