"""An installation that is set up right, at the fake Meta; and the product as processes."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from backoffice.doctor.findings import Finding
from backoffice.doctor.running import examined
from backoffice.doctor.table import CHECKS
from tests.e2e.product import Product
from tests.wabas.world import Meta, meta

__all__ = ["meta"]
CREDIT_LINE = "1900000000000001"
# A Redis database that no other test's product works on.
REDIS_DATABASE = "/5"
Look = Callable[[str], Finding]


def look(name: str) -> Finding:
    """What one check of the table finds, here and now, whatever it needs."""
    return examined(next(check for check in CHECKS if check.name == name))


@pytest.fixture
def installed(settings: Any, request: pytest.FixtureRequest) -> Meta:
    """Everything at Meta is as it should be: a credit line, and the callback with all fields."""
    settings.DEBUG, settings.META_CREDIT_LINE_ID = True, CREDIT_LINE
    world: Meta = request.getfixturevalue("meta")
    world.change(settings.META_APP_ID, callback_url=f"{settings.PUBLIC_BASE_URL}/webhook/meta")
    return world


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Web, workers, scheduler and sandbox as processes, the callback entered at Meta."""
    database, redis = (os.environ[name] for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS gangway_doctor")
        connection.execute("CREATE DATABASE gangway_doctor")
    whole = Product(
        tmp_path_factory.mktemp("product"),
        embedded=False,
        database_url=urlsplit(database)._replace(path="/gangway_doctor").geturl(),
        redis_url=urlsplit(redis)._replace(path=REDIS_DATABASE).geturl(),
        settings={"META_CREDIT_LINE_ID": CREDIT_LINE},
    )
    try:
        whole.start()
        requests.post(
            f"{whole.sandbox_url}/_sandbox/app",
            json={"callbackUrl": f"{whole.url}/webhook/meta", "verifyToken": "sandbox-verify-token"},
            timeout=10,
        ).raise_for_status()
        yield whole
    finally:
        whole.stop()
