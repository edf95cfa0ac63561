"""Changes of accounts that are not ours: kept, and handed out when an account becomes ours."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from meta_events.models import Change
from wabas.models import Waba

# One that is held again although its account is connected waits for so long.
AGAIN = timedelta(minutes=10)


def hand_out(now: datetime) -> int:
    """Makes changes due that were held for an account which is connected now. How many they are."""
    is_ours = Exists(Waba.objects.connected().filter(meta_waba_id=OuterRef("meta_waba_id")))
    is_new = Q(handed_out_at=None) | Q(handed_out_at__lte=now - AGAIN)
    return Change.objects.filter(is_ours, is_new, status=Change.Status.HELD).update(
        status=Change.Status.WAITING, due_at=now, attempts=0, handed_out_at=now, finished_at=None
    )
