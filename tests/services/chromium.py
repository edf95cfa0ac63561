"""The browser of the end-to-end tests: one that is installed and really starts."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.services.process import NotStartedError

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def is_installed() -> bool:
    return program() is not None


def program() -> str | None:
    return next((path for path in map(shutil.which, PROGRAMS) if path and starts(path)), None)


def starts(path: str) -> bool:
    """Say if it is a browser: Ubuntu's package of the name is only a note where to get one."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


@contextlib.contextmanager
def serving(_folder: Path) -> Iterator[str]:
    """Yield the browser's path; the tests start it themselves. Raises NotStartedError."""
    found = program()
    if found is None:
        raise NotStartedError("no Chromium or Chrome was found")
    yield found
