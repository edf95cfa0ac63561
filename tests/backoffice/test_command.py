"""`manage.py doctor` as an operator or a machine reads it: lines, colours, JSON, exit status, no secret."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from backoffice.doctor.findings import Finding, failed, not_checked, ok, warning
from backoffice.doctor.running import Check
from backoffice.doctor.table import CHECKS
from backoffice.management.commands import doctor

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/doctor.md").read_text()
LONG = "a message that is " + "long and " * 12 + "over"
SECRETS = {
    "SECRET_KEY": "django-secret-0123456789-0123456789-0123456789-0123456789",
    "META_APP_SECRET": "app-secret-0123456789",
    "META_PREVIOUS_APP_SECRETS": "previous-secret-0123456789",
    "META_SYSTEM_USER_TOKEN": "EAAsystemtoken0123456789",
    "META_WEBHOOK_VERIFY_TOKEN": "verify-token-0123456789",
    "FIELD_ENCRYPTION_KEYS": "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMTI=",
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def checks(*findings: Finding) -> tuple[Check, ...]:
    names = ("app", "webhook_subscription", "clock", "broker")
    return tuple(
        Check(name, lambda finding=finding: finding)  # type: ignore[misc]
        for name, finding in zip(names, findings, strict=False)
    )


def told(*options: str, out: Any = None) -> tuple[str, int]:
    """What was printed, and the exit status."""
    out, status = out or io.StringIO(), 0
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return out.getvalue(), status


def test_one_line_a_check_and_what_to_do_below_it(monkeypatch):
    found = checks(ok("well"), failed("wrong", "Repair it."), warning("soon", "Renew it."), not_checked("no"))
    monkeypatch.setattr(doctor, "CHECKS", found)

    assert told()[0].splitlines() == [
        "ok           app                   well",
        "failed       webhook_subscription  wrong",
        "                                   To do: Repair it.",
        "warning      clock                 soon",
        "                                   To do: Renew it.",
        "not checked  broker                no",
        "",
        "4 checks: 1 ok, 1 warning, 1 failed, 1 not checked.",
    ]


@pytest.mark.parametrize(
    ("finding", "status"),
    [(ok("well"), 0), (warning("soon", "Look."), 0), (not_checked("no"), 0), (failed("wrong", "Repair."), 1)],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_exit_status_is_one_where_a_check_failed(monkeypatch, finding, status, options):
    monkeypatch.setattr(doctor, "CHECKS", checks(ok("well"), finding))

    assert told(*options)[1] == status


def test_json_is_a_list_of_four_texts_each(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", checks(not_checked("no"), failed("wrong", "Repair it.")))

    assert json.loads(told("--json")[0]) == [
        {"check": "app", "status": "not_checked", "message": "no", "remedy": ""},
        {"check": "webhook_subscription", "status": "failed", "message": "wrong", "remedy": "Repair it."},
    ]


def test_on_a_terminal_lines_are_coloured_and_wrapped_below_themselves(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DJANGO_COLORS", "dark")
    monkeypatch.setattr(doctor, "CHECKS", checks(failed(LONG, LONG)))
    terminal = Terminal()

    told("--force-color", out=terminal)

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in terminal.getvalue().splitlines()]
    assert "\x1b[" in terminal.getvalue()
    assert max(map(len, lines)) <= 80
    assert all(line.startswith(" " * 35) for line in lines[1:-2])
    assert " ".join(line[35:].strip() for line in lines[:-2]) == f"{LONG} To do: {LONG}"


def test_elsewhere_a_line_is_whole_and_plain(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", checks(failed(LONG, LONG)))

    assert told()[0].splitlines()[0] == f"failed       app                   {LONG}"


def test_the_log_of_the_calls_does_not_stand_between_the_lines(monkeypatch, caplog):
    logger = logging.getLogger("meta_graph")

    def noisy() -> Finding:
        logger.error("a line of the log")
        return ok("well")

    monkeypatch.setattr(doctor, "CHECKS", (Check("app", noisy),))

    told()
    quiet = list(caplog.messages)
    told("--verbosity", "2")

    assert quiet == []
    assert caplog.messages == ["a line of the log"]
    assert logger.isEnabledFor(logging.ERROR)


@pytest.fixture(scope="module")
def ruin(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], str]:
    """A production where no server answers, as lines and as JSON."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "READ_DOT_ENV": "false",
        "PUBLIC_BASE_URL": "https://localhost:1",
        "DATABASE_URL": "postgres://gangway:database-0123456789@127.0.0.1:1/gangway",
        "REDIS_URL": "redis://:redis-0123456789@127.0.0.1:1/0",
        "META_GRAPH_URL": "http://127.0.0.1:1",
        "META_APP_ID": "670000000000001",
        "META_BUSINESS_ID": "100000000000001",
        "META_SYSTEM_USER_ID": "100000000000002",
        "META_CONFIG_ID": "670000000000001",
        "META_MESSAGE_ORIGINS": "https://www.facebook.com/",
        "META_GRAPH_VERSION": "v20.0",
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
    } | SECRETS

    def doctor_says(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "doctor", *options],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    lines = doctor_says("--verbosity", "2")
    return lines, doctor_says("--json").stdout


def test_where_nothing_answers_every_check_still_has_its_line(ruin):
    lines, written = ruin

    found = {one["check"]: one["status"] for one in json.loads(written)}

    assert lines.returncode == 1
    assert list(found) == [check.name for check in CHECKS]
    assert {name for name, status in found.items() if status == "failed"} == {
        "public_url", "public_url_answers", "certificate", "message_origins", "graph_version", "graph",
        "configuration_id", "database", "broker",
    }  # fmt: skip
    assert set(found.values()) == {"failed", "not_checked"}
    assert all(one["remedy"] for one in json.loads(written) if one["status"] == "failed")


def test_no_secret_is_printed_even_with_the_log(ruin):
    lines, written = ruin
    everything = lines.stdout + lines.stderr + written

    for secret in (*SECRETS.values(), "database-0123456789", "redis-0123456789"):
        assert secret not in everything


def test_the_guide_has_every_check_with_what_it_asks_and_what_to_do():
    rows = re.findall(r"^\| `(\w+)` \|", GUIDE.partition("## The checks")[2], re.MULTILINE)

    assert rows == [check.name for check in CHECKS]


def test_the_guides_run_is_of_these_checks():
    run = re.findall(r"^(?:ok|warning|failed|not checked) +(\w+) ", GUIDE.split("```")[3], re.MULTILINE)

    assert run == [check.name for check in CHECKS]
