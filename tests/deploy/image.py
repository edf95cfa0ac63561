"""The image as a folder: what its Dockerfile copies, built by its own commands, and started by them."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.files import BUILD, COPIED, LEFT_OUT, OURS, ROOT, health_command, web_command
from tests.e2e.product import BIN, PYTHON, Product

# Of the deployment, where the tests have an answer of their own: servers, addresses, secrets.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "of-the-tests-0123456789abcdefghijklmnopqrstuvwxyz0123456789",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb2YtZGVwbG95LXdpdGgta2V5cy1vZi0zMiE=",
    "SANDBOX": "true",
    "SANDBOX_IN_PRODUCTION": "true",
    "ALLOW_HTTP_URLS": "true",
    "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "GRANIAN_WORKERS": "2",
}


def copied(folder: Path) -> Path:
    """The files of the image, as .dockerignore lets them in."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in LEFT_OUT:
        if "*" not in name:
            (folder / name).unlink()
    return folder


def built(folder: Path) -> Path:
    """The same after the command that collects static files, word for word but for where Python is."""
    copied(folder)
    (command,) = (rest for word, rest in BUILD if word == "RUN" and "collectstatic" in rest)
    run = subprocess.run(
        ["sh", "-c", command.replace("/venv/bin/python", PYTHON).replace("/app", str(folder))],
        cwd=folder, env={"PATH": os.defpath}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return folder


@dataclass
class Deployed(Product):
    """The product as compose starts it, each container a process in the image's folder."""

    settings: dict[str, str] = field(default_factory=lambda: dict(PRODUCTION))

    def placed(self, command: list[str]) -> list[Any]:
        """With our Python and port; the name of the host may be another's too."""
        here = [part.replace("8000", str(self.web_port)).replace("0.0.0.0", "127.0.0.1") for part in command]  # noqa: S104
        here = [part.replace("@%h", f"@{self.web_port}") for part in here]
        return [PYTHON if here[0] == "python" else BIN / here[0], *here[1:]]

    def container(self, name: str) -> None:
        self.spawn(name, *self.placed(OURS[name].get("command") or web_command()))

    def start_web(self) -> None:
        self.container("web")

    def start_worker(self) -> None:
        self.container("worker-signups")

    def worker(self, name: str, threads: str, queues: str) -> None:
        self.container("worker-messages")
        self.container("worker-webhooks")

    def start_beat(self) -> None:
        self.container("scheduler")

    def manage_loosely(self, *arguments: str) -> str:
        """The output of a command that may have ended with 1."""
        done = subprocess.run([PYTHON, "manage.py", *arguments], cwd=self.root, env=self.environment,
                              capture_output=True, text=True, check=False)  # fmt: skip
        return done.stdout

    def is_healthy(self) -> bool:
        """What the image's HEALTHCHECK says."""
        return not subprocess.run(self.placed(health_command()), cwd=self.root, check=False,
                                  capture_output=True).returncode  # fmt: skip

    def ended(self, name: str, seconds: float) -> int:
        """Asks a process to end as a container is asked; its exit code. Fails where it takes longer."""
        process = self.processes.pop(name)
        process.terminate()
        return process.wait(seconds)
