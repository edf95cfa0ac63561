"""What the sandbox remembers: one locked dictionary, saved atomically to a JSON file soon after a change."""

import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from meta_graph.sandbox.wsgi import Json

SAVE_DELAY = 0.2  # seconds: many changes become one write


def fresh_data() -> Json:
    return {
        "objects": {},
        "tokens": {},
        "codes": {},
        "scenarios": [],
        "receivers": {},
        "people": {},
        "habits": {},
    }


class UnknownObjectError(ValueError):
    """There is no such object, or it is of another kind."""


class State:
    """`with state:` holds the lock; everything read or changed inside belongs together.

    `objects` holds Meta's nodes by id, each with a `kind`; a phone number names its `waba`, everything
    else its `business`. `tokens` and `codes` are keyed by the secret itself: they are worth nothing outside.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._saving = threading.Lock()
        self._touched = threading.Event()
        self._closing = threading.Event()
        self._saved = ""
        self.data: Json = fresh_data()
        if path is not None and path.exists():
            self.data |= json.loads(path.read_text(encoding="utf-8"))
        if path is not None:
            self._saver = threading.Thread(target=self._save_on_change, name="sandbox-state", daemon=True)
            self._saver.start()

    def __enter__(self) -> "State":
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        self._touched.set()

    @property
    def objects(self) -> dict[str, Json]:
        objects: dict[str, Json] = self.data["objects"]
        return objects

    @property
    def tokens(self) -> dict[str, Json]:
        tokens: dict[str, Json] = self.data["tokens"]
        return tokens

    @property
    def codes(self) -> dict[str, Json]:
        codes: dict[str, Json] = self.data["codes"]
        return codes

    @property
    def scenarios(self) -> list[Json]:
        scenarios: list[Json] = self.data["scenarios"]
        return scenarios

    @property
    def receivers(self) -> dict[str, Json]:
        receivers: dict[str, Json] = self.data["receivers"]
        return receivers

    @property
    def people(self) -> dict[str, Json]:
        people: dict[str, Json] = self.data["people"]
        return people

    @property
    def habits(self) -> Json:
        habits: Json = self.data["habits"]
        return habits

    def add(self, kind: str, **fields: Any) -> Json:
        """Stores a new node under an unused numeric id of Meta's length."""
        with self:
            identifier = str(10**14 + secrets.randbelow(9 * 10**14))
            while identifier in self.objects:
                identifier = str(int(identifier) + 1)
            self.objects[identifier] = {"kind": kind, "id": identifier, **fields}
            return self.objects[identifier]

    def of_kind(self, kind: str, **match: Any) -> Iterator[Json]:
        """Nodes of one kind whose fields equal `match`, oldest first."""
        with self:
            nodes = [node for node in self.objects.values() if node["kind"] == kind]
        return (node for node in nodes if all(node.get(name) == value for name, value in match.items()))

    def save(self) -> None:
        if self._path is None:
            return
        with self._saving:
            with self._lock:
                text = json.dumps(self.data)  # without indent: the fast encoder, since the lock is held
            if text == self._saved:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_name(f"{self._path.name}.tmp")
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._path)
            self._saved = text

    def close(self) -> None:
        """Writes what is unwritten; the state can still be read afterwards."""
        self._closing.set()
        self._touched.set()
        if self._path is not None:
            self._saver.join()
        self.save()

    def _save_on_change(self) -> None:
        while not self._closing.is_set():
            self._touched.wait()
            self._touched.clear()
            self._closing.wait(SAVE_DELAY)
            self.save()
