"""What a worker looks for by itself when the scheduler is dead: what waits, and what was held."""

from collections.abc import Callable

from django.utils import timezone

from meta_events import held
from meta_events.pump import Pump

# Any number that nothing else locks.
ADVISORY_LOCK = 0x57_EB_00_03


class Everything:
    """The pump and the held changes, swept together."""

    def __init__(self, pump: Pump) -> None:
        self.pump = pump

    @property
    def swept_at(self) -> float:
        return self.pump.swept_at

    def sweep(self, *, when_time_is_up: Callable[[], None]) -> None:
        held.hand_out(timezone.now())
        self.pump.sweep(when_time_is_up=when_time_is_up)
