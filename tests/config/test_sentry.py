"""Reports to Sentry, from a process of its own to a server on loopback: what arrives, and what never does."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "API key": "sk_org_abcdEFGHs3cr3tS3cr3tS3cr3tS3cr3tS3cr3t12",
    "cookie": "a-session-cookie-of-staff",
    "query": "only-in-the-query",
    "body": "only-in-the-body",
    "variable": "only-in-a-variable",
    "token": "EAASandboxZm9vYmFyYmF6cXV4",
    "app secret": "words-that-sign",
    "inbox": "kJ8-fZm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v1",
    "argument": "only-in-a-tasks-argument",
}
PROGRAM = f"""
import logging, sys, types
import django
django.setup()
print("sentry_sdk" in sys.modules)
import structlog
from celery import current_app
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from django.urls import path

SECRETS = {SECRETS!r}

def broken(request, **kwargs):
    kept = SECRETS["variable"]
    raise ValueError(f"Meta said: Malformed access token {{SECRETS['token']}} by {{SECRETS['app secret']}}")

urls = types.ModuleType("urls")
urls.urlpatterns = [path("shared/<str:token>", broken), path("v1/broken", broken)]
urls.handler500 = "api.errors.server_error"
sys.modules["urls"] = urls
from django.conf import settings
settings.ROOT_URLCONF = "urls"

application = get_wsgi_application()
asking = RequestFactory()
asking.cookies["sessionid"] = SECRETS["cookie"]
for request in (
    asking.post("/v1/broken?q=" + SECRETS["query"], data={{"secret": SECRETS["body"]}},
                content_type="application/json",
                headers={{"authorization": "Bearer " + SECRETS["API key"], "x-request-id": "request-1"}}),
    asking.get("/shared/" + SECRETS["inbox"]),
):
    application(request.environ, lambda status, headers: None)

@current_app.task(name="tests.broken")
def task(**kwargs):
    broken(None)

task.apply(kwargs={{"pin": SECRETS["argument"]}})
try:
    broken(None)
except ValueError as failure:
    structlog.get_logger("onboarding.runner").error("step crashed", step="save_waba", exc_info=failure)
structlog.get_logger("meta_events.handling").error("not handled", told=SECRETS["token"], change=7)
structlog.get_logger("meta_events.handling").warning("nothing to report")
"""


@dataclass
class Sentry:
    """What was sent, envelope by envelope."""

    url: str = ""
    bodies: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of each envelope the event: header, header of the item, item."""
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    known = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers.get("Content-Encoding") in {None, "gzip"}
            known.bodies.append(
                (gzip.decompress(body) if self.headers.get("Content-Encoding") else body).decode()
            )
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    known.url = f"http://publickey@127.0.0.1:{server.server_address[1]}/1"
    yield known
    server.shutdown()
    server.server_close()


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "READ_DOT_ENV": "false",
        "DEBUG": "true",
        "LOG_FORMAT": "json",
        "DATA_DIR": str(folder),
        "META_APP_SECRET": SECRETS["app secret"],
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=bare | ours | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_errors_arrive_and_no_secret_with_them(sentry: Sentry, tmp_path: Path) -> None:
    done = run(tmp_path, SENTRY_DSN=sentry.url, SENTRY_ENVIRONMENT="staging", SENTRY_RELEASE="1.2.3")

    titles = [
        event["exception"]["values"][-1]["type"] if "exception" in event else event["message"]
        for event in sentry.events
    ]
    assert titles == ["ValueError"] * 4 + ["not handled"], done.stderr
    sent = "\n".join(sentry.bodies)
    assert [name for name, secret in SECRETS.items() if secret in sent] == []
    assert [name for name, secret in SECRETS.items() if secret in done.stderr] == []


def test_a_report_says_where_it_broke_and_for_which_request(sentry: Sentry, tmp_path: Path) -> None:
    run(tmp_path, SENTRY_DSN=sentry.url, SENTRY_ENVIRONMENT="staging", SENTRY_RELEASE="1.2.3")

    first, shared, task, step, message = sentry.events
    assert (first["environment"], first["release"]) == ("staging", "1.2.3")
    assert first["tags"]["request_id"] == "request-1"
    assert first["request"] == {"method": "POST", "url": "http://testserver/v1/broken"}
    assert shared["request"] == {"method": "GET", "url": "http://testserver/shared/[...]"}
    assert [bool(one["tags"]["request_id"]) for one in (shared, task)] == [True, True]
    assert step["tags"]["logger"] == "onboarding.runner"
    assert step["contexts"]["log"] == {"step": "save_waba"}
    assert message["contexts"]["log"] == {"told": "[...]", "change": 7}
    traces = [one["exception"]["values"][-1]["stacktrace"]["frames"] for one in (first, shared, task, step)]
    assert {frames[-1]["function"] for frames in traces} == {"broken"}
    assert not [frame for frames in traces for frame in frames if "vars" in frame]
    assert not [one for one in sentry.events if one.keys() & {"breadcrumbs", "user", "extra"}]


def test_without_a_dsn_the_package_is_not_even_imported(sentry: Sentry, tmp_path: Path) -> None:
    done = run(tmp_path)

    assert done.stdout.splitlines()[0] == "False"
    assert sentry.bodies == []
