"""The record of Graph calls, kept in memory so that tests and people can count what the product did."""

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


class CallRecord:
    """Each entry: call (the endpoint's name), method, path, query, body, who, status, code, subcode,
    at (Unix seconds), durationMs. Secrets are replaced by `***`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Json] = deque(maxlen=KEPT)

    def add(self, entry: Json) -> None:
        with self._lock:
            self._entries.append(entry)

    def listed(self, call: str | None = None, target: str | None = None) -> list[Json]:
        """Oldest first; `target` is an id that must be a part of the path."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if call in (None, entry["call"]) and (target is None or target in entry["path"].split("/"))
        ]

    def newest(self, count: int) -> list[Json]:
        with self._lock:
            return list(islice(reversed(self._entries), count))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
