"""The runner of the tests, as `make test` calls it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import redis

from tests.services import redis_server

RUNNER = [sys.executable, "-m", "tests.services"]
ALL = "postgresql,redis,chromium,node,php"


def environment(*, left_out: str, ci: str) -> Mapping[str, str]:
    named = {"TEST_DATABASE_URL", "TEST_REDIS_URL", "CHROMIUM", "NODE", "PHP"}
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return kept | {"GANGWAY_TEST_MISSING": left_out, "CI": ci}


def test_the_exit_code_is_that_of_the_tests_and_what_was_not_run_is_said_last():
    tests = "import os; print('a test ran', flush=True); os._exit(7)"

    run = subprocess.run(
        [*RUNNER, "--module", "timeit", "--", tests],
        env=environment(left_out=ALL, ci=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert run.returncode == 7
    assert "NOT EVERYTHING WAS RUN" in run.stdout.partition("a test ran")[2]


def test_where_ci_is_set_a_missing_service_fails_the_run_before_any_test():
    run = subprocess.run(
        [*RUNNER, "--module", "timeit", "--", "print('a test ran')"],
        env=environment(left_out=ALL, ci="true"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert run.returncode == 2
    assert "postgresql and no redis and no chromium and no node and no php" in run.stdout
    assert "a test ran" not in run.stdout


@pytest.mark.skipif(not redis_server.is_installed(), reason="needs a redis-server of its own to stop")
def test_a_run_that_is_ended_takes_its_server_and_folder_along():
    wait = "import os, time; print(os.environ['TEST_REDIS_URL'], flush=True); time.sleep(60)"
    command = [*RUNNER, "--module", "timeit", "--", "-n1", "-r1", wait]

    with subprocess.Popen(
        command,
        env=environment(left_out="postgresql,chromium,node,php", ci=""),
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        with redis.Redis.from_url(run.stdout.readline().strip(), decode_responses=True) as client:
            folder = Path(client.config_get("dir")["dir"])
            was_there = folder.exists()
            run.send_signal(signal.SIGTERM)
            code = run.wait(timeout=30)
            client.connection_pool.disconnect()

            with pytest.raises(redis.ConnectionError):
                client.ping()

    assert code == 128 + signal.SIGTERM
    assert was_there
    assert not folder.exists()
