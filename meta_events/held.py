"""What tells of accounts and numbers that are not ours: kept, and handed out when they become ours."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from meta_events.models import Change
from phones.models import PhoneNumber
from wabas.models import Waba

# One that is held again although its account and its number are connected waits for so long.
AGAIN = timedelta(minutes=10)


def hand_out(now: datetime) -> int:
    """Makes changes due that were held for an account or a number which is connected now. How many they are.

    What names a number waits for the number: that its account is connected does not help it.
    """
    connected = Waba.objects.connected()
    numbers = PhoneNumber.objects.filter(disconnected_at=None, waba__in=connected)
    is_of_waba = Exists(connected.filter(meta_waba_id=OuterRef("meta_waba_id")))
    is_of_number = Exists(numbers.filter(meta_phone_number_id=OuterRef("meta_phone_number_id")))
    is_ours = Q(is_of_number) | Q(is_of_waba, meta_phone_number_id=None)
    is_new = Q(handed_out_at=None) | Q(handed_out_at__lte=now - AGAIN)
    return Change.objects.filter(is_ours, is_new, status=Change.Status.HELD).update(
        status=Change.Status.WAITING, due_at=now, attempts=0, handed_out_at=now, finished_at=None
    )
