"""What numbers and people said to each other, kept in memory: the last messages of each chat."""

import base64
import secrets
import threading
from collections import deque

from meta_graph.sandbox.wsgi import Json

KEPT = 5_000  # messages of one chat

Key = tuple[str, str]  # a number's id, a person's number


def new_wamid() -> str:
    return f"wamid.{base64.b64encode(secrets.token_bytes(42)).decode()}"


class Chats:
    """Entries as `GET /_sandbox/messages` shows them; direction `in` is to the business, `out` from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chats: dict[Key, deque[Json]] = {}
        self._by_wamid: dict[str, Json] = {}

    def add(self, phone: str, person: Json, direction: str, at: float, fields: Json) -> Json:
        """Fields are wamid, type, content and what else belongs to it; a known wamid is not added again."""
        entry: Json = {
            "phoneNumberId": phone,
            "number": person["number"],
            "userId": person["userId"],
            "direction": direction,
            "status": None,
            "statuses": [],
            "isRead": False,
            "isTyping": False,
            "at": at,
            **fields,
        }
        with self._lock:
            if known := self._by_wamid.get(entry["wamid"]):
                return known
            chat = self._chats.setdefault((phone, person["number"]), deque())
            chat.append(entry)
            self._by_wamid[entry["wamid"]] = entry
            if len(chat) > KEPT:
                self._by_wamid.pop(chat.popleft()["wamid"], None)
        return entry

    def find(self, wamid: str) -> Json | None:
        with self._lock:
            return self._by_wamid.get(wamid)

    def listed(self, phone: str, number: str = "", direction: str = "") -> list[Json]:
        """Oldest first; without a number all chats of the phone."""
        with self._lock:
            chats = [
                chat
                for (of_phone, of_number), chat in self._chats.items()
                if of_phone == phone and number in ("", of_number)
            ]
            found = [entry for chat in chats for entry in chat if direction in ("", entry["direction"])]
        return sorted(found, key=lambda entry: float(entry["at"]))

    def numbers(self, phone: str) -> list[str]:
        """The people of a number's chats, the one of the newest message first."""
        with self._lock:
            chats = {number: chat[-1]["at"] for (of, number), chat in self._chats.items() if of == phone}
        return sorted(chats, key=lambda number: -float(chats[number]))

    def newest(self, phone: str, number: str, direction: str = "") -> Json | None:
        with self._lock:
            chat = self._chats.get((phone, number), deque())
            return next((one for one in reversed(chat) if direction in ("", one["direction"])), None)

    def note(self, entry: Json, **changes: object) -> None:
        with self._lock:
            entry |= changes

    def note_status(self, wamid: str, status: str, at: float) -> None:
        with self._lock:
            if entry := self._by_wamid.get(wamid):
                entry |= {"status": status, "statuses": [*entry["statuses"], {"status": status, "at": at}]}

    def clear(self) -> None:
        with self._lock:
            self._chats.clear()
            self._by_wamid.clear()
