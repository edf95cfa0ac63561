"""The files of deploy/ agree with the settings, with one another, and with what they say of themselves."""

import re
import subprocess
import tomllib

import pytest
from django.conf import settings

from tests.deploy.files import (
    BUILD,
    COMPOSE,
    COPIED,
    DEPLOY,
    FINAL,
    LEFT_OUT,
    OURS,
    ROOT,
    STAGES,
    UNITS,
    assigned,
    health_command,
    only,
    option,
    started,
    web_command,
    workers,
)

# Of Python, granian, PostgreSQL's image and the tests' own switch of the settings.
OTHERS = re.compile("PATH|PYTHON[A-Z]+|PIP_[A-Z_]+|GRANIAN_[A-Z]+|POSTGRES_[A-Z]+|READ_DOT_ENV")
QUEUES = set(settings.CELERY_TASK_QUEUES)
# A request to Meta, a delivery: what a process may have in hand when it is asked to end, in seconds.
IN_HAND = max(settings.META_REQUEST_TIMEOUT, settings.DELIVERY_SECONDS)


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_every_variable_that_is_set_is_one_of_the_example():
    listed = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert {name for name in assigned() if not OTHERS.fullmatch(name)} - listed == set()
    assert {"DATABASE_URL", "REDIS_URL", "DEBUG"} <= assigned()


def test_the_image_has_the_whole_product_and_nothing_else():
    apps = {app.partition(".")[0] for app in settings.INSTALLED_APPS} - {"development"}
    ours = {app for app in apps if (ROOT / app).is_dir()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    packages = {line.split("/")[0] for line in tracked.splitlines() if re.fullmatch(r"\w+/__init__.py", line)}

    assert packages - set(COPIED) == {"tests", "bench", "development"}
    assert ours | {"static", "templates", "locale", "manage.py", "requirements.txt"} <= set(COPIED)
    assert [name for name in COPIED if not (ROOT / name).exists()] == []
    assert "config/test_settings.py" in LEFT_OUT


def test_the_image_runs_without_root_and_without_tools_to_build():
    words = [word for word, _ in FINAL]

    assert only(FINAL, "USER") == "10001"
    assert words.index("USER") < words.index("CMD")
    assert len(STAGES) == 2
    assert not any(re.search(r"\b(pip|uv|apt-get|gcc)\b", rest) for word, rest in FINAL if word == "RUN")
    assert only(BUILD, "FROM").split()[0] == only(FINAL, "FROM")
    assert any("--require-hashes" in rest for word, rest in BUILD if word == "RUN")


def test_the_image_has_a_python_that_the_project_supports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = re.search(r"python:(\d+)\.(\d+)", only(FINAL, "FROM"))

    assert version is not None
    assert (int(version[1]), int(version[2])) >= tuple(
        map(int, project["requires-python"].removeprefix(">=").split("."))
    )


def test_every_queue_has_its_workers():
    by_compose = [option(command, "-Q").split(",") for command in workers().values()]
    by_units = [option(started(name), "-Q").split(",") for name in UNITS if "worker" in name]

    assert sorted(queue for queues in by_compose for queue in queues) == sorted(QUEUES)
    assert sorted(by_units) == sorted(by_compose)


def test_the_units_start_what_the_image_starts():
    def bare(command: list[str]) -> list[str]:
        return command[: command.index("-n")] if "-n" in command else command

    ours = sorted(bare(started(name)) for name in UNITS if "worker" in name or "scheduler" in name)
    image = sorted(
        bare(service["command"]) for service in OURS.values() if "celery" in service.get("command", ())
    )
    web, unit = web_command(), started("gangway-web@.service")

    assert ours == image
    assert web[-1] == unit[-1]
    for name in ("--interface", "--blocking-threads", "--workers-kill-timeout"):
        assert option(web, name) == option(unit, name)
    assert int(option(web, "--blocking-threads")) > settings.MEDIA_STREAMS


@pytest.mark.parametrize("guide", ["README.md", "docs/guides/operations.md"])
def test_the_commands_of_the_guides_are_those_of_the_image(guide):
    shown = re.findall(r"^celery -A config (.*)$", (ROOT / guide).read_text(), re.MULTILINE)

    wanted = {" ".join(command[3 : command.index("-n")]) for command in workers().values()} | {"beat"}
    assert set(shown) == wanted


def test_every_port_is_the_same_port():
    port = option(web_command(), "--port")

    assert only(FINAL, "EXPOSE") == port
    assert f"127.0.0.1:{port}/healthz" in health_command()[-1]
    assert [ports.split(":")[-1] for ports in OURS["web"]["ports"]] == [port]
    assert all(ports.startswith("127.0.0.1:") for ports in OURS["web"]["ports"])


def test_what_is_in_hand_may_be_finished_before_anything_is_killed():
    patience = seconds(option(web_command(), "--workers-kill-timeout"))
    grace = {seconds(service["stop_grace_period"]) for service in OURS.values()}
    units = {
        float(parsed["Service"]["TimeoutStopSec"])
        for parsed in UNITS.values()
        if parsed.has_option("Service", "TimeoutStopSec")
    }

    assert IN_HAND < patience < min(grace | units)
    assert len(units) == 1


def test_only_the_web_is_asked_for_its_health():
    assert "healthcheck" not in OURS["web"]
    assert all(service["healthcheck"] == {"disable": True} for name, service in OURS.items() if name != "web")


def test_nothing_of_compose_but_the_web_is_reachable_from_outside():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["web"]


def test_there_is_one_scheduler():
    assert "@" not in next(name for name in UNITS if "scheduler" in name)
    assert "deploy" not in OURS["scheduler"]


def test_the_proxy_knows_the_sockets_of_the_units():
    sockets = re.findall(r"server unix:(\S+) ", (DEPLOY / "nginx.conf").read_text())
    web = UNITS["gangway-web@.service"]["Service"]
    uds = option(started("gangway-web@.service"), "--uds")

    assert sockets == [uds.replace("%i", str(number)) for number in (1, 2)]
    assert uds.startswith(f"/run/{web['RuntimeDirectory']}/")


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_runs_as_nobody_special_from_the_release(name):
    service = UNITS[name]["Service"]

    assert service["User"] == service["Group"] == "gangway"
    assert service["WorkingDirectory"] == "/opt/gangway/current"
    assert service["ExecStart"].startswith("/opt/gangway/current/.venv/bin/")
    assert service["NoNewPrivileges"] == "true"
    assert service["EnvironmentFile"] == "/etc/gangway/env"


def test_what_the_guide_enables_is_started_again_with_the_machine():
    told = (ROOT / "docs/guides/operations.md").read_text().replace("\\\n", "")
    (names,) = re.findall(r"^systemctl enable --now (.*)$", told, re.MULTILINE)
    given = {re.sub(r"@\d+$", "@", name) for name in names.split()}
    enabled = {name if "." in name else f"{name}.service" for name in given}
    # At boot systemd itself starts these two; what they want has to be enabled too, down to each process.
    reached, wanted_by = {"multi-user.target", "timers.target"}, {}
    for name, parsed in UNITS.items():
        if parsed.has_section("Install"):
            wanted_by[name] = parsed["Install"]["WantedBy"]
    for _ in UNITS:
        reached |= {name for name in enabled if wanted_by.get(name) in reached}

    assert enabled == set(wanted_by)
    assert enabled <= reached


def test_every_process_that_counts_may_write_its_figures_down():
    told = (DEPLOY / "tmpfiles.conf").read_text().splitlines()[-1].split()
    for name, parsed in UNITS.items():
        if name.endswith(".service") and "prune" not in name:
            folder = re.search(r"PROMETHEUS_MULTIPROC_DIR=(\S+)", parsed["Service"]["Environment"])
            assert folder is not None
            assert folder[1].startswith(parsed["Service"]["ReadWritePaths"] + "/")
            assert told[:2] == ["D", parsed["Service"]["ReadWritePaths"]]
