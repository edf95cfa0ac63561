"""The product in one process: sandbox, worker, scheduler and web server as threads of it."""

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.beat import EmbeddedService
from celery.signals import worker_ready
from celery.worker import WorkController
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from config.celery import app
from meta_graph.sandbox.server import Sandbox, SandboxConfig

# One pump of deliveries runs at a time, so the other threads are always there for signups.
WORKER_THREADS = 12


class QuietHandler(WSGIRequestHandler):
    """Our own log line of a request says more."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        return


class WithLengths(WSGIHandler):
    """Says how long its answers are, as production's server does: only then connections are kept."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
        return response


class ThreadedServer(ThreadedWSGIServer):
    """Django's development server, a daemon thread a connection.

    A connection that is kept saves each request a thread of its own, and that a database of its own.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), QuietHandler, ipv6=False, allow_reuse_address=True)
        self.set_app(WithLengths())


def port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def start_sandbox(host: str) -> Sandbox:
    """Raises OSError when its port is taken."""
    config = SandboxConfig(
        app_id=settings.META_APP_ID,
        app_secret=settings.META_APP_SECRET,
        config_id=settings.META_CONFIG_ID,
        system_user_token=settings.META_SYSTEM_USER_TOKEN,
        business_id=settings.META_BUSINESS_ID,
        system_user_id=settings.META_SYSTEM_USER_ID,
        credit_line_id=settings.META_CREDIT_LINE_ID,
        callback_url=f"{settings.PUBLIC_BASE_URL}/webhook/meta",
        deauthorize_url=f"{settings.PUBLIC_BASE_URL}/webhook/meta/deauthorize",
        data_deletion_url=f"{settings.PUBLIC_BASE_URL}/webhook/meta/data-deletion",
        verify_token=settings.META_WEBHOOK_VERIFY_TOKEN,
        state_path=Path(settings.SANDBOX_STATE),
    )
    return Sandbox(config, host=host, port=port_of(settings.SANDBOX_URL)).start()


def start_worker() -> None:
    """WorkController, not Worker: it installs no signal handlers, so a thread may run it.

    One for all queues: a second one in the process would change what the first consumes.
    """
    app.finalize()
    app.loader.import_default_modules()
    worker = WorkController(
        app=app,
        hostname="worker@localhost",
        pool_cls="threads",
        concurrency=WORKER_THREADS,
        loglevel="WARNING",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
        quiet=True,
        ready_callback=announce,
    )
    threading.Thread(target=worker.start, name="worker", daemon=True).start()


def announce(consumer: object) -> None:
    """As Celery's own program does: what runs beside a worker's tasks begins now."""
    worker_ready.send(sender=consumer)


def start_scheduler() -> None:
    beat: Any = EmbeddedService(app, thread=True, scheduler_cls=settings.CELERY_BEAT_SCHEDULER)
    beat.daemon = True
    beat.start()


def start_web(host: str) -> ThreadedServer:
    """Raises OSError when its port is taken."""
    server = ThreadedServer(host, port_of(settings.PUBLIC_BASE_URL))
    threading.Thread(target=server.serve_forever, args=(0.1,), name="web", daemon=True).start()
    return server
