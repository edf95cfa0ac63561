"""When numbers are checked by themselves: regularly, sooner while something is wrong, and at known moments.

The time stands in the WABA's row, since the numbers of one WABA share its budget and its token.
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from phones.account_reasons import VIOLATION_SHOWN, ends_at, violation_told_at
from phones.health import TOKEN_WARNING, assess
from phones.models import PhoneNumber
from phones.reasons import Capability
from wabas.models import Waba

# A check that nobody answered for so long is rung for again.
OVERDUE, SWEEP_LIMIT = timedelta(seconds=30), 200
# WABAs that one sweep takes: what became due while nothing ran is not asked of Meta at once.
BATCH = 50
# Whoever took a WABA and fell silent for so long has lost it.
LEASE = timedelta(minutes=5)
SOONEST = timedelta(minutes=5)
SPREAD = 0.2


def next_check_at(waba: Waba, phones: Sequence[PhoneNumber], now: datetime) -> datetime | None:
    """None where nothing is connected."""
    if not waba.is_connected or not phones:
        return None
    pause = interval(phones, now) * (1 + SPREAD * (random.random() - 0.5))  # noqa: S311 -- to spread, not to hide
    return min([now + pause, *(moment for moment in turning_points(waba) if moment > now)])


def interval(phones: Iterable[PhoneNumber], now: datetime) -> timedelta:
    """The longest where all is well. Else half the time since clients were last told: what is new is looked
    at every few minutes, and what has been wrong for a day as seldom as all else.
    """
    longest = timedelta(seconds=settings.PHONE_CHECK_SECONDS)
    since = [told_at(phone) for phone in phones if not is_well(phone, now)]
    return min([longest, *(max(SOONEST, (now - at) / 2) for at in since)])


def is_well(phone: PhoneNumber, now: datetime) -> bool:
    off = {issue.capability for issue in assess(phone, now).issues}
    return not off & set(Capability)


def told_at(phone: PhoneNumber) -> datetime:
    return datetime.fromisoformat(phone.announced["at"]) if phone.announced else phone.created_at


def turning_points(waba: Waba) -> Iterator[datetime]:
    """Moments at which the rows come to mean something else, without a word of Meta's."""
    if waba.token_expires_at:
        yield waba.token_expires_at - TOKEN_WARNING
        yield waba.token_expires_at
    yield from filter(None, (ends_at(restriction) for restriction in waba.restrictions))
    told = violation_told_at(waba)
    if told:
        yield told + VIOLATION_SHOWN


def take_due(now: datetime) -> list[UUID]:
    """WABAs whose numbers are to be checked. One of all who look at once gets each."""
    due = Waba.objects.connected().filter(check_due_at__lte=now)
    candidates = due.order_by("check_due_at").values_list("pk", flat=True)[:BATCH]
    return [pk for pk in candidates if due.filter(pk=pk).update(check_due_at=now + LEASE) == 1]


def take_overdue(now: datetime) -> list[UUID]:
    """Numbers whose check was asked for and never answered. Their time starts anew, so one sweep has them."""
    late = PhoneNumber.objects.filter(sync_requested_at__lte=now - OVERDUE)
    candidates = late.order_by("sync_requested_at").values_list("pk", flat=True)[:SWEEP_LIMIT]
    return [pk for pk in candidates if late.filter(pk=pk).update(sync_requested_at=now) == 1]
