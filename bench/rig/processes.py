"""Server processes of one measurement: started, waited for, all ended with it however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from tests.services.process import NotStartedError, end, last_lines

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


class Processes:
    """Python programs of the project, each with its log in `folder` and with no environment but the given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Runs `python -m command`, as the leader of a process group of its own."""
        with self.log(name).open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(program)
        return program

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def web(
        self, name: str, *application: str, port: int, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """granian as in production, with one worker, once it answers. Raises NotStartedError."""
        server = self.start(
            name,
            *("granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "4"),
            *("--no-ws", "--port", str(port), *application),
            environment=environment,
        )
        self.wait(name, server, lambda: answers(f"http://127.0.0.1:{port}/"))
        return server

    def sandbox(self, *, latency_ms: int, credit_line_id: str = "") -> str:
        """The fake Meta, by its URL."""
        server = self.start(
            "sandbox",
            *("meta_graph.sandbox", "--port", "0", "--latency-ms", str(latency_ms)),
            environment={"META_CREDIT_LINE_ID": credit_line_id},
        )
        self.wait("sandbox", server, lambda: b"\n" in self.log("sandbox").read_bytes())
        return str(json.loads(self.log("sandbox").read_text().splitlines()[0])["url"])

    def wait(self, name: str, program: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not is_ready():
            if program.poll() is not None or time.monotonic() > until:
                raise NotStartedError(f"{name}: {last_lines(self.log(name))}")
            time.sleep(0.05)

    def end(self) -> None:
        """All are asked before the first is waited for."""
        for program in self.running:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGINT)
        for program in self.running:
            end(program)


@contextmanager
def processes() -> Iterator[Processes]:
    with TemporaryDirectory(prefix="gangway-bench-") as folder:
        started = Processes(Path(folder))
        try:
            yield started
        finally:
            started.end()


def answers(url: str) -> bool:
    """Whatever it answers: it is there."""
    try:
        requests.get(url, timeout=5)
    except requests.RequestException:
        return False
    return True
