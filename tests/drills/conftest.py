"""A database of its own for each drill, the fleet on it, and the receiver of its webhooks."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.deploy.image import built
from tests.drills.fleet import Fleet
from tests.drills.proxy import proxy
from tests.e2e.conftest import NEEDED
from tests.faults.sink import Sink, sink


def database(name: str) -> str:
    """The URL of an empty database beside the tests' own."""
    server = os.environ[NEEDED[0]]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture
def receiver() -> Iterator[Sink]:
    with sink() as opened:
        yield opened


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Everything is up; Meta's webhooks reach it through the proxy."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    whole = Fleet(
        folder,
        embedded=False,
        database_url=database("gangway_drill"),
        redis_url=f"{os.environ[NEEDED[1]].rpartition('/')[0]}/8",
        root=built(folder / "app"),
    )
    with proxy(whole.web_port) as opened:
        whole.proxy = opened
        try:
            whole.start()
            callback = f"{whole.url}/webhook/meta"
            whole.told_sandbox("app", callbackUrl=callback, verifyToken="sandbox-verify-token")
            yield whole
        finally:
            whole.stop()
