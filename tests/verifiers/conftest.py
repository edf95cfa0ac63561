"""The programs that verifiers run in, and the published libraries of npm."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.onboarding.conftest import circle, make_link
from tests.services import interpreters
from tests.wabas.world import meta

__all__ = ["circle", "make_link", "meta"]

HERE = Path(__file__).parent
INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node; see NEEDS in tests/conftest.py for where it is not."""
    path = os.environ.get("NODE") or interpreters.node()
    assert path, "there is no Node with npm: `make test` installs it or goes without"
    return path


@pytest.fixture(scope="session")
def php() -> str:
    path = os.environ.get("PHP") or interpreters.php()
    assert path, "there is no PHP: `make test` installs it or goes without"
    return path


@pytest.fixture(scope="session")
def node_with_libraries(node: str) -> str:
    """The same, its libraries installed as package-lock.json says: by the first run that needs them."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    with lock.open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            assert shutil.which("npm"), "there is no npm beside Node"
            run = subprocess.run(INSTALL, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
            assert run.returncode == 0, run.stderr
    return node
