"""/healthz and /readyz: what a load balancer asks, over plain HTTP, by address, as often as it likes."""

import os
import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from backoffice import health
from backoffice.health import Check, Readiness

by_address = Client(headers={"host": "10.0.0.7"})
REDIS = os.environ.get("TEST_REDIS_URL", "")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Readiness:
    """Nothing is remembered from another test."""
    readiness = Readiness()
    monkeypatch.setattr(health, "readiness", readiness)
    return readiness


def verdicts(query: str = "") -> tuple[int, Any]:
    answer = by_address.get(f"/readyz{query}")
    return answer.status_code, answer.json()


def test_the_process_answers_without_a_database(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="api"):
        answer = by_address.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (answer["Cache-Control"], answer.cookies) == ("no-store", {})
    assert caplog.records == []
    assert by_address.head("/healthz").status_code == 200
    assert by_address.post("/healthz").status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db(transaction=True)
def test_nobody_is_sent_to_https_or_refused_for_the_host_name(path: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["connect.example.com"]
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    settings.METRICS_TOKEN = "a-token-of-metrics"

    answer = by_address.get(path, headers={"authorization": "Bearer a-token-of-metrics"})

    assert answer.status_code == 200
    assert by_address.get("/v1/phones").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_ready_is_who_has_a_database_with_every_migration(settings: Any) -> None:
    settings.REDIS_URL = ""

    assert verdicts() == (200, {"status": "ok", "checks": {"database": "ok", "migrations": "ok"}})


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_was_not_applied_is_not_ready_and_a_newer_database_is(settings: Any) -> None:
    settings.REDIS_URL = ""
    recorder = MigrationRecorder(connection)
    recorder.record_applied("onboarding", "0999_of_the_next_release")
    assert verdicts()[0] == 200
    recorder.record_unapplied("onboarding", "0999_of_the_next_release")
    recorder.record_unapplied("onboarding", "0001_initial")
    try:
        health.readiness = Readiness()
        assert verdicts() == (503, {"status": "failed", "checks": {"database": "ok", "migrations": "failed"}})
    finally:
        recorder.record_applied("onboarding", "0001_initial")


@pytest.mark.skipif(not REDIS, reason="needs Redis")
@pytest.mark.django_db(transaction=True)
def test_the_broker_is_asked_where_there_is_one(settings: Any) -> None:
    settings.REDIS_URL = REDIS

    assert verdicts()[1]["checks"]["broker"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_is_said_and_may_be_left_out(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://user:hunter22@127.0.0.1:1/0"

    with caplog.at_level("INFO", logger="backoffice"):
        answers = [by_address.get("/readyz") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {503}
    checks = {"database": "ok", "migrations": "ok", "broker": "failed"}
    assert answers[0].json() == {"status": "failed", "checks": checks}
    assert not [word for word in (b"hunter22", b"127.0.0.1") if word in answers[0].content]
    assert len(caplog.records) == 1
    del checks["broker"]
    assert verdicts("?exclude=broker") == (200, {"status": "ok", "checks": checks})


def test_a_check_that_hangs_is_given_up_and_asked_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS", 0.2)
    ended, looks = threading.Event(), list[int]()

    def hang() -> None:
        looks.append(1)
        ended.wait(10)

    check = Check("database", hang)
    started = time.monotonic()

    said = [check.verdict() for _ in range(5)]

    assert said == ["timeout"] * 5
    assert time.monotonic() - started < 1.0
    assert len(looks) == 1
    ended.set()
    while not check.begin().done():
        time.sleep(0.01)
    assert check.verdict() == "ok"


def test_what_was_found_is_told_again_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    check = Check("database", lambda: looks.append(1))
    assert [check.verdict() for _ in range(20)] == ["ok"] * 20
    assert len(looks) == 1

    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    check.verdict()

    assert len(looks) == 2
