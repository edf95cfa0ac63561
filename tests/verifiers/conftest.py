"""The programs that verifiers run in, and the published libraries of npm."""

import os
from pathlib import Path

import pytest

from tests.onboarding.conftest import circle, make_link
from tests.services import interpreters, npm
from tests.wabas.world import meta

__all__ = ["circle", "make_link", "meta"]

HERE = Path(__file__).parent


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
    npm.install(HERE)
    return node
