"""The Celery application: how doorbells are published, and what beat rings by itself.

The broker carries hints only. All waiting state is rows with a time, so that a lost message
costs one sweep and never a step or a delivery.
"""

import os
import signal
import threading

from celery import Celery
from celery.signals import beat_init, task_prerun
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("gangway")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Read by Celery's Django fixup from the application itself, where a Django setting does not reach.
# Without it every task closes its database connection: 2.6 times the cost.
app.conf["CELERY_DB_REUSE_MAX"] = 1000
app.autodiscover_tasks()


@task_prerun.connect
def drop_broken_connections(**_: object) -> None:
    """A connection kept over many tasks may have died since; a task in a transaction keeps its own."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


@beat_init.connect
def end_at_once(**_: object) -> None:
    """The scheduler has nothing in hand, and may end anywhere.

    Celery's own handler raises, and in the middle of a ring Redis's client now and then loses the exception:
    the scheduler would ring on until it is killed.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        signal.signal(signal.SIGINT, lambda *_: os._exit(0))
