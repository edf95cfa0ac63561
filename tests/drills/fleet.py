"""The product as deploy/systemd runs it: two web servers behind the proxy, two workers of each kind."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.deploy.files import UNITS, option, started
from tests.deploy.image import PRODUCTION
from tests.drills.proxy import Proxy
from tests.e2e.product import BIN, ROOT, Product

GRACE = float(UNITS["gangway-web@.service"]["Service"]["TimeoutStopSec"])
KINDS = ("signups", "messages", "webhooks")
EACH = (1, 2)
RELOAD_SECONDS = 120.0


@dataclass
class Fleet(Product):
    """`counts`: what was done to it, by its name."""

    settings: dict[str, str] = field(
        default_factory=lambda: PRODUCTION | {"API_RATE_LIMIT": "60000/minute", "TRUSTED_PROXY_COUNT": "1"}
    )
    proxy: Proxy | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def counted(self, act: str) -> None:
        self.counts[act] = self.counts.get(act, 0) + 1

    # -- processes, by the units' commands -----------------------------------------------------------------

    def command(self, unit: str, number: int) -> list[str]:
        there = {
            "/run/gangway-web-%i/socket": str(self.socket(number)),
            "/opt/gangway/current": str(self.root),
            "%i": str(number),
            "%h": str(self.web_port),
        }
        parts = started(unit)
        for name, ours in there.items():
            parts = [part.replace(name, ours) for part in parts]
        return [str(BIN / parts[0]), *parts[1:]]

    def socket(self, number: int) -> Path:
        return self.folder / f"web-{number}.sock"

    def start_web(self) -> None:
        assert self.proxy is not None
        for number in EACH:
            self.web(number)
        for number in EACH:
            self.proxy.put_in(f"web-{number}", self.socket(number))

    def web(self, number: int) -> None:
        self.spawn(f"web-{number}", *self.command("gangway-web@.service", number))

    def start_worker(self) -> None:
        for kind in KINDS:
            for number in EACH:
                self.start_one(kind, number)

    def start_one(self, kind: str, number: int) -> None:
        self.spawn(f"{kind}-{number}", *self.command(f"gangway-worker-{kind}@.service", number))

    def worker(self, name: str, threads: str, queues: str) -> None:
        """All of them are there by `start_worker`."""

    def start_beat(self) -> None:
        self.spawn("scheduler", *self.command("gangway-scheduler.service", 1))

    # -- what an operator does -----------------------------------------------------------------------------

    def ended(self, name: str) -> None:
        """As `systemctl stop`: SIGTERM to the process itself. It has to end by itself, and well."""
        process = self.processes.pop(name)
        process.terminate()
        assert process.wait(GRACE) == 0, self.logs()[-3000:]

    def restart_web(self, number: int) -> None:
        """Out of the proxy, stopped, started, in again: for a new Python or a new server program."""
        assert self.proxy is not None
        self.proxy.take_out(f"web-{number}")
        self.ended(f"web-{number}")
        self.web(number)
        self.proxy.put_in(f"web-{number}", self.socket(number))
        self.counted("web servers restarted")

    def reload_web(self, number: int) -> None:
        """As `systemctl reload`: its processes are replaced while it stays in the proxy."""
        log, process = self.folder / f"web-{number}.log", self.processes[f"web-{number}"]
        before = log.read_text().count("Stopped old worker")
        workers = int(option(started("gangway-web@.service"), "--workers"))
        process.send_signal(signal.SIGHUP)
        ends = time.monotonic() + RELOAD_SECONDS
        while log.read_text().count("Stopped old worker") < before + workers:
            assert time.monotonic() < ends, "it was not reloaded"
            assert process.poll() is None
            time.sleep(0.1)
        self.counted("web servers reloaded")

    def restart_worker(self, kind: str, number: int) -> None:
        self.ended(f"{kind}-{number}")
        self.start_one(kind, number)
        self.wait_for_worker(kind, number)
        self.counted("workers restarted")

    def wait_for_worker(self, kind: str, number: int) -> None:
        """Until it has got as far as Celery's banner."""
        log = self.folder / f"{kind}-{number}.log"
        starts = self.counts.get(f"{kind}-{number} started", 1) + 1
        ends = time.monotonic() + GRACE
        while log.read_text(errors="replace").count(f"{kind}-{number}@{self.web_port} v") < starts:
            assert time.monotonic() < ends, f"{kind}-{number} did not start"
            time.sleep(0.1)
        self.counts[f"{kind}-{number} started"] = starts

    def restart_scheduler(self) -> None:
        self.ended("scheduler")
        self.start_beat()
        self.counted("schedulers restarted")

    def migrate(self, target: str) -> None:
        """A release's migration, by its own settings, that waits for no lock longer than two seconds."""
        environment = self.environment | {
            "DJANGO_SETTINGS_MODULE": "tests.drills.release_settings",
            "PGOPTIONS": "-c lock_timeout=2s",
        }
        command = [str(BIN / "python"), "manage.py", "migrate", "-v0", "drill_release", target]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.counted("migrations")

    def memory(self) -> dict[str, int]:
        """MiB that each process has resident, its children with it."""
        found = dict.fromkeys(self.processes, 0)
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):
                group = os.getpgid(int(status.parent.name))
                for name, process in self.processes.items():
                    if process.pid == group:
                        found[name] += int(status.read_text().partition("VmRSS:")[2].split()[0]) // 1024
        return found

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        super().stop()

    def told_sandbox(self, path: str, **body: object) -> None:
        answer = requests.post(f"{self.sandbox_url}/_sandbox/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
