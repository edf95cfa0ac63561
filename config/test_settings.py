"""The settings of tests: the product's own, with the servers that the test runner names."""

import os

os.environ["READ_DOT_ENV"] = "false"
os.environ["DEBUG"] = "true"
os.environ["LOG_LEVEL"] = "INFO"
os.environ["PUBLIC_BASE_URL"] = "http://localhost:8000"
for named, ours in (("TEST_DATABASE_URL", "DATABASE_URL"), ("TEST_REDIS_URL", "REDIS_URL")):
    os.environ.pop(ours, None)
    if os.environ.get(named):
        os.environ[ours] = os.environ[named]
# Side by side, each process of pytest-xdist has a database of Redis, as pytest-django gives it one of
# PostgreSQL: gw0 the second, for the first is everybody's who runs alone.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and "REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{int(WORKER[2:]) + 1}"

from config.settings import *  # noqa: E402, F403 -- the environment above must be there first

# Doorbells that tests ring wait in a queue of this process that nobody serves: rows are the truth,
# and a test that wants work done drains them. Tests with real workers start them as processes.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":  # noqa: F405
    DATABASES["default"]["ENGINE"] = "tests.postgresql"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405
# All end-users of the tests come from one address, more of them in a minute than people would.
PAGE_RATE_LIMIT_PER_ADDRESS = 1_000_000
