"""The languages of the published verifiers beside Python: Node with npm, and PHP."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.process import NotStartedError

OLDEST_NODE = 18


def node() -> str | None:
    """Return Node's path; one without npm is none, for the published libraries come by npm."""
    path = shutil.which("node")
    major = re.match(r"v(\d+)", printed(path, "--version")) if path else None
    return path if major and int(major[1]) >= OLDEST_NODE and shutil.which("npm") else None


def php() -> str | None:
    """Return the path of PHP's command-line program, not that of one for web servers."""
    path = shutil.which("php")
    return path if path and printed(path, "-r", "echo PHP_SAPI;") == "cli" else None


def printed(path: str, *arguments: str) -> str:
    """Return what a program prints; nothing when it does not start."""
    try:
        answer = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout


def is_node_installed() -> bool:
    return node() is not None


def is_php_installed() -> bool:
    return php() is not None


@contextlib.contextmanager
def serving_node(_folder: Path) -> Iterator[str]:
    """Yield the path of Node; the tests start it themselves. Raises NotStartedError."""
    found = node()
    if found is None:
        raise NotStartedError(f"no Node from {OLDEST_NODE} on with npm was found")
    yield found


@contextlib.contextmanager
def serving_php(_folder: Path) -> Iterator[str]:
    """Yield the path of PHP; the tests start it themselves. Raises NotStartedError."""
    found = php()
    if found is None:
        raise NotStartedError("no PHP for the command line was found")
    yield found
