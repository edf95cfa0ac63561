"""The database and the broker: they answer, and are what production wants."""

import time

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from backoffice.doctor.findings import Finding, failed, ok, skipped, unset, warning

# Hints live for 30 s in the broker: so many are more than a busy minute leaves.
MANY_MESSAGES = 5000
# Names of migrations in one line.
SHOWN = 4


def database() -> Finding:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    words = f"{connection.display_name} {version()} answers in {(time.monotonic() - started) * 1000:.0f} ms"
    if connection.vendor == "postgresql":
        return ok(words)
    if settings.DEBUG:
        return ok(f"{words}; production needs PostgreSQL")
    return failed(f"{words}: not for production", "Set DATABASE_URL to a PostgreSQL.")


def version() -> str:
    return ".".join(map(str, connection.get_database_version()))


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return ok("all applied")
    names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return failed(
        f"{len(names)} not applied: {', '.join(names[:SHOWN])}{more}",
        "Run manage.py migrate, then restart all.",
    )


def broker() -> Finding:
    """Redis answers, and no more waits in the queues than workers can do."""
    if names := unset("REDIS_URL"):
        return skipped(names, "Broker and workers are inside of the one process of `manage.py run`.")
    seconds = settings.REDIS_TIMEOUT
    options = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
    with redis.Redis.from_url(settings.REDIS_URL, **options) as client:
        started = time.monotonic()
        client.ping()
        took = (time.monotonic() - started) * 1000
        waiting = {queue: int(client.llen(queue)) for queue in settings.CELERY_TASK_QUEUES}
        known = client.info("server").get("redis_version", "")
    words = f"Redis {known} answers in {took:.0f} ms, {sum(waiting.values())} messages wait"
    if sum(waiting.values()) < MANY_MESSAGES:
        return ok(words)
    longest = max(waiting, key=lambda queue: waiting[queue])
    return warning(f"{words}, most in {longest}", "Start more workers for that queue.")
