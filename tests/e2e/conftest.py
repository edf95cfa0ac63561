"""The product as processes, once for all tests of this folder, in its production and its embedded form."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.e2e.product import Product

NEEDED = ("TEST_DATABASE_URL", "TEST_REDIS_URL")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Web, workers, scheduler and sandbox as processes, on PostgreSQL and Redis."""
    database, redis = (os.environ[name] for name in NEEDED)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS gangway_e2e")
        connection.execute("CREATE DATABASE gangway_e2e")
    whole = Product(
        tmp_path_factory.mktemp("product"),
        embedded=False,
        database_url=urlsplit(database)._replace(path="/gangway_e2e").geturl(),
        redis_url=redis,
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
