"""The scheduler as a process: it ends when it is asked to, in the middle of a ring too."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.config.test_settings import PRODUCTION, ROOT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif("TEST_REDIS_URL" not in os.environ, reason="needs a broker that takes rings"),
]
COMMAND = [str(Path(sys.executable).parent / "celery"), "-A", "config", "beat"]
# Side by side; without our handler every third rang on.
TRIED, STARTS_WITHIN = 6, 60.0


def test_it_ends_in_the_middle_of_a_ring(tmp_path: Path) -> None:
    redis = f"{os.environ['TEST_REDIS_URL'].rpartition('/')[0]}/6"
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **PRODUCTION}
    environment |= {"REDIS_URL": redis, "SWEEP_SECONDS": "0.001"}
    logs = [tmp_path / f"{number}.log" for number in range(TRIED)]
    beats = []
    for log in logs:
        with log.open("wb") as output:
            beats.append(subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=output, stderr=output))
    ends = time.monotonic() + STARTS_WITHIN
    try:
        while not all(b"maxinterval" in log.read_bytes() for log in logs):
            assert time.monotonic() < ends
            time.sleep(0.1)
        time.sleep(3)
        for beat in beats:
            beat.send_signal(signal.SIGTERM)
        codes = [beat.wait(20) for beat in beats]
    finally:
        for beat in beats:
            beat.kill()
            beat.wait()

    assert codes == [0] * TRIED
