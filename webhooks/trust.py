"""Whom a process trusts with several attempts at once: endpoints that answered it a moment ago.

Others get one, and the next when it came back: many endpoints that hang at once then hold one thread each.
In memory, for it costs nobody more than one attempt's time to earn it again.
"""

import threading
from collections.abc import Callable
from uuid import UUID

from webhooks.delivery import Outcome

TRUSTED_SECONDS = 60.0
# Above so many the outdated are thrown out.
MOST = 10_000


class Trust:
    """Asked and told by the threads that claim and settle. `clock`: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.until: dict[UUID, float] = {}

    def has(self, webhook_id: UUID) -> bool:
        return self.until.get(webhook_id, 0.0) > self.clock()

    def note(self, outcome: Outcome) -> None:
        with self.lock:
            if outcome.status is None:
                self.until.pop(outcome.claimed.webhook_id, None)
                return
            if len(self.until) >= MOST:
                now = self.clock()
                self.until = {known: until for known, until in self.until.items() if until > now}
            self.until[outcome.claimed.webhook_id] = self.clock() + TRUSTED_SECONDS
