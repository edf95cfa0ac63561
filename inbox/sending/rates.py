"""Meta's limits for messages as clocks: the generic cell rate algorithm, one time of state a limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from phones.models import PhoneNumber


@dataclass(frozen=True)
class Rate:
    """`burst` at once, then one in each `period`.

    `used_until` is the state: how far what was begun uses up the time to come; None: nothing was begun yet.
    """

    period: timedelta
    burst: int

    def free_at(self, used_until: datetime | None, now: datetime) -> datetime:
        """When the next one may begin."""
        return max(now, (used_until or now) - (self.burst - 1) * self.period)

    def room(self, used_until: datetime | None, now: datetime) -> int:
        """How many may begin now."""
        used = max((used_until or now) - now, timedelta())
        return max(0, (self.burst * self.period - used) // self.period)

    def after(self, used_until: datetime | None, at: datetime, count: int = 1) -> datetime:
        """The state once `count` have begun at that time."""
        return max(used_until or at, at) + count * self.period

    def emptied(self, at: datetime) -> datetime:
        """The state in which one may begin at that time, and no burst follows it."""
        return at + (self.burst - 1) * self.period


def throughput(phone: PhoneNumber) -> Rate:
    """Messages of one number: in no second more than Meta lets it send.

    https://developers.facebook.com/docs/whatsapp/cloud-api/overview (throughput)
    """
    if phone.is_coexistence:
        figure = settings.MESSAGE_THROUGHPUT_COEXISTENCE
    elif phone.throughput_level == "HIGH":
        figure = settings.MESSAGE_THROUGHPUT_HIGH
    else:
        figure = settings.MESSAGE_THROUGHPUT
    burst = max(1, figure // 10)
    # The burst and what follows it in the same second are the figure together.
    return Rate(timedelta(seconds=1 / max(figure - burst, figure / 2)), burst)


def pair() -> Rate:
    """Messages of one number to one person. Beyond it Meta says 131056."""
    return Rate(timedelta(seconds=settings.MESSAGE_PAIR_SECONDS), settings.MESSAGE_PAIR_BURST)
