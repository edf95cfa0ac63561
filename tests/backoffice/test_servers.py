"""Database, broker and clocks: real ones, and ones that are not there or not right."""

import pytest
import time_machine
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from backoffice.doctor.findings import Status
from tests.backoffice.conftest import look
from tests.outbound.peers import answering, peer
from tests.wabas.world import on_postgresql

pytestmark = pytest.mark.django_db


def test_the_database_is_told_by_name_and_version(settings):
    settings.DEBUG = True

    finding = look("database")

    assert finding.status is Status.OK
    assert finding.message.startswith(connection.display_name)


@pytest.fixture
def sqlite(monkeypatch, tmp_path):
    """A product whose database is a file, whatever the tests' own is."""
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "gangway.sqlite3"}
    connected = ConnectionHandler({"default": file})["default"]
    monkeypatch.setattr("backoffice.doctor.servers.connection", connected)
    yield
    connected.close()


def test_sqlite_is_not_for_production(settings, sqlite):
    settings.DEBUG = False

    finding = look("database")

    assert finding.status is Status.FAILED
    assert finding.message.startswith("SQLite ")
    assert finding.message.endswith(": not for production")


def test_sqlite_is_for_development(settings, sqlite):
    settings.DEBUG = True

    finding = look("database")

    assert finding.status is Status.OK
    assert finding.message.endswith("; production needs PostgreSQL")


@on_postgresql
def test_postgresql_is_for_production(settings):
    settings.DEBUG = False

    assert look("database").status is Status.OK


def test_migrations_that_were_not_run_are_counted_and_named():
    before = look("migrations")
    recorder = MigrationRecorder(connection)
    for app, name in list(recorder.applied_migrations()):
        if app in ("webhooks", "auth", "sessions"):
            recorder.record_unapplied(app, name)

    finding = look("migrations")

    assert before.status is Status.OK
    assert finding.status is Status.FAILED
    assert "not applied: auth.0001_initial, " in finding.message
    assert finding.message.count(",") == 3
    assert finding.message.endswith(" more")


def test_without_redis_there_is_no_broker_to_look_at(settings):
    settings.REDIS_URL = ""

    assert look("broker").message.startswith("REDIS_URL is not set: skipped.")
    assert look("broker").status is Status.NOT_CHECKED


def test_a_broker_that_is_not_there_is_found_and_its_password_not_told(settings):
    settings.REDIS_URL = "redis://:redis-password@127.0.0.1:1/0"

    finding = look("broker")

    assert finding.status is Status.FAILED
    assert "redis-password" not in finding.message
    assert "REDIS_URL" in finding.remedy


# ---- clocks -----------------------------------------------------------------------------------------------

NOON = 1_795_000_000


def dated(text: str) -> bytes:
    return f"HTTP/1.1 400 Bad Request\r\nDate: {text}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
def at_noon(settings):
    """Meta's clock stands at NOON, by a header that knows whole seconds."""
    with peer(answering(dated("Wed, 18 Nov 2026 11:06:40 GMT"))) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        yield


@pytest.fixture
def without_database(monkeypatch):
    """The test's database has the machine's clock, which a test that travels has left."""
    monkeypatch.setattr("backoffice.doctor.clock.beside_database", lambda: None)


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (0.0, Status.OK, "+0.0 s beside Meta's"),
        (0.9, Status.OK, "+0.0 s beside Meta's"),
        (2.5, Status.OK, "+1.5 s beside Meta's"),
        (8.0, Status.WARNING, "+7.0 s beside Meta's"),
        (-8.0, Status.WARNING, "-8.0 s beside Meta's"),
        (90.0, Status.FAILED, "+89.0 s beside Meta's"),
        (-90.0, Status.FAILED, "-90.0 s beside Meta's"),
    ],
)
def test_our_clock_is_compared_with_metas(at_noon, without_database, seconds, status, words):
    with time_machine.travel(NOON + seconds, tick=False):
        finding = look("clock")

    assert (finding.status, finding.message) == (status, words)


@pytest.mark.parametrize("said", ["", "yesterday", "Wed, 99 Nov 2026 11:06:40 GMT"])
def test_a_date_that_cannot_be_read_is_none(settings, without_database, said):
    with peer(answering(dated(said))) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        assert look("clock").status is Status.NOT_CHECKED


@on_postgresql
def test_our_clock_is_compared_with_the_databases(settings):
    settings.META_GRAPH_URL = "http://127.0.0.1:1"
    here = look("clock")
    with time_machine.travel(NOON):
        finding = look("clock")

    assert (here.status, here.message) == (Status.OK, "+0.0 s beside the database's")
    assert finding.status is Status.FAILED
    assert finding.message.endswith("beside the database's")
