"""What stands in the database now, in figures for Prometheus: counted when asked, every few seconds at most.

No count goes beyond MOST, and each has its index: behind a backlog of a million the answer is as quick.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

import meta_events.metrics
import webhooks.gauges
from inbox.models import OutboxEntry
from meta_events.models import Change, Notification
from onboarding.models import Signup, StepRun
from phones.models import PhoneNumber
from wabas.models import Waba

log = structlog.get_logger("backoffice.gauges")
# Nothing is counted beyond: that it is so many says enough.
MOST = 10_000
KEPT_SECONDS = 5.0
# A count that PostgreSQL cannot make within so long is not made.
STATEMENT_MS = 2000
AGES = {"300": timedelta(minutes=5), "3600": timedelta(hours=1), "86400": timedelta(days=1)}
TOKENS_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Figure:
    """One gauge. `count` gives its samples: by the value of `label` where there is one, else under ''."""

    name: str
    words: str
    count: Callable[[datetime], dict[str, int]]
    label: str = ""


def counted(rows: "QuerySet[Any]") -> int:
    return rows.order_by()[:MOST].count()


def due_steps(now: datetime) -> dict[str, int]:
    waiting = StepRun.objects.filter(status=StepRun.Status.WAITING, next_attempt_at__lte=now)
    return {"": counted(waiting)}


def running_signups(now: datetime) -> dict[str, int]:
    alive = Signup.objects.filter(state__in=[Signup.State.EXCHANGING, Signup.State.RUNNING])
    return {words: counted(alive.filter(exchanged_at__lte=now - age)) for words, age in AGES.items()}


def waiting_elements(now: datetime) -> dict[str, int]:
    return {
        "notification": counted(Notification.objects.filter(split_at=None)),
        "element": counted(Change.objects.filter(due_at__isnull=False, due_at__lte=now)),
    }


def waiting_messages(now: datetime) -> dict[str, int]:
    waiting = OutboxEntry.objects.filter(due_at__isnull=False, due_at__lte=now, called_at=None)
    return {"": counted(waiting)}


def phones_not_ready(now: datetime) -> dict[str, int]:
    return {"": counted(PhoneNumber.objects.unready())}


def ending_tokens(now: datetime) -> dict[str, int]:
    """Those that have ended already are among them."""
    ending = Q(token_expires_at__isnull=False, token_expires_at__lte=now + TOKENS_WITHIN)
    return {"": counted(Waba.objects.connected().filter(ending))}


FIGURES = (
    Figure("onboarding_due_steps", "Steps whose time has come and that no worker has taken.", due_steps),
    Figure(
        "onboarding_running_signups",
        "Signups under way, by how long ago their code was exchanged, at least.",
        running_signups,
        "older_than_seconds",
    ),
    Figure(
        "meta_events_waiting",
        "What Meta sent and nobody handled yet: whole notifications, and elements of them.",
        waiting_elements,
        "kind",
    ),
    Figure(
        "inbox_waiting_messages", "Messages whose time has come and that are not at Meta.", waiting_messages
    ),
    Figure("phones_not_ready", "Connected numbers that cannot send messages.", phones_not_ready),
    Figure("wabas_ending_tokens", "Connected WABAs whose token ends within 7 days.", ending_tokens),
)


class DatabaseGauges:
    """A collector of Prometheus's. A database that does not answer costs the figures, not the answer."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read_at, self.samples = float("-inf"), dict[str, dict[str, int]]()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        samples = self.fresh()
        yield family(
            "backoffice_gauges_up", "1 where the database gave the figures, else they are left out.", "",
            {"": int(bool(samples))},
        )  # fmt: skip
        for figure in FIGURES:
            if figure.name in samples:
                yield family(figure.name, figure.words, figure.label, samples[figure.name])

    def fresh(self) -> dict[str, dict[str, int]]:
        with self.lock:
            if time.monotonic() - self.read_at >= KEPT_SECONDS:
                try:
                    self.samples = read(timezone.now())
                except Error as failure:
                    log.warning("not counted", error=type(failure).__name__)
                    self.samples = {}
                    webhooks.gauges.forget()
                    meta_events.metrics.forget()
                self.read_at = time.monotonic()
            return self.samples


def read(now: datetime) -> dict[str, dict[str, int]]:
    """Every figure, and the gauges that apps have of their own. Raises django.db.Error."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS:d}")
                # With states as parameters a plan made once for all could use no partial index.
                cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        webhooks.gauges.observe(now)
        meta_events.metrics.observe(now)
        return {figure.name: figure.count(now) for figure in FIGURES}


def family(name: str, words: str, label: str, samples: dict[str, int]) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, words, labels=[label] if label else [])
    for value, count in samples.items():
        made.add_metric([value] if label else [], count)
    return made
