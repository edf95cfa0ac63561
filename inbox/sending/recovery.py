"""What a dead sender left behind: a call without a word is of unknown outcome, and the line goes on."""

from datetime import datetime

from django.db.models import Q

from inbox.models import OutboxEntry
from inbox.sending.calling import Claimed
from inbox.sending.outcomes import Unknown
from inbox.sending.settling import settle

BATCH = 500


def recover(now: datetime) -> int:
    """How many calls came to nothing that anybody knows. What was claimed and not called is due by itself."""
    silent = OutboxEntry.objects.filter(called_at__isnull=False, due_at__lte=now).order_by("due_at")
    rows = list(silent.only("phone_id", "lease_token")[:BATCH])
    for row in rows:
        if row.lease_token is not None:
            settle(Claimed(row.pk, row.phone_id, row.lease_token), Unknown(), now=now)
    return len(rows)


def is_anything_due(now: datetime) -> bool:
    """One small query: a message that may go, or a call that nobody waits for any more."""
    waits, called = Q(called_at=None), Q(called_at__isnull=False)
    due = OutboxEntry.objects.filter(due_at__lte=now).order_by()
    return due.filter(waits).exists() or due.filter(called).exists()
