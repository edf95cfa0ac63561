"""The records of what happened, kept in memory so that tests and people can count what the product did."""

import threading
from collections import deque
from itertools import islice

from meta_graph.sandbox.wsgi import Json

KEPT = 20_000
SECRETS = frozenset(
    {"access_token", "appsecret_proof", "client_secret", "code", "input_token", "pin", "verify_token"}
)


def redacted(fields: Json) -> Json:
    return {name: "***" if name in SECRETS else value for name, value in fields.items()}


class Recent:
    """The last so many entries of one kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Json] = deque(maxlen=KEPT)

    def add(self, entry: Json) -> None:
        with self._lock:
            self._entries.append(entry)

    def all(self) -> list[Json]:
        """Oldest first."""
        with self._lock:
            return list(self._entries)

    def newest(self, count: int) -> list[Json]:
        with self._lock:
            return list(islice(reversed(self._entries), count))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class CallRecord(Recent):
    """Each entry: call (the endpoint's name), method, path, query, body, who, status, code, subcode, done
    (the work was done, whatever was answered), concerns (ids), at (Unix seconds), durationMs. Secrets are
    replaced by `***`; the status of a connection that was cut is 0.
    """

    def listed(self, call: str | None = None, target: str | None = None) -> list[Json]:
        """Oldest first; `target` is an id that the call concerned: its node, its WABA, its business."""
        return [
            entry
            for entry in self.all()
            if call in (None, entry["call"]) and (target is None or target in entry["concerns"])
        ]

    def counted(self, target: str | None = None) -> dict[str, dict[str, int]]:
        """`{call: {calls, done}}`: what was asked how often, and how often Meta did it."""
        counts: dict[str, dict[str, int]] = {}
        for entry in self.listed(target=target):
            count = counts.setdefault(entry["call"], {"calls": 0, "done": 0})
            count["calls"] += 1
            count["done"] += entry["done"]
        return counts
