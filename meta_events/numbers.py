"""Our connected numbers by Meta's ids, remembered for a moment: each message of a number asks for it."""

import time

from django.db.models import Q

from phones.models import PhoneNumber
from wabas.models import Waba

# A number that was disconnected, or became ours, is seen this much later at most, in seconds.
REMEMBERED = 1.0


class Numbers:
    """Of one thread. The rows are without their secrets."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str | None], tuple[float, PhoneNumber]] = {}

    def connected(self, meta_phone_number_id: str, meta_waba_id: str | None) -> PhoneNumber | None:
        """Meta gives a number that moves to another account another id.

        Should two rows have one all the same, the one in the account that is named is meant.
        """
        key, now = (meta_phone_number_id, meta_waba_id), time.monotonic()
        known = self.found.get(key)
        if known and now - known[0] < REMEMBERED:
            return known[1]
        number = looked_up(meta_phone_number_id, meta_waba_id)
        if number is None:
            self.found.pop(key, None)
        else:
            self.found[key] = (now, number)
        return number


def looked_up(meta_phone_number_id: str, meta_waba_id: str | None) -> PhoneNumber | None:
    ours = Q(disconnected_at=None, waba__status=Waba.Status.CONNECTED)
    rows = PhoneNumber.objects.filter(ours, meta_phone_number_id=meta_phone_number_id)
    without_secrets = rows.select_related("organization", "waba").defer(
        "pin", "new_pin", "waba__access_token"
    )
    found = list(without_secrets[:2])
    if len(found) < 2:
        return found[0] if found else None
    return without_secrets.filter(waba__meta_waba_id=meta_waba_id).first()
