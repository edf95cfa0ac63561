"""/metrics: who may read it, what it says of requests and of the database, and from several processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from backoffice import gauges, metrics
from inbox.models import OutboxEntry
from meta_events.models import Notification
from onboarding.models import OnboardingLink, Signup, StepRun
from organizations.models import Organization
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.e2e.product import BIN, ROOT, free_port
from tests.phones.world import healthy_phone
from wabas.models import Waba

TOKEN = "a-token-of-metrics"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def configured(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(gauges, "KEPT_SECONDS", 0.0)


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped() -> Samples:
    answer = Client().get("/metrics", headers=AUTHORIZED)
    assert answer.status_code == 200
    return samples(answer.content.decode())


def test_without_a_token_in_the_settings_there_is_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", headers=AUTHORIZED).status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer a-token-of-metric",
                                   f"Bearer {TOKEN}x", "Bearer \u00e9"])  # fmt: skip
def test_whoever_has_not_the_token_is_told_nothing(given: str | None) -> None:
    answer = Client().get("/metrics", headers={"authorization": given} if given is not None else {})

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    assert b"http_requests" not in answer.content


def test_requests_are_counted_by_the_name_of_their_address_and_never_by_path(api: Api) -> None:
    before = scraped()
    api.get("onboarding-links/0d9c2a5e-6a44-4f0e-9d9c-1b8a4e1d2c3b")
    api.get("onboarding-links")
    api.get("no-such-thing-teapot")
    Client().get("/signup/0d9c2a5e-6a44-4f0e-9d9c-1b8a4e1d2c3b")
    Client().generic("BREW", "/coffee-teapot")

    after = scraped()

    def risen(route: str, status: str, method: str = "GET") -> float:
        key = ("http_requests_total", (("method", method), ("route", route), ("status", status)))
        return after.get(key, 0) - before.get(key, 0)

    assert risen("onboarding-link-detail", "4xx") == 1
    assert risen("onboarding-link-list", "2xx") == 1
    assert risen("api.errors.not_found", "4xx") == 1
    assert risen("none", "4xx", "other") == 1
    text = repr(after)
    assert not [part for part in ("0d9c2a5e", "teapot", "BREW", str(api.organization.pk)) if part in text]
    assert (
        "http_request_duration_seconds_count",
        (("method", "GET"), ("route", "onboarding-link-list")),
    ) in after


def test_every_metric_of_ours_has_words_a_unit_where_it_measures_and_few_labels(db: None) -> None:
    families = [family for registry in (REGISTRY, metrics.of_database) for family in registry.collect()]
    ours = [family for family in families if not family.name.startswith(("python_", "process_"))]

    labels = {label for family in ours for sample in family.samples for label in sample.labels}
    assert labels <= {"le", "route", "method", "status", "call", "outcome", "step", "verdict", "kind", "code",
                      "state", "secret", "older_than_seconds"}  # fmt: skip
    assert all(len(family.documentation) > 10 for family in ours)
    assert all("seconds" in family.name for family in ours if family.type == "histogram")


def test_the_guide_lists_every_metric_and_no_other(db: None) -> None:
    section = (ROOT / "docs/guides/operations.md").read_text().partition("### Metrics")[2]
    listed = {
        name
        for line in section.partition("Alerts worth having")[0].splitlines()
        for name in re.findall(r"`([a-z_]+)`", line.split("|")[1] if line.startswith("|") else "")
    }

    families = [family for registry in (REGISTRY, metrics.of_database) for family in registry.collect()]

    ours = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in families
        if not family.name.startswith(("python_", "process_"))
    }
    assert listed == ours


def test_what_stands_in_the_database_is_counted(organization: Organization) -> None:
    now = timezone.now()
    phone = healthy_phone(organization)
    Waba.objects.update(token_expires_at=now + timedelta(days=6))
    silent = {"capabilities": {"canSendMessages": False}, "warnings": [], "at": ""}
    PhoneNumber.objects.update(announced=silent)
    link = OnboardingLink.objects.create(organization=organization, name="a link")
    signup = Signup.objects.create(
        id="0d9c2a5e-6a44-4f0e-9d9c-1b8a4e1d2c3b", link=link, state="running",
        exchanged_at=now - timedelta(hours=2),
    )  # fmt: skip
    StepRun.objects.create(signup=signup, step="save_waba", position=1, next_attempt_at=now)
    StepRun.objects.create(
        signup=signup, step="save_phone", position=2, next_attempt_at=now + timedelta(hours=1)
    )
    Notification.objects.create(body=b"{}")

    found = scraped()

    def value(name: str, **labels: str) -> float:
        return found[name, tuple(labels.items())]

    assert value("backoffice_gauges_up") == 1
    assert value("onboarding_due_steps") == 1
    ages = [value("onboarding_running_signups", older_than_seconds=age) for age in ("300", "3600", "86400")]
    assert ages == [1, 1, 0]
    assert value("phones_not_ready") == 1
    assert value("wabas_ending_tokens") == 1
    assert (
        value("meta_events_waiting", kind="notification"),
        value("meta_events_waiting", kind="element"),
    ) == (1, 0)
    assert value("inbox_waiting_messages") == OutboxEntry.objects.count() == 0
    assert value("webhooks_due_deliveries") == 0

    PhoneNumber.objects.filter(pk=phone.pk).update(disconnected_at=now)
    Waba.objects.update(token_expires_at=now + timedelta(days=8))
    found = scraped()
    assert (value("phones_not_ready"), value("wabas_ending_tokens")) == (0, 0)


def test_it_costs_the_database_the_same_each_time_and_nothing_when_asked_again_at_once(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scraped()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        scraped()
    assert len(queries) <= 24
    monkeypatch.setattr(gauges, "KEPT_SECONDS", 60.0)

    with CaptureQueriesContext(connection) as queries:
        scraped()

    assert len(queries) == 0


def test_without_the_database_the_counters_are_there_and_no_figure_that_is_not_true(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(now: object) -> dict[str, dict[str, int]]:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(gauges, "read", away)

    found = scraped()

    assert found["backoffice_gauges_up", ()] == 0
    assert ("onboarding_due_steps", ()) not in found
    assert any(name == "http_requests_total" for name, _ in found)


def test_a_worker_answers_prometheus_on_its_port_and_nowhere_by_default(settings: Any) -> None:
    assert settings.METRICS_PORT == 0
    assert metrics.serve() is None
    settings.METRICS_PORT = free_port()

    served = metrics.serve()
    assert served is not None
    server, thread = served
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.METRICS_PORT}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    server.shutdown()
    server.server_close()
    thread.join()

    assert "onboarding_step_duration_seconds" in text


def test_a_port_that_is_taken_costs_the_worker_its_metrics_alone(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.METRICS_PORT = taken.getsockname()[1]

        assert metrics.serve() is None

    assert "metrics are not served" in caplog.text


@pytest.fixture
def two_processes(tmp_path: Path) -> Iterator[str]:
    """A web server of two processes on a database of its own; its address."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")} | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "READ_DOT_ENV": "false",
        "DEBUG": "true",
        "DATA_DIR": str(tmp_path),
        "METRICS_TOKEN": TOKEN,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures"),
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True, timeout=60
    )
    server = subprocess.Popen(
        [BIN / "granian", "--interface", "wsgi", "--workers", "2", "--port", str(port), "--no-ws",
         "config.wsgi:application"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            with suppress(requests.ConnectionError):
                requests.get(f"{url}/healthz", timeout=5)
                break
            time.sleep(0.05)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_several_processes_are_added_up_whichever_answers(two_processes: str, tmp_path: Path) -> None:
    files: set[str] = set()
    count = 0
    ends = time.monotonic() + 20
    while len(files) < 2 and time.monotonic() < ends:
        for _ in range(20):
            assert requests.get(f"{two_processes}/v1/phones", timeout=5).status_code == 401
            count += 1
        files = {path.name for path in (tmp_path / "figures").glob("counter_*.db")}

    answers = [requests.get(f"{two_processes}/metrics", headers=AUTHORIZED, timeout=5) for _ in range(6)]

    key = ("http_requests_total", (("method", "GET"), ("route", "phone-list"), ("status", "4xx")))
    assert [samples(answer.text)[key] for answer in answers] == [count] * 6
    gauge = [labels for name, labels in samples(answers[0].text) if name == "webhooks_due_age_seconds"]
    assert gauge == [()]


def test_gauges_that_apps_set_are_no_number_without_the_database(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauges.DatabaseGauges().fresh()

    def away(now: object) -> dict[str, dict[str, int]]:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(gauges, "read", away)
    gauges.DatabaseGauges().fresh()

    own = [metric for metric in REGISTRY.collect() if metric.type == "gauge"]
    told = {metric.name: {sample.value for sample in metric.samples} for metric in own}
    for name in ("webhooks_due_deliveries", "webhooks_due_age_seconds", "webhooks_in_flight",
                 "webhooks_endpoints", "meta_events_waiting_age_seconds", "meta_events_kept"):  # fmt: skip
        assert {str(value) for value in told[name]} == {"nan"}, name
