"""`check --deploy`: silent for a real production environment, and each of our own findings by its id."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from backoffice.checks import RULES
from tests.config.test_settings import PRODUCTION, ROOT

SECRET_KEY = "vJ3kq0Z8yXwT5mN2pLr7HsGdFbKcVzQe9AuRtYiOa1B4nM6xCk8Wd3"
KEY = Fernet.generate_key().decode()
REAL = PRODUCTION | {
    "SECRET_KEY": SECRET_KEY,
    "FIELD_ENCRYPTION_KEYS": KEY,
    "TRUSTED_PROXY_COUNT": "1",
    "META_APP_ID": "1234567890123456",
    "META_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "META_CONFIG_ID": "2345678901234567",
    "META_BUSINESS_ID": "3456789012345678",
    "META_SYSTEM_USER_ID": "4567890123456789",
    "META_SYSTEM_USER_TOKEN": "EAAG" + "x" * 60,
    "META_WEBHOOK_VERIFY_TOKEN": "a-long-verify-token",
    "METRICS_TOKEN": "0123456789abcdef0123456789abcdef",
}


def checked(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_real_production_environment_has_no_finding() -> None:
    outcome = checked(REAL)

    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("System check identified no issues")


def test_an_installation_that_only_starts_hears_of_all_that_is_missing() -> None:
    poor = {
        "PUBLIC_BASE_URL": "http://connect.example.com",
        "META_GRAPH_URL": "http://graph.example.com",
        "META_APP_ID": "",
        "META_SYSTEM_USER_TOKEN": "",
        "META_APP_SECRET": "sandbox-app-secret",
        "META_WEBHOOK_VERIFY_TOKEN": "",
        "FIELD_ENCRYPTION_KEYS": f"{KEY},{KEY}",
        "DATABASE_URL": "sqlite:////tmp/none.sqlite3",
        "ALLOWED_HOSTS": "*",
        "ALLOW_HTTP_URLS": "true",
        "WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8",
    }

    outcome = checked(REAL | poor)

    assert outcome.returncode == 1
    assert set(re.findall(r"\(([a-z_]+\.[EW]\d{3})\)", outcome.stderr)) >= {
        "onboarding.E001", "onboarding.E002", "onboarding.E003", "onboarding.E004", "onboarding.W002",
        "meta_events.E001", "vault.W001", "backoffice.E002", "backoffice.W002", "webhooks.W001",
        "webhooks.W002",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("SANDBOX", True, "onboarding.W001"),
        ("FIELD_ENCRYPTION_KEYS", [SECRET_KEY], "vault.E001"),
        ("SECRET_KEY", "development-only-not-a-secret", "backoffice.E001"),
        ("TRUSTED_PROXY_COUNT", 0, "backoffice.W001"),
    ],
)
def test_each_of_the_rest_is_found_by_its_id(settings, name, value, found) -> None:
    settings.SECRET_KEY, settings.FIELD_ENCRYPTION_KEYS, settings.SANDBOX = SECRET_KEY, [KEY], False
    settings.PUBLIC_BASE_URL, settings.TRUSTED_PROXY_COUNT = "https://connect.example.com", 1
    assert found not in findings()

    setattr(settings, name, value)

    assert found in findings()


def test_a_finding_says_no_value(settings) -> None:
    settings.SANDBOX = False
    settings.META_APP_SECRET, settings.SECRET_KEY = "sandbox-app-secret", "development-only-xyz"
    settings.FIELD_ENCRYPTION_KEYS = ["development-only-xyz"]

    said = str([rule.message for rule in RULES])

    assert "vault.E001" in said
    assert "xyz" not in said
    assert "sandbox-app-secret" not in said


def test_every_check_is_in_the_guide() -> None:
    guide = Path(ROOT / "docs/guides/operations.md").read_text()

    assert [rule.id for rule in RULES if f"`{rule.id}`" not in guide] == []


def findings() -> list[str]:
    return [rule.id for rule in RULES if rule.message is not None]
