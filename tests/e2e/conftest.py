"""The product as processes, once for all tests of this folder, in its production and its embedded form."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.e2e.product import Product

NEEDED = ("TEST_DATABASE_URL", "TEST_REDIS_URL")
# Side by side, each process of pytest-xdist has a product of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
DATABASE = f"gangway_e2e_{WORKER}" if WORKER else "gangway_e2e"
REDIS_DATABASE = 8 + int(WORKER.removeprefix("gw") or 0)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Web, workers, scheduler and sandbox as processes, on PostgreSQL and Redis."""
    database, redis = (os.environ[name] for name in NEEDED)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    whole = Product(
        tmp_path_factory.mktemp("product"),
        embedded=False,
        database_url=urlsplit(database)._replace(path=f"/{DATABASE}").geturl(),
        redis_url=urlsplit(redis)._replace(path=f"/{REDIS_DATABASE}").geturl(),
    )
    yield from running(whole)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The one process of `make run`, on SQLite."""
    yield from running(Product(tmp_path_factory.mktemp("embedded"), embedded=True))


def running(product: Product) -> Iterator[Product]:
    try:
        product.start()
        yield product
    finally:
        product.stop()
