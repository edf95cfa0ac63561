"""A database of the measurement's own, beside whatever else its server holds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases


@contextmanager
def migrated_database() -> Iterator[str]:
    """The product's tables, empty, for this process and by the URL for others; dropped at the end."""
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        raise SystemExit("This is measured on PostgreSQL and Redis: run it by `make bench`.")
    made = setup_databases(verbosity=0, interactive=False)
    try:
        server = urlsplit(os.environ["TEST_DATABASE_URL"])
        yield server._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    finally:
        connections.close_all()
        teardown_databases(made, verbosity=0)
