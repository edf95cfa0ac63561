"""A request to stop is noted, and raised only where nothing is half done: no server is ever lost."""

import signal
import time
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

noted: list[int] = []


class StopRequestedError(Exception):
    """Somebody pressed Ctrl-C, closed the terminal or ended us with `kill`."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


def note_signals() -> None:
    """From now on a signal is noted and does nothing else."""
    for number in SIGNALS:
        signal.signal(number, note)


def note(signal_number: int, _frame: FrameType | None) -> None:
    noted.append(signal_number)


def pause(seconds: float) -> None:
    """Sleep. Raises StopRequestedError when a signal came, now or before."""
    time.sleep(seconds)
    if noted:
        raise StopRequestedError(noted[0])
