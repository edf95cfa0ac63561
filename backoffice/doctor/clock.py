"""This machine's clock beside Meta's and the database's."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.db import Error, connection

from backoffice.doctor.findings import Finding, failed, not_checked, ok, warning
from backoffice.doctor.public_address import get
from outbound.session import OutboundError

# Signed webhooks carry our time, leases and links end by it, and Meta's codes live for 30 seconds.
WARNING_SECONDS, FAILED_SECONDS = 3.0, 30.0
REMEDY = "Have this machine's clock set by NTP: systemctl enable --now systemd-timesyncd, or chrony."


def clock() -> Finding:
    differences = {"Meta's": beside_meta(), "the database's": beside_database()}
    known = {whose: seconds for whose, seconds in differences.items() if seconds is not None}
    if not known:
        return not_checked("neither Meta nor the database said what time it is")
    words = ", ".join(f"{seconds:+.1f} s beside {whose}" for whose, seconds in known.items())
    worst = max(map(abs, known.values()))
    if worst > FAILED_SECONDS:
        return failed(words, REMEDY)
    return warning(words, REMEDY) if worst > WARNING_SECONDS else ok(words)


def beside_meta() -> float | None:
    """Seconds that we are ahead, by the Date header, which is rounded down; None where there is none."""
    asked_at = time.time()
    try:
        answer = get(f"{settings.META_GRAPH_URL}/")
        said = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (OutboundError, LookupError, TypeError, ValueError):
        return None
    return outside(asked_at, time.time(), said, said + 1)


def beside_database() -> float | None:
    """The same by a PostgreSQL; an SQLite has our own clock."""
    if connection.vendor != "postgresql":
        return None
    asked_at = time.time()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            (said,) = cursor.fetchone()
    except Error:
        return None
    return outside(asked_at, time.time(), said, said)


def outside(asked_at: float, answered_at: float, earliest: float, latest: float) -> float:
    """How far our moments around the answer lie beside the other clock's; 0 where they may be the same."""
    if asked_at > latest:
        return asked_at - latest
    return min(0.0, answered_at - earliest)
