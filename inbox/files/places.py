"""How many files a process reads from Meta at once: each holds one of its threads that answer requests."""

import threading

from django.conf import settings

from api.errors import UnavailableError

RETRY_SECONDS = 2


class BusyError(UnavailableError):
    message = "Many files are being read at this moment. Try again in some seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(RETRY_SECONDS)})


class Places:
    """Nobody waits for one: that would hold a thread as well."""

    def __init__(self) -> None:
        self.lock, self.taken = threading.Lock(), 0

    def take(self) -> None:
        """Raises BusyError."""
        with self.lock:
            if self.taken >= settings.MEDIA_STREAMS:
                raise BusyError
            self.taken += 1

    def give_back(self) -> None:
        with self.lock:
            self.taken -= 1


places = Places()
