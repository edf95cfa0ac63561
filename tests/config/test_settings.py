"""The environment: every variable is documented, and what is missing or wrong stops the start by name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.queues import QUEUES, ROUTES

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'(?:env\.\w+|meta|in_production)\(\s*"([A-Z][A-Z_]+)"')
PRODUCTION = {
    "READ_DOT_ENV": "false",
    "SECRET_KEY": "x" * 60,
    "PUBLIC_BASE_URL": "https://connect.example.com",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "FIELD_ENCRYPTION_KEYS": "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI=",
    "META_APP_SECRET": "secret",
}


def started(
    environment: dict[str, str], code: str = "import django; django.setup()"
) -> subprocess.CompletedProcess[str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=bare | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_variable_that_is_read_is_in_the_example_with_a_comment() -> None:
    read = set(READ.findall((ROOT / "config/settings.py").read_text())) - {"READ_DOT_ENV"}
    lines = (ROOT / ".env.example").read_text().splitlines()

    listed = {line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?[A-Z][A-Z_]+=", line)}

    hidden_in_helpers = {
        "META_SDK_URL",
        "META_MESSAGE_ORIGINS",
        "CSRF_TRUSTED_ORIGINS",
        "WEBHOOK_ALLOWED_NETWORKS",
    }
    assert read - listed == set()
    assert listed - read - hidden_in_helpers == set()


def test_every_queue_has_a_worker_among_the_processes_of_the_guide() -> None:
    text = (ROOT / "docs/guides/operations.md").read_text()

    workers = re.findall(r"^celery .* -Q ([a-z,]+)$", text, re.MULTILINE)
    served = [queue for queues in workers for queue in queues.split(",")]

    assert sorted(served) == sorted(QUEUES) == sorted(re.findall(r"^\| queue `(\w+)` \|", text, re.MULTILINE))
    assert {route["queue"] for route in ROUTES.values()} <= set(QUEUES)


def test_a_complete_production_environment_starts() -> None:
    assert started(PRODUCTION).stderr == ""


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "PUBLIC_BASE_URL", "DATABASE_URL", "REDIS_URL", "FIELD_ENCRYPTION_KEYS"]
)
def test_a_missing_variable_stops_the_start_with_its_name(name: str) -> None:
    outcome = started({key: value for key, value in PRODUCTION.items() if key != name})

    assert outcome.returncode != 0
    assert f"Set the {name} environment variable" in outcome.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "connect.example.com"),
        ("META_SIGNUP_EXTRAS", "{nope"),
        ("WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("LOG_FORMAT", "xml"),
        ("STEP_LEASE_SECONDS", "0"),
        ("META_EVENT_LEASE_SECONDS", "0"),
        ("META_EVENT_RETENTION_DAYS", "7"),
        ("MESSAGE_RETENTION_DAYS", "7"),
        ("MEDIA_STREAMS", "0"),
        ("MESSAGE_PAIR_SECONDS", "-1"),
        ("MESSAGE_BACKOFF_SECONDS", ""),
        ("DELIVERY_SECONDS", "60"),
        ("PHONE_CHECK_SECONDS", "59"),
        ("SANDBOX", "true"),
        ("API_RATE_LIMIT", "many"),
        ("FIELD_ENCRYPTION_KEYS", "not-a-key"),
        ("MESSAGE_SENDERS", "many"),
        ("MESSAGE_SENDERS", ""),
        ("META_REQUEST_TIMEOUT", "soon"),
        ("STEP_BACKOFF_SECONDS", "2,then 5"),
        ("DELIVERY_BACKOFF_SECONDS", "60,-1"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("DEBUG", "flase"),
        ("SECURE_SSL_REDIRECT", "ture"),
        ("REDIS_URL", "host:6379"),
    ],
)
def test_a_wrong_value_stops_the_start_with_its_name(name: str, value: str) -> None:
    outcome = started(PRODUCTION | {name: value})

    assert outcome.returncode != 0
    assert name in outcome.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "address", ["postgress://us:secret@host/gangway", "us:secret@host/gangway", "secret"]
)
def test_a_wrong_address_of_the_database_is_named_and_not_shown(address: str) -> None:
    outcome = started(PRODUCTION | {"DATABASE_URL": address})

    assert "DATABASE_URL must be like postgres://" in outcome.stderr.splitlines()[-1]
    assert "secret" not in outcome.stderr


@pytest.mark.parametrize(("pooling", "shown"), [("false", "5 False"), ("true", "None True")])
def test_nothing_is_kept_on_a_connection_behind_a_pool_of_transactions(pooling: str, shown: str) -> None:
    code = (
        "import django; django.setup(); from django.conf import settings; d = settings.DATABASES['default'];"
        " print(d['OPTIONS']['prepare_threshold'], d['DISABLE_SERVER_SIDE_CURSORS'])"
    )

    outcome = started(PRODUCTION | {"DATABASE_TRANSACTION_POOLING": pooling}, code)

    assert outcome.stdout.strip() == shown
