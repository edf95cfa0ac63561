"""What Prometheus is told of Meta's POSTs and their changes. No label holds an id of anybody's."""

from datetime import datetime
from math import nan

from prometheus_client import Counter, Gauge

from meta_events import mailboxes
from meta_events.models import Change, Notification

POSTS = Counter("meta_events_posts", "POSTs to Meta's callbacks, by what became of them.", ["outcome"])
STORED, KNOWN, REFUSED, TOO_LARGE, UNSTORED = "stored", "known", "refused", "too_large", "unstored"
SIGNED = Counter(
    "meta_events_signed", "POSTs that were signed rightly, by the secret: current or previous.", ["secret"]
)
CHANGES = Counter("meta_events_changes", "Tries to handle a change, by what came of them.", ["outcome"])
SWEEP_FINDS = Counter("meta_events_sweep_finds", "Sweeps that found something that nobody had rung for.")
WAITING_AGE = Gauge(
    "meta_events_waiting_age_seconds",
    "How long what waits the longest for its turn has waited.",
    multiprocess_mode="mostrecent",
)
OPEN = Gauge(
    "meta_events_kept",
    "Changes that somebody should look at, or that wait for a WABA.",
    ["status"],
    multiprocess_mode="mostrecent",
)
WATCHED = (Change.Status.HELD, Change.Status.FAILED)


def observe(now: datetime) -> None:
    """Sets the gauges to what the database says, in whichever process is asked."""
    oldest = oldest_waiting(now)
    WAITING_AGE.set((now - oldest).total_seconds() if oldest else 0)
    for status in WATCHED:
        OPEN.labels(status).set(Change.objects.filter(status=status).count())


def forget() -> None:
    """The database does not answer: what it said last is no news."""
    WAITING_AGE.set(nan)
    for status in WATCHED:
        OPEN.labels(status).set(nan)


def oldest_waiting(now: datetime) -> datetime | None:
    """Since when what is due waits: the oldest notification, or the change that is due the longest."""
    received = Notification.objects.filter(split_at=None).order_by("pk")
    waiting = [*received.values_list("received_at", flat=True)[:1], mailboxes.with_work(now).since]
    return min((at for at in waiting if at is not None), default=None)
